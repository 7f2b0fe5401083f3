/** Grows the wait between attempts. */
export interface RetryBackoff {
  /** How long to wait before the next attempt, at least `atLeastMs` (a server's Retry-After). */
  next(atLeastMs?: number): number;
  /** An attempt succeeded: start small again. */
  reset(): void;
}

/** What {@link createRetryBackoff} needs. */
export type RetryBackoffOptions = {
  readonly firstMs: number;
  readonly capMs: number;
  /** A number in [0, 1), for jitter; none when not given. */
  readonly random?: () => number;
};

// A server that asks for an hour is not believed: it might have healed long before.
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Doubles the wait up to a cap; jitter of ±25 % keeps clients that failed together from returning together. */
export function createRetryBackoff({ firstMs, capMs, random = () => 0.5 }: RetryBackoffOptions): RetryBackoff {
  let baseMs = firstMs;
  return {
    next(atLeastMs = 0) {
      const waitMs = Math.round(baseMs * (0.75 + random() / 2));
      baseMs = Math.min(baseMs * 2, capMs);
      return Math.max(waitMs, Math.min(atLeastMs, LONGEST_RETRY_AFTER_MS));
    },
    reset() {
      baseMs = firstMs;
    },
  };
}
