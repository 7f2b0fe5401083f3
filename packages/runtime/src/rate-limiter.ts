import type { Clock } from '@cartographer/machinery';

/** Says how long a key has to wait before it is tried again. */
export interface RateLimiter {
  /** Counts one more failure of the key and returns its wait in milliseconds. */
  next(key: string): number;
  /** Forgets the failures of the key: it succeeded. */
  forget(key: string): void;
  /** Failures in a row of the key. */
  failures(key: string): number;
}

/** Settings of {@link createRateLimiter}; the defaults are those of client-go's controller rate limiter. */
export type RateLimiterOptions = {
  readonly clock: Clock;
  /** First wait of a key, doubled with each failure. */
  readonly baseMs?: number;
  readonly maxMs?: number;
  /** Retries a second over all keys together, once the burst is used up. */
  readonly ratePerSecond?: number;
  readonly burst?: number;
};

/** Per-key exponential backoff, together with one bucket for all keys; the longer of the two waits counts. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, baseMs = 5, maxMs = 1_000_000, ratePerSecond = 10, burst = 100 } = options;
  const failures = new Map<string, number>();
  let tokens = burst;
  let filledAt = clock.monotonicMs();

  /** Below zero while there are tokens left. */
  function bucketWaitMs(): number {
    const now = clock.monotonicMs();
    tokens = Math.min(burst, tokens + ((now - filledAt) * ratePerSecond) / 1000);
    filledAt = now;
    tokens -= 1;
    return (-tokens * 1000) / ratePerSecond;
  }

  return {
    next(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      return Math.max(Math.min(maxMs, baseMs * 2 ** Math.min(count, 40)), bucketWaitMs());
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}
