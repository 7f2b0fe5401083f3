#!/usr/bin/env node
import { CartoError } from '@cartographer/machinery';
import { CommanderError } from 'commander';
import { withDoubleDashes } from './controller-flags.ts';
import { createProgram } from './program.ts';

/** Exit code of a command that was used wrongly; 1 is a command that failed. */
const USAGE_EXIT = 2;

process.on('unhandledRejection', (error) => {
  process.stderr.write(
    `carto: unexpected failure, please report it: ${String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});

try {
  await createProgram().parseAsync(withDoubleDashes(process.argv));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT;
  } else if (isOperational(error)) {
    process.stderr.write(`carto: ${error.message}\n`);
    process.exitCode = error instanceof CartoError && error.code === 'CARTO_USAGE' ? USAGE_EXIT : 1;
  } else {
    throw error;
  }
}

/** The world did not do what was asked (a full disk, a refusal), as opposed to a bug, whose stack is worth showing. */
function isOperational(error: unknown): error is Error {
  return error instanceof CartoError || (error instanceof Error && ('syscall' in error || 'status' in error));
}
