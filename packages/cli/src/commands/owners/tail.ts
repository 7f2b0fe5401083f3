import { type Command, InvalidArgumentError, Option } from 'commander';
import { positive, timeSpan } from '../../frame/arguments.ts';
import { withTargetFlags } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto tail` */
export function addTail(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('tail')
    .summary('show what builds, tests, scans and apps write')
    .description(
      'Prints the logs of everything that the steps of an owner run, and goes on as they come: what is started later is ' +
        'picked up, and a connection that breaks is begun again with no line lost or shown twice. On a cluster these are ' +
        'the logs of pods, of carto up the logs of its processes.',
    )
    .argument('<name>', 'a Workload; or deliverable/NAME, runnable/NAME')
    .option('--step <step>', 'only what this step runs: its name, or how it begins')
    .option('--container <name>', 'only containers of this name')
    .option('-p, --previous', 'the run, or the start of a container, before the newest; ends with its log')
    .option('--no-follow', 'end with what is there')
    .option('--since <span>', 'only what was written since then, like 10m', timeSpan)
    .option(
      '--lines <number>',
      'so many of the last lines of each log to begin with, or all (default: 100, all with --since)',
      lines,
    )
    .option('-t, --timestamps', 'when each line was written')
    .option('--raw', 'let colours and other escapes of the logs through to the terminal')
    .addOption(new Option('-o, --output <format>', 'ndjson: one JSON object for each line').choices(['ndjson']));
  withTargetFlags(command)
    .addHelpText(
      'after',
      '\nExit codes: 0 shown to the end; 3 no such owner or step, or no log with --no-follow; 130 ended by Ctrl-C.' +
        '\n\nExamples:' +
        '\n  carto tail hello' +
        '\n  carto tail hello --step build --previous' +
        '\n  carto tail deliverable/hello --since 10m --no-follow -o ndjson' +
        '\n\nNext: carto workload get NAME, or carto explain NAME when nothing runs.',
    )
    .action(async (name: string, options) => {
      await (await import('../../logs/tail-command.ts')).runTail(name, options, surroundings);
    });
}

/** Undefined: all of them. */
function lines(text: string): number | 'all' {
  if (text === 'all') return text;
  try {
    return positive(text);
  } catch {
    throw new InvalidArgumentError('give a whole number of 1 or more, or all.');
  }
}
