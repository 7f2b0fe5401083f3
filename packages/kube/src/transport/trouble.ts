import type { Clock, Log } from '@cartographer/machinery';
import { messageOf } from '@cartographer/machinery';

/** What is wrong with something that goes on trying: the last failure, and when the first of them was. */
/** `sinceMs` as a clock's `monotonicMs` tells it. */
export type Trouble = { readonly message: string; readonly sinceMs: number };

/** Keeps and tells the trouble of one loop that tries again for ever. */
export interface TroubleLog {
  /** A try failed. */
  failed(error: unknown, fields?: object): void;
  /** A try worked: there is no trouble. */
  worked(): void;
  current(): Trouble | undefined;
}

/** How soon the same failure is told again: often enough to be seen in a recent log, too seldom to fill it. */
const REPEAT_MS = 60_000;
/** Different failures that are told within that time. */
const MAX_TOLD = 32;

/**
 * Makes a {@link TroubleLog}. A failure is logged as `text` when its message was not told within the last minute, so a
 * loop may fail as often as it likes: neither is it silent, nor does it fill the log.
 */
export function createTroubleLog({ clock, log, text }: { clock: Clock; log: Log; text: string }): TroubleLog {
  const toldMs = new Map<string, number>();
  let trouble: Trouble | undefined;

  const isNews = (message: string, now: number): boolean => {
    for (const [told, atMs] of toldMs) if (now - atMs >= REPEAT_MS) toldMs.delete(told);
    if (toldMs.has(message) || toldMs.size >= MAX_TOLD) return false;
    toldMs.set(message, now);
    return true;
  };

  return {
    failed(error, fields = {}) {
      const message = messageOf(error);
      const now = clock.monotonicMs();
      trouble = { message, sinceMs: trouble?.sinceMs ?? now };
      if (isNews(message, now)) log.warn({ ...fields, error: message }, text);
    },
    worked() {
      trouble = undefined;
    },
    current: () => trouble,
  };
}
