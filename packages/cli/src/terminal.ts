/** Where a command tells what it has to tell, and how it ends: the process's own, or whatever a test looks at. */
export type Terminal = {
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
  /** The exit code, 0 until something sets it. */
  exitCode: number;
};

/** Standard output, standard error and exit code of this process. */
export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  get exitCode() {
    return Number(process.exitCode ?? 0);
  },
  set exitCode(code) {
    process.exitCode = code;
  },
};
