import type { Pace, Stop } from '@cartographer/engine';
import { BoundedMap, type Clock } from '@cartographer/machinery';

type Cause = keyof Pace;

/**
 * So many writes of one cause within the window stop a step. Changes follow whoever commits or edits, so they get room
 * for a commit each second and for bursts; a loop through one's own writes makes thirty a second on a real cluster. A
 * status is written for each change of each step.
 */
const MOST: Readonly<Record<Cause, number>> = { created: 50, changed: 240, restored: 10, reported: 1_200 };
const WINDOW_MS = 60_000;
/** After a stop, the same rate over a tenth of the window: a loop that goes on is stopped after a tenth of the writes. */
const TRIAL = 10;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 30 * 60_000;
const MAX_STEPS = 50_000;

/**
 * The circuit breaker of one step for one cause. Each stop that follows on another lasts twice as long, up to half an
 * hour; a window without a stop after the rest ends the row.
 */
class Breaker {
  readonly #most: number;
  #times: number[] = [];
  #stops = 0;
  #stopped = { atMs: 0, writes: 0 };

  constructor(most: number) {
    this.#most = most;
  }

  count(now: number): void {
    if (now >= this.#restsUntil() + WINDOW_MS) this.#stops = 0;
    const share = this.#stops === 0 ? 1 : TRIAL;
    this.#times = [...this.#times.filter((time) => time > now - WINDOW_MS / share), now];
    if (this.#times.length < Math.max(2, this.#most / share)) return;
    this.#stops += 1;
    this.#stopped = { atMs: now, writes: this.#times.length };
    this.#times = [];
  }

  stop(now: number): Stop | undefined {
    const restMs = this.#restsUntil() - now;
    return this.#stops > 0 && restMs > 0 ? { writes: this.#stopped.writes, restMs } : undefined;
  }

  /** What made it stop may be mended: the rest is no longer than after a first stop. */
  relent(): void {
    this.#stops = Math.min(this.#stops, 1);
  }

  #restsUntil(): number {
    return this.#stopped.atMs + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (this.#stops - 1));
  }
}

type Step = { readonly key: string; readonly owner: string; readonly breakers: Partial<Record<Cause, Breaker>> };

/**
 * Counts how often each step of an owner was written of late, and says which are stopped. Kept in memory: after a
 * restart, or under another leader, the count begins anew.
 */
export class PaceCounter {
  readonly #steps = new BoundedMap<Step>(MAX_STEPS);
  /** Those that were stopped since they were last asked for. */
  readonly #stopped = new BoundedMap<Step>(MAX_STEPS);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a write of a step; the owner's own status is the step ''. */
  count(owner: string, resource: string, cause: Cause): void {
    const key = `${owner}\n${resource}`;
    const step = this.#steps.get(key) ?? { key, owner, breakers: {} };
    const breaker = (step.breakers[cause] ??= new Breaker(MOST[cause]));
    breaker.count(this.#clock.monotonicMs());
    this.#steps.set(key, step);
    if (breaker.stop(this.#clock.monotonicMs()) !== undefined) this.#stopped.set(key, step);
  }

  pace(owner: string, resource: string): Pace {
    const step = this.#steps.get(`${owner}\n${resource}`);
    return step === undefined ? {} : this.#stopsOf(step);
  }

  /**
   * A template or blueprint was edited. No template can stamp those, so it was somebody from outside, who may have
   * mended what stopped a step, be it another owner's. Answers the owners that have stopped steps.
   */
  relent(): ReadonlySet<string> {
    const owners = new Set<string>();
    for (const step of this.#stopped.values()) {
      if (Object.keys(this.#stopsOf(step)).length > 0) owners.add(step.owner);
      else this.#stopped.delete(step.key);
      for (const breaker of Object.values(step.breakers)) breaker.relent();
    }
    return owners;
  }

  #stopsOf({ breakers }: Step): Pace {
    const now = this.#clock.monotonicMs();
    const stops: Partial<Record<Cause, Stop>> = {};
    for (const cause of Object.keys(breakers) as Cause[]) {
      const stop = breakers[cause]?.stop(now);
      if (stop !== undefined) stops[cause] = stop;
    }
    return stops;
  }
}
