import type { Clock } from '@cartographer/machinery';
import type { RequestLimits } from './service.ts';

/** The time that one request may take; Knative's three limits. */
export interface RequestTimeouts {
  /** Fires when one of the limits is passed or the caller is gone. */
  readonly signal: AbortSignal;
  /** Which limit was passed, as the field that sets it. */
  readonly passed: string | undefined;
  /** The request has come to an app; only the first call counts. */
  begin(limits: RequestLimits): void;
  /** Something of the answer has come. */
  answered(): void;
  /** The request is over, or its caller gone: nothing fires any more but the signal. */
  end(): void;
}

/** Makes the limits of one request; nothing runs before it has come to an app. */
export function createRequestTimeouts(clock: Clock): RequestTimeouts {
  const over = new AbortController();
  const running = new Map<string, () => void>();
  let begun: RequestLimits | undefined;
  let passed: string | undefined;

  function start(field: string, afterMs: number | undefined): void {
    running.get(field)?.();
    if (afterMs === undefined) return;
    running.set(
      field,
      clock.schedule(afterMs, () => {
        passed ??= field;
        over.abort(new Error(`${field} is over`));
      }),
    );
  }

  return {
    signal: over.signal,
    get passed() {
      return passed;
    },
    begin(limits) {
      if (begun !== undefined || over.signal.aborted) return;
      begun = limits;
      start('timeoutSeconds', limits.timeoutMs);
      start('responseStartTimeoutSeconds', limits.responseStartMs);
      start('idleTimeoutSeconds', limits.idleMs);
    },
    answered() {
      if (over.signal.aborted) return;
      start('responseStartTimeoutSeconds', undefined);
      start('idleTimeoutSeconds', begun?.idleMs);
    },
    end() {
      for (const cancel of running.values()) cancel();
      over.abort(new Error('the request is over'));
    },
  };
}
