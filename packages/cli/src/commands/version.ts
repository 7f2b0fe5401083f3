import { type Command, Option } from 'commander';
import { withTargetFlags } from '../frame/flags.ts';
import type { Surroundings } from '../frame/surroundings.ts';

/** `carto version` */
export function addVersion(program: Command, surroundings: Surroundings): void {
  withTargetFlags(
    program
      .command('version')
      .summary('print the versions of this program, the server, and what is installed there')
      .description(
        'The controller tells its version by the tag of its image, else by the label that its installation gave it. ' +
          'Without a cluster the version of this program is printed, and why there is no server.',
      )
      .option('--client', 'ask no cluster')
      .addOption(new Option('-o, --output <format>', 'for programs').choices(['json', 'yaml']))
      .option('--system-namespace <name>', 'where Cartographer is installed (default: cartographer-system)'),
  )
    .addHelpText('after', '\nExamples:\n  carto version\n  carto version --client -o json\n\nNext: carto doctor')
    .action(async (options) => (await import('../doctor/version-command.ts')).runVersion(options, surroundings));
}
