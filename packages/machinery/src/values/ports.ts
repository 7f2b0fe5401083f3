/** Time as a port: real in `main`, fake in tests. All spans are milliseconds. */
export interface Clock {
  /** Milliseconds since 1970, for times that are told or compared with told ones. It may be set on or back at any moment. */
  now(): number;
  /** Milliseconds since some moment, which nobody sets: for how long something takes or lasts. May stand while a machine sleeps. */
  monotonicMs(): number;
  /** Runs `task` once after `afterMs`; the returned function cancels it. Timers never keep the process alive. */
  schedule(afterMs: number, task: () => void): () => void;
  /** Resolves after `afterMs`, or rejects with the signal's reason when it is aborted first. */
  sleep(afterMs: number, signal?: AbortSignal): Promise<void>;
}

/** A structured log. Field first, message second, as pino has it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log that adds these fields to every line. */
  child(fields: object): Log;
}

/** A log that says nothing, for tests and for callers that do not care. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** Whole seconds in RFC 3339, as `metadata.creationTimestamp` and conditions have it. */
export function rfc3339(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with microseconds, as Lease and Event have it. */
export function rfc3339Micro(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
}
