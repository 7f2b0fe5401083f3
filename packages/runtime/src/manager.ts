import type { Trouble } from '@cartographer/kube';
import { CartoError, type Clock, type Log, whenAborted } from '@cartographer/machinery';

/** A part of the process with a life of its own: an informer, a controller, a server. */
export type Runnable = {
  readonly name: string;
  /** Lives until the signal is aborted; ending before that, or throwing, ends the whole manager. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when later parts may start: a cache is synced, a port is bound. */
  readonly ready?: () => Promise<void>;
  /** Waiting is its business (for an election, say), so a long wait is not worth a warning. */
  readonly patient?: boolean;
  /** What keeps it from its work while it goes on trying; for metrics, and for readiness where that is fitting. */
  readonly trouble?: () => Trouble | undefined;
};

/** Longest wait for a part to become ready before the log names it; it is waited for all the same. */
const SLOW_START_MS = 10_000;
/** Longest wait for a part to end after its signal was aborted. */
const STOP_TIMEOUT_MS = 30_000;

/**
 * Runs parts in order: each group starts when the one before it is ready, and groups are stopped last first, each
 * fully ended before the one that it stands on. Resolves when the signal is aborted and everything has ended.
 * @throws CartoError `CARTO_PART_ENDED` when a part ends by itself, or what that part threw.
 */
export async function runInOrder(
  groups: readonly (readonly Runnable[])[],
  options: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal; readonly onReady?: () => void },
): Promise<void> {
  const { clock, log, signal } = options;
  const failed = Promise.withResolvers<never>();
  const started: { stop: AbortController; ended: Promise<unknown>; names: string }[] = [];
  const abandoned = whenAborted(signal);

  try {
    for (const group of groups) {
      if (signal.aborted) break;
      const stop = new AbortController();
      const lives = group.map((part) => supervise(part, stop.signal, failed.reject));
      started.unshift({ stop, ended: Promise.all(lives), names: group.map((part) => part.name).join(', ') });
      await Promise.race([allReady(group, clock, log), failed.promise, abandoned]);
    }
    if (!signal.aborted) options.onReady?.();
    await Promise.race([abandoned, failed.promise]);
  } finally {
    for (const { stop, ended, names } of started) {
      stop.abort(new CartoError('CARTO_STOPPING', 'the process is stopping'));
      await stopWithin(ended, clock, () => log.error({ parts: names }, 'part did not end in time and is left behind'));
    }
  }
}

/** A part is told to stop only when the outcome is settled, so how it ends after that changes nothing. */
async function supervise(part: Runnable, signal: AbortSignal, fail: (reason: unknown) => void): Promise<void> {
  try {
    await part.run(signal);
    fail(new CartoError('CARTO_PART_ENDED', `${part.name} ended by itself`));
  } catch (error) {
    fail(error);
  }
}

async function allReady(group: readonly Runnable[], clock: Clock, log: Log): Promise<void> {
  await Promise.all(
    group.map(async (part) => {
      const cancel = clock.schedule(SLOW_START_MS, () => {
        if (part.patient !== true) log.warn({ part: part.name }, 'still waiting for part to become ready');
      });
      await part.ready?.();
      cancel();
    }),
  );
}

async function stopWithin(ended: Promise<unknown>, clock: Clock, late: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(STOP_TIMEOUT_MS, () => {
    late();
    resolve();
  });
  await Promise.race([ended, promise]);
  cancel();
}
