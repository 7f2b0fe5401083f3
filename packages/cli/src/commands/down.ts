import type { Command } from 'commander';
import { timeSpan } from '../frame/arguments.ts';
import type { Surroundings } from '../frame/surroundings.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

/** `carto down` */
export function addDown(program: Command, surroundings: Surroundings): void {
  program
    .command('down')
    .summary('end a running carto up')
    .description(
      'Ends the carto up of this folder, or of the nearest one above, in order: apps and builds first, then the API server. ' +
        'What it keeps in its data folder stays, and the next carto up goes on with it.',
    )
    .option('--data <dir>', 'the data folder of the one that is meant (default: .carto in or above this folder)')
    .option('--timeout <span>', 'how long to wait for its end: 30s, 2m (default: 1m)', timeSpan, DEFAULT_TIMEOUT_MS)
    .addHelpText(
      'after',
      '\nExit codes: 0 ended; 3 none runs; 5 not ended in time.' +
        '\n\nExamples:\n  carto down\n  carto down --data /srv/team/.carto --timeout 2m' +
        '\n\nNext: carto up --detach',
    )
    .action(async (options) => (await import('../up/down.ts')).runDown(options, surroundings));
}
