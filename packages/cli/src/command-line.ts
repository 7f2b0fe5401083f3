import { CartoError } from '@cartographer/machinery';
import { CommanderError } from 'commander';
import { withDoubleDashes } from './double-dashes.ts';
import { EXIT, exitCodeOf } from './frame/exit-codes.ts';
import { PlacedError } from './frame/placed-error.ts';
import { processSurroundings, type Surroundings } from './frame/surroundings.ts';
import { processTerminal } from './frame/terminal.ts';
import { createProgram } from './program.ts';

const LONG_MS = 2 ** 30;
/** What the shells' scripts and kubectl ask by: no command for people, so no help has it. */
const COMPLETE = '__complete';
const VERBOSE = new Set(['-v', '--verbose']);

/** Runs one command of `carto` and sets the exit code: what went wrong is one line for each problem, a bug is thrown. */
export async function runCommandLine(
  argv: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<void> {
  const { terminal } = surroundings;
  // Timers of the clock do not keep a process alive: one that only waits for its next look would end half way.
  const alive = setInterval(() => undefined, LONG_MS);
  try {
    if (argv[2] === COMPLETE) {
      const { answerCompletion } = await import('./complete/answer.ts');
      await answerCompletion(createProgram(surroundings), argv.slice(3), surroundings);
      // Somebody waits at a prompt: a server that does not answer must not keep the process.
      if (terminal === processTerminal) process.exit();
      return;
    }
    await createProgram(surroundings).parseAsync(withDoubleDashes(argv));
  } catch (error) {
    if (error instanceof CommanderError) {
      terminal.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.failed;
    } else {
      const { wordsFor } = await import('./frame/words.ts');
      const [failure, place] = error instanceof PlacedError ? [error.cause, error.place] : [error, undefined];
      if (!isOperational(failure)) throw failure;
      for (const line of wordsFor(failure, place)) terminal.err(`carto: ${line}\n`);
      if (argv.some((argument) => VERBOSE.has(argument))) terminal.err(`${failure.stack ?? ''}\n`);
      terminal.exitCode = exitCodeOf(failure);
    }
  } finally {
    clearInterval(alive);
  }
}

/** The world did not do what was asked (a full disk, a refusal), as opposed to a bug, whose stack is worth showing. */
function isOperational(error: unknown): error is Error {
  return error instanceof CartoError || (error instanceof Error && ('syscall' in error || 'status' in error));
}
