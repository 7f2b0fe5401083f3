import { type Command, Option } from 'commander';
import { collect } from '../frame/arguments.ts';
import { withTargetFlags } from '../frame/flags.ts';
import type { Surroundings } from '../frame/surroundings.ts';

/** `carto match` */
export function addMatch(program: Command, surroundings: Surroundings): void {
  withTargetFlags(
    program
      .command('match')
      .argument('[name]', 'a Workload on the server, or deliverable/NAME')
      .summary('tell which supply chain would serve a workload, and why the others not')
      .description(
        'Holds Workloads and Deliverables of a file, or one of the server, against every selector, by the rules of the ' +
          'controller: the one with the most requirements wins. Where none fits, the nearest is told with the smallest change.',
      )
      .option(
        '-f, --file <file>',
        'Workloads and Deliverables; - is standard input; may be given several times',
        collect,
      )
      .option('--chain <file>', 'supply chains and deliveries in place of those of a cluster; several times', collect)
      .addOption(new Option('-o, --output <format>', 'for programs').choices(['json', 'yaml'])),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 one fits each of them; 2 none fits, or several equally well; 1 there is nothing to match.' +
        '\n\nExamples:\n  carto match -f workload.yaml\n  carto match shop -n team' +
        '\n  carto match -f workload.yaml --chain chains.yaml\n\nNext: carto chain get NAME',
    )
    .action(async (name: string | undefined, options) =>
      (await import('../chain/match-command.ts')).runMatch(name, options, surroundings),
    );
}
