import type { Command } from 'commander';
import { timeSpan } from '../../frame/arguments.ts';
import { withTargetFlags } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

const DEFAULT_TIMEOUT_MS = 600_000;

/** `carto rerun` */
export function addRerun(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('rerun')
    .summary('run steps again with the inputs that they had')
    .description(
      'Asks for new runs of the steps that make runs, such as tests, builds and scans as TaskRuns; no input changes. Steps ' +
        'whose object is changed in place cannot be run again so; what to do for them instead is said. The request is an ' +
        'annotation on the owner, of the field manager carto-rerun.',
    )
    .argument('<name>', 'a Workload; or deliverable/NAME, runnable/NAME')
    .option('--step <step>', 'only this step: its name, or how it begins (default: all of them)')
    .option('--reason <text>', 'why, kept on the owner as the annotation carto.run/rerun-reason')
    .option('--wait', 'wait until the new runs are over')
    .option('--timeout <span>', 'how long to wait: 10m', timeSpan, DEFAULT_TIMEOUT_MS);
  withTargetFlags(command)
    .addHelpText(
      'after',
      '\nExit codes: 0 asked for, and with --wait all runs succeeded; 2 nothing can be run again, or a run failed; 3 no such ' +
        'owner or step; 5 not over in time.' +
        '\n\nExamples:' +
        '\n  carto rerun hello --step test --wait' +
        '\n  carto rerun deliverable/hello --reason "the registry was down"' +
        '\n\nNext: carto tail NAME shows what the runs write.',
    )
    .action(async (name: string, options) => {
      await (await import('../../rerun/rerun-command.ts')).runRerun(name, options, surroundings);
    });
}
