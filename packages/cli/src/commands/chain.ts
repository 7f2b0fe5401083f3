import { type Command, Option } from 'commander';
import { withOutputFlag, withTargetFlags } from '../frame/flags.ts';
import type { Surroundings } from '../frame/surroundings.ts';

/** `carto chain` */
export function addChain(program: Command, surroundings: Surroundings): void {
  const chain = program
    .command('chain')
    .aliases(['chains', 'cluster-supply-chain', 'csc'])
    .summary('look at supply chains and deliveries')
    .description(
      'Shows which supply chains and deliveries there are, whom they select, and what they do. NAME is of either; ' +
        'supply-chain/NAME and delivery/NAME say which.',
    );
  withOutputFlag(
    withTargetFlags(
      chain
        .command('list')
        .description('Lists supply chains and deliveries with what they select and how many owners follow them.'),
    ),
  )
    .addHelpText('after', '\nExamples:\n  carto chain list\n  carto chain list -o name\n\nNext: carto chain get NAME')
    .action(async (options) => (await import('../chain/list-command.ts')).runChainList(options, surroundings));
  withOutputFlag(
    withTargetFlags(
      chain
        .command('get')
        .argument('<name>', 'a supply chain or a delivery')
        .description(
          'Shows the selector, the params with the level that gives each, and the steps: what each template stamps, how that ' +
            'lives, when it counts as healthy, and what it reads. A template that is missing is told.',
        ),
    ),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 3 there is none of this name.' +
        '\n\nExamples:\n  carto chain get web-app\n  carto chain get delivery/prod -o yaml\n\nNext: carto chain graph NAME',
    )
    .action(async (name: string, options) =>
      (await import('../chain/get-command.ts')).runChainGet(name, options, surroundings),
    );
  withTargetFlags(
    chain
      .command('graph')
      .argument('[name]', 'a supply chain or a delivery (default: that of the owner)')
      .description(
        'Draws the steps with a rail for each way that a value goes, or prints them for Mermaid and programs.',
      )
      .option('--owner <name>', 'with states and values of this owner: NAME of a Workload, or deliverable/NAME')
      .addOption(new Option('-o, --output <format>', 'for programs').choices(['mermaid', 'json', 'yaml'])),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  carto chain graph web-app\n  carto chain graph --owner shop -n team' +
        '\n  carto chain graph web-app -o mermaid > web-app.mmd\n\nNext: carto explain NAME',
    )
    .action(async (name: string | undefined, options) =>
      (await import('../chain/graph-command.ts')).runChainGraph(name, options, surroundings),
    );
}
