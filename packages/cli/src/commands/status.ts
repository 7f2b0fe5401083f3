import { type Command, Option } from 'commander';
import type { Surroundings } from '../frame/surroundings.ts';

/** `carto status` */
export function addStatus(program: Command, surroundings: Surroundings): void {
  program
    .command('status')
    .summary('show which carto up runs here, and how its workloads stand')
    .description(
      'Shows the carto up of this folder, or of the nearest one above: since when it runs, where, and its workloads with the addresses of their apps.',
    )
    .option('--data <dir>', 'the data folder of the one that is meant (default: .carto in or above this folder)')
    .addOption(new Option('-o, --output <format>', 'for programs: json, yaml').choices(['json', 'yaml']))
    .option('--no-color', 'without colours, as with NO_COLOR')
    .addHelpText(
      'after',
      '\nExit codes: 0 it runs; 3 none runs.' +
        '\n\nExamples:\n  carto status\n  carto status -o json' +
        '\n\nNext: carto workload get NAME',
    )
    .action(async (options) => (await import('../up/status.ts')).runStatus(options, surroundings));
}
