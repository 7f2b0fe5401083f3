/**
 * Wraps a task so that each caller gets a run that began after its call, and callers that wait share it: a thousand
 * callers at once cost one run, or two if one is under way.
 */
export function createSharedRun(task: () => Promise<void>): () => Promise<void> {
  let waiting: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();

  return () => {
    if (waiting !== undefined) return waiting;
    const begin = async (previous: Promise<void>): Promise<void> => {
      await previous.catch(() => undefined); // Its callers have its error.
      waiting = undefined;
      running = task();
      await running;
    };
    waiting = begin(running);
    return waiting;
  };
}
