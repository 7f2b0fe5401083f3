/** What tells a command to end. */
export type Stop = {
  readonly signal: AbortSignal;
  /** Whether a person or a supervisor stopped it, as opposed to a reader of its output that went away. */
  interrupted(): boolean;
  /** Stops listening. */
  dispose(): void;
};

/**
 * Aborts on Ctrl-C, a polite kill, or when the terminal goes away, so that everything that was started can be ended in
 * order. A second Ctrl-C ends the process at once.
 */
export function stopOnSignals(): Stop {
  const controller = new AbortController();
  let interrupted = false;
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    interrupted = true;
    controller.abort();
  };
  const leave = (): void => controller.abort();
  // Without a terminal a hangup keeps its meaning: under nohup it is ignored.
  const hangup = process.stdout.isTTY ? ['SIGHUP'] : [];
  const ends = unreadable(leave);
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, stop);
  for (const name of hangup) process.on(name, leave);
  process.stdout.on('error', ends);
  process.stderr.on('error', ends);
  return {
    signal: controller.signal,
    interrupted: () => interrupted,
    dispose() {
      for (const name of ['SIGINT', 'SIGTERM']) process.off(name, stop);
      for (const name of hangup) process.off(name, leave);
      process.stdout.off('error', ends);
      process.stderr.off('error', ends);
    },
  };
}

/** Whoever reads the output went away: `carto up | head`, a closed terminal. A full disk behind `>` is no reason to stop. */
function unreadable(leave: () => void): (error: NodeJS.ErrnoException) => void {
  return ({ code }) => {
    if (code === 'EPIPE' || code === 'EIO') leave();
  };
}
