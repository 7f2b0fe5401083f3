import type { Command } from 'commander';
import type { EditFlags } from '../../edit/edit-flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';
import { withDeleteFlags, withEditFlags, withOwnerFlags } from './edit-options.ts';

const CODES = '\nExit codes: those of "carto workload apply".';

/** `carto deliverable create | apply | delete` */
export function addDeliverableEdits(deliverable: Command, surroundings: Surroundings): void {
  const edit = (verb: 'create' | 'apply') => async (name: string | undefined, flags: EditFlags, command: Command) => {
    const typeLabelIsSaid = command.getOptionValueSource('typeLabel') === 'cli';
    const { runEdit } = await import('../../edit/edit-owner.ts');
    await runEdit({ verb, kind: 'Deliverable', name, flags, typeLabelIsSaid }, surroundings);
  };
  const described = (command: Command): Command =>
    withEditFlags(withOwnerFlags(command.argument('[name]', 'its name; by default that of the file')));
  described(deliverable.command('apply'))
    .summary('create a deliverable, or change it')
    .description('As "carto workload apply", for what a delivery takes to a cluster.')
    .addHelpText(
      'after',
      `${CODES}\n\nExamples:` +
        '\n  carto deliverable apply web --source-image registry.example/web-config:1' +
        '\n  carto deliverable apply -f deliverable.yaml --yes' +
        '\n\nNext: carto deliverable get NAME',
    )
    .action(edit('apply'));
  described(deliverable.command('create'))
    .summary('create a deliverable that is not there yet')
    .description('Shows the deliverable, asks, and creates it; one that exists is left alone.')
    .addHelpText(
      'after',
      `${CODES}\n\nExample:` +
        '\n  carto deliverable create web --git-repo https://example.com/config.git --git-branch main' +
        '\n\nNext: carto deliverable get NAME',
    )
    .action(edit('create'));
  withDeleteFlags(deliverable.command('delete').argument('[name...]', 'their names'))
    .summary('delete deliverables, and what was made for them')
    .description('Asks, and deletes.')
    .addHelpText('after', '\nExample:\n  carto deliverable delete web')
    .action(async (names, flags) => {
      await (await import('../../edit/delete-owners.ts')).runDelete(
        { kind: 'Deliverable', names, flags },
        surroundings,
      );
    });
}
