import type { Log } from '@cartographer/machinery';

/** Keys that wait for work: each runs once, however often it was added, one after the other. */
export interface TaskQueue {
  add(key: string): void;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
  close(): void;
}

/** How often a key is tried again when its work throws, before it is dropped with a log line. */
const ATTEMPTS = 5;

/** Creates a queue. Work starts in a microtask, so that whoever adds a key has finished first. */
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
      if (count < ATTEMPTS) waiting.add(key);
      else {
        failures.delete(key);
        log.warn({ queue: name, key, error }, 'gave up on a key');
      }
    }
  };
  const drain = async (): Promise<void> => {
    await Promise.resolve();
    for (const key of waiting) {
      if (closed) return;
      waiting.delete(key);
      await attempt(key);
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
