/** The machine's clock, for tests with programs that have no other. */
export const realClock = {
  now: (): number => Date.now(),
  monotonicMs: (): number => performance.now(),
  schedule(afterMs: number, task: () => void): () => void {
    const timer = setTimeout(task, afterMs).unref();
    return () => clearTimeout(timer);
  },
  sleep: (afterMs: number): Promise<void> => new Promise<void>((resolve) => setTimeout(resolve, afterMs)),
};
