import { type Command, Option } from 'commander';
import { withTargetFlags } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto findings` */
export function addFindings(program: Command, surroundings: Surroundings): void {
  withTargetFlags(
    program
      .command('findings')
      .summary('what the scans of an app found, and what of it counts at the gate')
      .description(
        'Shows the scans that the steps of a Workload, Deliverable or Runnable have now: severity, package, the version that ' +
          'is fixed, and whether a policy refuses it, warns of it, or an exception excuses it.',
      )
      .argument('<name>', 'NAME of a Workload, deliverable/NAME or runnable/NAME')
      .option('--all', 'also findings that no policy has a rule for')
      .option('--fixable', 'only findings with a version that is fixed')
      .addOption(new Option('-o, --output <format>', 'for programs').choices(['json', 'yaml', 'sarif'])),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 every gate is open; 1 a scan is not done, could not read something, or there is none; 2 a gate is closed; ' +
        '3 there is no such owner.' +
        '\n\nExamples:' +
        '\n  carto findings shop' +
        '\n  carto findings deliverable/shop --all' +
        '\n  carto findings shop --fixable -o json' +
        '\n\nNext: update what is fixable, or carto exception create',
    )
    .action(async (name: string, flags) =>
      (await import('../../findings/findings-command.ts')).runFindings(name, flags, surroundings),
    );
}
