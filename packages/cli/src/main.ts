#!/usr/bin/env node
import { CartoError } from '@cartographer/machinery';
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
  if (!(error instanceof CartoError)) throw error;
  process.stderr.write(`carto: ${error.message}\n`);
  process.exitCode = error.code === 'CARTO_USAGE' ? USAGE_EXIT : 1;
}
