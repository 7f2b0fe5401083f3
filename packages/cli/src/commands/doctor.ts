import { type Command, Option } from 'commander';
import { withTargetFlags } from '../frame/flags.ts';
import type { Surroundings } from '../frame/surroundings.ts';

/** `carto doctor` */
export function addDoctor(program: Command, surroundings: Surroundings): void {
  withTargetFlags(
    program
      .command('doctor')
      .summary('look what is wrong with an installation, and say whose move it is')
      .description(
        'Looks at API server, definitions, controller, leader, webhooks, certificates, rights, chains, templates and owners, ' +
          'and changes nothing. What could not be looked at is told, and never taken to be well.',
      )
      .addOption(new Option('-o, --output <format>', 'for programs').choices(['json', 'yaml']))
      .option('--system-namespace <name>', 'where Cartographer is installed (default: cartographer-system)'),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well; 2 something was found; 1 something could not be looked at, or no server answers.' +
        '\n\nExamples:' +
        '\n  carto doctor' +
        '\n  carto doctor --context prod --as jane' +
        '\n  carto doctor -o json > findings.json' +
        '\n\nNext: carto explain NAME for an owner, carto chain get NAME for a chain; docs/troubleshooting.md has each finding.',
    )
    .action(async (options) => (await import('../doctor/doctor-command.ts')).runDoctor(options, surroundings));
}
