/** Work that was ended because it would take too long. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';
}

/** Counts work, and ends it when it takes too long. One unit is about 10 ns. */
export interface WorkGuard {
  /**
   * Announces work that comes next.
   * @throws OutOfTimeError when there is no time for it.
   */
  spend(units: number): void;
}

/** A step that cannot be interrupted may take some seconds, not more. */
const MAX_UNITS_AT_ONCE = 5e8;
/** The clock is read every so many units: some milliseconds of work. */
const UNITS_PER_LOOK = 5e5;

/**
 * The last resort against input that is made to take for ever: all work on it happens in one turn of the event loop,
 * so nothing else could end it. Other limits (cost budgets, sizes) are met first by whatever is not made for that.
 */
export function createWorkGuard(limitMs: number, monotonicMs: () => number = () => performance.now()): WorkGuard {
  const endsAtMs = monotonicMs() + limitMs;
  let untilLook = UNITS_PER_LOOK;
  return {
    spend(units) {
      if (units > MAX_UNITS_AT_ONCE) throw new OutOfTimeError('a single step would take too long');
      untilLook -= units;
      if (untilLook > 0) return;
      untilLook = UNITS_PER_LOOK;
      if (monotonicMs() >= endsAtMs) throw new OutOfTimeError(`took longer than ${limitMs} ms`);
    },
  };
}
