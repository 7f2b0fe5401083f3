import type { Clock } from '@cartographer/machinery';

/** The machine's time. Its timers never keep the process alive: what must finish is awaited by its owner. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(afterMs, task) {
    const timer = setTimeout(task, afterMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  sleep(afterMs, signal) {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, afterMs);
      timer.unref();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};
