import type { Clock, Log } from '@cartographer/machinery';

/** Keys that wait for work: each runs once, however often it was added. */
export interface TaskQueue {
  add(key: string): void;
  /** Resolves when nothing waits or runs; what failed and waits for its next try does not count. */
  idle(): Promise<void>;
  close(): void;
}

/** How long a key whose work threw waits before it is tried again: twice as long each time, up to the limit. */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

/** How many keys are worked on at once: their writes then share one trip to the disk. */
const PARALLEL = 64;

type Surroundings = { readonly clock: Clock; readonly log: Log };

/**
 * Creates a queue. Work starts in a microtask, so that whoever adds a key has finished first. A key is never worked on
 * twice at the same time.
 */
export function createTaskQueue(
  name: string,
  run: (key: string) => Promise<void>,
  { clock, log }: Surroundings,
): TaskQueue {
  const waiting = new Set<string>();
  const failures = new Map<string, number>();
  let running: Promise<void> | undefined;
  let closed = false;

  const attempt = async (key: string): Promise<void> => {
    try {
      await run(key);
      failures.delete(key);
    } catch (error) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const afterMs = Math.min(RETRY_MS * 2 ** count, LONGEST_RETRY_MS);
      log.warn({ queue: name, key, error, afterMs }, 'work failed and is tried again');
      clock.schedule(afterMs, () => add(key));
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
  const add = (key: string): void => {
    if (closed) return;
    waiting.add(key);
    running ??= drain();
  };
  return {
    add,
    idle: () => running ?? Promise.resolve(),
    close() {
      closed = true;
      waiting.clear();
    },
  };
}
