import type { Clock } from '@cartographer/machinery';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves time on by `ms`. Every timer that falls due runs at its own time, in order, and what it set in motion
   * (promises, immediates) has settled before the next one runs.
   */
  advance(ms: number): Promise<void>;
  /** Sets the time that `now` tells on, or back, by `ms`, as who corrects a clock does; timers go on as if nothing were. */
  jump(ms: number): void;
  /** Lets promises and immediates settle without moving time. */
  settle(): Promise<void>;
  /** Moves time on, step by step, until the condition holds; fails after `limitMs` of fake time. */
  advanceUntil(condition: () => boolean, limitMs?: number, stepMs?: number): Promise<void>;
  /** How many timers wait. */
  readonly pending: number;
}

type Timer = { readonly at: number; readonly order: number; readonly task: () => void };

// In-process servers and streams hop over a few immediates before they rest; four turns cover those in this repository.
const SETTLE_TURNS = 4;
const DEFAULT_START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/**
 * Makes a {@link FakeClock}; time starts at a fixed day unless the test names one. Immediates say nothing of what other
 * threads and processes do: `isBusy` tells of such work, and time stands still until it has ended and settled.
 */
export function createFakeClock(startMs: number = DEFAULT_START_MS, isBusy: () => boolean = () => false): FakeClock {
  const timers = new Set<Timer>();
  let nowMs = startMs;
  let jumpedMs = 0;
  let order = 0;

  const schedule = (afterMs: number, task: () => void): (() => void) => {
    const timer: Timer = { at: nowMs + Math.max(0, afterMs), order: order++, task };
    timers.add(timer);
    return () => void timers.delete(timer);
  };

  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < SETTLE_TURNS; quiet = isBusy() ? 0 : quiet + 1) await nextTurn();
  };

  const advance = async (ms: number): Promise<void> => {
    const target = nowMs + ms;
    await settle();
    for (let due = earliest(timers, target); due !== undefined; due = earliest(timers, target)) {
      timers.delete(due);
      nowMs = due.at;
      due.task();
      await settle();
    }
    nowMs = target;
    await settle();
  };

  return {
    now: () => nowMs + jumpedMs,
    monotonicMs: () => nowMs,
    schedule,
    sleep: (afterMs, signal) => sleepOn(schedule, afterMs, signal),
    advance,
    jump(ms) {
      jumpedMs += ms;
    },
    settle,
    async advanceUntil(condition, limitMs = 600_000, stepMs = 100) {
      await settle();
      for (let passed = 0; !condition(); passed += stepMs) {
        if (passed >= limitMs) throw new Error(`the condition did not hold within ${limitMs} ms of fake time`);
        await advance(stepMs);
      }
    },
    get pending() {
      return timers.size;
    },
  };
}

function earliest(timers: ReadonlySet<Timer>, limit: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (timer.at > limit) continue;
    if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
      first = timer;
    }
  }
  return first;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function sleepOn(schedule: Clock['schedule'], afterMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = schedule(afterMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
