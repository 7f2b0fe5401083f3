import { type Command, Option } from 'commander';
import { withTargetFlags } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto explain` */
export function addExplain(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('explain')
    .summary('say why an owner is as it is, whose move it is, and what to do')
    .description(
      'Reads an owner, its supply chain, its templates and every object that they stamped, as you, and holds what the ' +
        'templates render now against what is there: the step that has to move first, its params and inputs with where ' +
        'they come from, the paths that find nothing with the nearest that do, and who holds fields that differ. It ' +
        'changes nothing. Values of Secrets are not shown.',
    )
    .argument('<name>', 'a Workload; or deliverable/NAME, runnable/NAME')
    .option('--step <step>', 'all of one step, with what its template renders: its name, or how it begins')
    .addOption(new Option('-o, --output <format>', 'the whole account, for programs').choices(['json', 'yaml']));
  withTargetFlags(command)
    .addHelpText(
      'after',
      '\nExit codes: 0 ready; 2 not ready (with --step: this step is not); 3 no such owner or step.' +
        '\n\nExamples:' +
        '\n  carto explain hello' +
        '\n  carto explain hello --step image' +
        '\n  carto explain deliverable/hello -o yaml' +
        '\n\nNext: carto tail NAME for the logs of what failed.',
    )
    .action(async (name: string, options) => {
      await (await import('../../explain/explain-command.ts')).runExplain(name, options, surroundings);
    });
}
