import type { Log } from '@cartographer/machinery';

/** Keys that wait for work: each runs once, however often it was added. */
export interface TaskQueue {
  add(key: string): void;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
  close(): void;
}

/** How often a key is tried again when its work throws, before it is dropped with a log line. */
const ATTEMPTS = 5;

/** How many keys are worked on at once: their writes then share one trip to the disk. */
const PARALLEL = 64;

/**
 * Creates a queue. Work starts in a microtask, so that whoever adds a key has finished first. A key is never worked on
 * twice at the same time.
 */
export function createTaskQueue(name: string, run: (key: string) => Promise<void>, log: Log): TaskQueue {
  const waiting = new Set<string>();
  const failures = new Map<string, number>();
  let running: Promise<void> | undefined;
  let closed = false;

  const attempt = async (key: string): Promise<void> => {
    try {
      await run(key);
      failures.delete(key);
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      if (count < ATTEMPTS && !closed) waiting.add(key);
      else {
        failures.delete(key);
        log.warn({ queue: name, key, error }, 'gave up on a key');
      }
    }
  };
  const drain = async (): Promise<void> => {
    await Promise.resolve();
    while (waiting.size > 0) {
      const keys = [...waiting].slice(0, PARALLEL);
      for (const key of keys) waiting.delete(key);
      await Promise.all(keys.map(attempt));
    }
    running = undefined;
  };
  return {
    add(key) {
      if (closed) return;
      waiting.add(key);
      running ??= drain();
    },
    idle: () => running ?? Promise.resolve(),
    close() {
      closed = true;
      waiting.clear();
    },
  };
}
