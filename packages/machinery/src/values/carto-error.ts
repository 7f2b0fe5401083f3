import type { ErrorCode } from './error-codes.ts';

/** The text of anything thrown, for a log line or a condition. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code (`ECONNREFUSED`, `UND_ERR_SOCKET`) of a failure or of what is behind it; `''` when it has none. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  return failureCode(error instanceof AggregateError ? (error.errors[0] ?? error.cause) : error.cause);
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
