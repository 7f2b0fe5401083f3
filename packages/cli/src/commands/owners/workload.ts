import type { Command } from 'commander';
import type { EditFlags } from '../../edit/edit-flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';
import { withDeleteFlags, withEditFlags, withOwnerFlags, withWorkloadFlags } from './edit-options.ts';

const CODES =
  '\nExit codes: 0 done or unchanged; 1 an error; 3 there is no such namespace; 4 somebody changed it in between, or owns ' +
  'what is to go; 5 not ready in time; 7 declined, or nobody was there to ask and --yes was not given.';

const TAKEN_OVER =
  '\nBefore its first apply, carto takes over what was set by update by kubectl-client-side-apply, kubectl-create, ' +
  'kubectl-edit, kubectl-replace and kubectl, and by the plugin of the Tanzu command line (tanzu-plugin-apps, vX.Y.Z, ' +
  'vX.Y.Z_<sha256>_kubernetes), so that what you leave out of a file goes. The diff shows what.\n';

/** `carto workload create | apply | delete` */
export function addWorkloadEdits(workload: Command, surroundings: Surroundings): void {
  const edit = (verb: 'create' | 'apply') => async (name: string | undefined, flags: EditFlags, command: Command) => {
    const typeLabelIsSaid = command.getOptionValueSource('typeLabel') === 'cli';
    const { runEdit } = await import('../../edit/edit-owner.ts');
    await runEdit({ verb, kind: 'Workload', name, flags, typeLabelIsSaid }, surroundings);
  };
  const described = (command: Command): Command =>
    withEditFlags(
      withWorkloadFlags(withOwnerFlags(command.argument('[name]', 'its name; by default that of the file'))),
    );
  described(workload.command('apply'))
    .summary('create a workload, or change it')
    .description(
      'Shows what changes, asks, and writes. With -f, file and flags are the whole intent: a line that you take out of the ' +
        'file goes, what others set stays. With flags alone nothing else is touched.',
    )
    .addHelpText(
      'after',
      `${TAKEN_OVER}${CODES}\n\nExamples:` +
        '\n  carto workload apply web --git-repo https://example.com/shop.git --git-branch main --type web' +
        '\n  carto workload apply web --env LOG_LEVEL=debug --env OLD-' +
        '\n  carto workload apply -f workload.yaml --yes --wait' +
        '\n\nNext: carto workload get NAME',
    )
    .action(edit('apply'));
  described(workload.command('create'))
    .summary('create a workload that is not there yet')
    .description('Shows the workload, asks, and creates it; one that exists is left alone.')
    .addHelpText(
      'after',
      `${CODES}\n\nExamples:` +
        '\n  carto workload create web --git-repo https://example.com/shop.git --git-branch main' +
        '\n  carto workload create web --image registry.example/web:1 --dry-run > workload.yaml' +
        '\n\nNext: carto workload get NAME',
    )
    .action(edit('create'));
  withDeleteFlags(workload.command('delete').argument('[name...]', 'their names'))
    .summary('delete workloads, and what was made for them')
    .description('Asks, and deletes. Images that were built stay in their registry.')
    .addHelpText(
      'after',
      '\nExit codes: 0 deleted; 1 an error; 3 none of them existed; 5 still there; 7 declined.' +
        '\n\nExamples:\n  carto workload delete web\n  carto workload delete -l app.kubernetes.io/part-of=shop --yes --wait',
    )
    .action(async (names, flags) => {
      await (await import('../../edit/delete-owners.ts')).runDelete({ kind: 'Workload', names, flags }, surroundings);
    });
}
