import { type Command, Option } from 'commander';
import { withTargetFlags } from '../../frame/flags.ts';
import type { Surroundings } from '../../frame/surroundings.ts';

/** `carto trace` */
export function addTrace(program: Command, surroundings: Surroundings): void {
  const trace = program
    .command('trace')
    .summary('follow a commit to where it runs, or a running image back to its commit')
    .description(
      'Follows what was made from what, over Workloads and Deliverables: each step with its object, what it hands on since when, ' +
        'the commit that it stems from, and where it runs. A commit that is not recorded is said to be so.',
    )
    .argument('[name]', 'a Workload, or deliverable/NAME');
  withTargetFlags(trace)
    .option('--image <reference>', 'an image that runs, by digest or tag: who made it, from which commit')
    .option('--commit <sha>', 'a commit, by its first digits: how far it got, and where it runs')
    .addOption(
      new Option('-A, --all-namespaces', 'look in all namespaces, with --image or --commit').conflicts('namespace'),
    )
    .addOption(new Option('-o, --output <format>', 'json, yaml, ndjson').choices(['json', 'yaml', 'ndjson']))
    .addHelpText(
      'after',
      '\nExit codes: 0 found; 3 nothing carries it: the message says what was searched.' +
        '\n\nExamples:' +
        '\n  carto trace shop' +
        '\n  carto trace --image registry.example.com/team/shop@sha256:1f8e… -A' +
        '\n  carto trace --commit 4f2a9c1' +
        '\n\nNext: carto explain says why a step is as it is.',
    )
    .action(async (name: string | undefined, flags) => {
      await (await import('../../trace/trace.ts')).runTrace(surroundings, name, flags);
    });
}
