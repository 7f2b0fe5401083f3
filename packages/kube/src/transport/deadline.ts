import type { Clock } from '@cartographer/machinery';
import { TransportError } from './api-error.ts';

/** A signal that also fires when nothing has been heard for too long. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** A sign of life: the time starts again. */
  touch(): void;
  /** Why the signal fired, if it was for silence. */
  readonly expired: TransportError | undefined;
  /** Cancels the timer and fires the signal, so that whatever still hangs on it is released; to be called in every case. */
  end(): void;
}

const OVER = new Error('over');

/** Makes a {@link Deadline}. Touching costs one clock reading, so it may happen for each of many events. */
export function createDeadline(
  clock: Clock,
  silenceMs: number,
  parent: AbortSignal | undefined,
  what: string,
): Deadline {
  const controller = new AbortController();
  let lastMs = clock.now();
  let expired: TransportError | undefined;

  const check = (): void => {
    const silentMs = clock.now() - lastMs;
    if (silentMs < silenceMs) {
      cancel = clock.schedule(silenceMs - silentMs, check);
      return;
    }
    expired = new TransportError('CARTO_TIMEOUT', `${what}: no sign of life for ${Math.round(silenceMs / 1_000)} s`);
    controller.abort(expired);
  };
  let cancel = clock.schedule(silenceMs, check);
  const onAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onAbort();
  parent?.addEventListener('abort', onAbort, { once: true });

  return {
    signal: controller.signal,
    touch() {
      lastMs = clock.now();
    },
    get expired() {
      return expired;
    },
    end() {
      cancel();
      parent?.removeEventListener('abort', onAbort);
      controller.abort(OVER);
    },
  };
}
