/** Time, so that tests need none. */
export interface ServerClock {
  /** Runs `task` once after `afterMs`; the returned function cancels it. */
  schedule(afterMs: number, task: () => void): () => void;
}

/** A line of the log. */
export type LogLine = { readonly level: 'info' | 'warn' | 'error'; readonly message: string; readonly error?: unknown };

/** Takes what a server has to say. */
export type LogSink = (line: LogLine) => void;

/** The machine's time; its timers do not keep the process alive. */
export const machineClock: ServerClock = {
  schedule(afterMs, task) {
    const timer = setTimeout(task, afterMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** One JSON object a line on standard error, as log collectors of clusters read it. */
export function logToStderr({ level, message, error }: LogLine): void {
  const shown =
    error instanceof Error ? { error: error.message, stack: error.stack } : error === undefined ? {} : { error };
  process.stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), message, ...shown })}\n`);
}
