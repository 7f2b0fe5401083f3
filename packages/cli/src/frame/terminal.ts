import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';

/** Where a command tells what it has to tell, and how it ends: the process's own, or whatever a test looks at. */
export type Terminal = {
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
  /** The exit code, 0 until something sets it. */
  exitCode: number;
  /** Columns of standard output now; undefined where it is no terminal. */
  readonly columns: number | undefined;
  /** Rows of standard output now; undefined where it is no terminal. */
  readonly rows: number | undefined;
  /** Whether standard output shows colours. */
  readonly colour: boolean;
  /** Asks on standard error and gives the line that was typed, '' at the end of input; undefined where nobody can answer. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
  /** Reads standard input to its end. */
  readonly input: () => Promise<string>;
};

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (written) => void process.stdout.write(written),
  err: (written) => void process.stderr.write(written),
  get exitCode() {
    return Number(process.exitCode ?? 0);
  },
  set exitCode(code) {
    process.exitCode = code;
  },
  get columns() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
  get rows() {
    return process.stdout.isTTY ? process.stdout.rows : undefined;
  },
  get colour() {
    const { NO_COLOR: none = '', TERM: kind } = process.env;
    return process.stdout.isTTY && none === '' && kind !== 'dumb';
  },
  get ask() {
    return process.stdin.isTTY && process.stderr.isTTY ? askPerson : undefined;
  },
  input: () => text(process.stdin),
};

async function askPerson(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<string>((resolve) => void lines.once('close', () => resolve('')));
    // A line interface takes Ctrl-C for itself: hand it on, so that the command stops as it does elsewhere.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    return await Promise.race([lines.question(question, { signal }), ended]);
  } finally {
    lines.close();
  }
}
