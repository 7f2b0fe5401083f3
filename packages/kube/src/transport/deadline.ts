import type { Clock } from '@cartographer/machinery';
import { TransportError } from './api-error.ts';

/** A signal that also fires when something takes too long, or when nothing has been heard for too long. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** A sign of life: the time starts again. */
  touch(): void;
  /** Why the signal fired, if it was for the time. */
  readonly expired: Error | undefined;
  /** Cancels the timer and fires the signal, so that whatever still hangs on it is released; to be called in every case. */
  end(): void;
}

const OVER = new Error('over');

/** What {@link createDeadline} needs. */
export type DeadlineOptions = {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Whose reason the signal fires with when it fires first. */
  readonly parent?: AbortSignal | undefined;
  /** Makes what the signal fires with when the time is over. */
  readonly expire: () => Error;
};

/**
 * Makes a {@link Deadline} by the clock that is given. Touching costs one clock reading, so it may happen for each of many
 * events; one that is not touched asks for no time of day, which may jump.
 */
export function createDeadline({ clock, limitMs, parent, expire }: DeadlineOptions): Deadline {
  const controller = new AbortController();
  let touchedMs: number | undefined;
  let expired: Error | undefined;

  const check = (): void => {
    const leftMs = touchedMs === undefined ? 0 : touchedMs + limitMs - clock.monotonicMs();
    touchedMs = undefined;
    if (leftMs > 0) {
      cancel = clock.schedule(leftMs, check);
      return;
    }
    expired = expire();
    controller.abort(expired);
  };
  let cancel = clock.schedule(limitMs, check);
  const onAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onAbort();
  parent?.addEventListener('abort', onAbort, { once: true });

  return {
    signal: controller.signal,
    touch() {
      touchedMs = clock.monotonicMs();
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

/** Why a {@link Deadline} on a server's words is over: `what` is listened for. */
export function noSignOfLife(what: string, limitMs: number): TransportError {
  return new TransportError('CARTO_TIMEOUT', `${what}: no sign of life for ${Math.round(limitMs / 1_000)} s`);
}
