import { CartoError } from '@cartographer/machinery';
import { CommanderError } from 'commander';
import { withDoubleDashes } from './controller-flags.ts';
import { createProgram } from './program.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** Exit code of a command that was used wrongly; 1 is a command that failed. */
const USAGE_EXIT = 2;
/** The commands whose exit code 2 is an answer; a wrong use of them is a failure like any other. */
const ANSWERS_BY_EXIT: ReadonlySet<string> = new Set(['scan']);
const LONG_MS = 2 ** 30;

/** Runs one command of `carto` and sets the exit code: what went wrong is one line, a bug is thrown. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal = processTerminal): Promise<void> {
  // Timers of the clock do not keep a process alive: one that only waits for its next look would end half way.
  const usageExit = ANSWERS_BY_EXIT.has(argv[2] ?? '') ? 1 : USAGE_EXIT;
  const alive = setInterval(() => undefined, LONG_MS);
  try {
    await createProgram(terminal).parseAsync(withDoubleDashes(argv));
  } catch (error) {
    if (error instanceof CommanderError) {
      terminal.exitCode = error.exitCode === 0 ? 0 : usageExit;
    } else if (isOperational(error)) {
      terminal.err(`carto: ${error.message}\n`);
      terminal.exitCode = error instanceof CartoError && error.code === 'CARTO_USAGE' ? usageExit : 1;
    } else {
      throw error;
    }
  } finally {
    clearInterval(alive);
  }
}

/** The world did not do what was asked (a full disk, a refusal), as opposed to a bug, whose stack is worth showing. */
function isOperational(error: unknown): error is Error {
  return error instanceof CartoError || (error instanceof Error && ('syscall' in error || 'status' in error));
}
