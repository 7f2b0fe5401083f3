import type { ErrorCode } from './error-codes.ts';

/** The text of anything thrown, for a log line or a condition. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether and how the controller loop tries again after a failure. */
export type Retry = 'backoff' | 'after' | 'never';

/** What a {@link CartoError} says besides its text. */
export type CartoErrorOptions = {
  readonly cause?: unknown;
  /** `backoff` when not given. */
  readonly retry?: Retry;
  /** With `retry: 'after'`. */
  readonly afterMs?: number | undefined;
};

/**
 * An operational failure: the world did not do what was asked. What a user can cause is a value instead, and a bug is
 * any other error. What each code means: `ERRORS`. The controller loop alone turns these into retries, log lines and metrics.
 */
export class CartoError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  /** With `retry: 'after'`: how long to wait. */
  readonly afterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: CartoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CartoError';
    this.code = code;
    this.retry = options.retry ?? 'backoff';
    this.afterMs = options.afterMs;
  }
}
