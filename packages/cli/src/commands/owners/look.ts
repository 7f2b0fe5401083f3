import { type Command, Option } from 'commander';
import { timeSpan } from '../../frame/arguments.ts';
import { withOutputFlag, withTargetFlags } from '../../frame/flags.ts';
import type { OwnerKindName } from '../../frame/owner-name.ts';
import type { Surroundings } from '../../frame/surroundings.ts';
import type { OwnerGroups } from './owner-groups.ts';

/** `carto workload get`, `list` and `wait`, and the same for deliverables and runnables. */
export function addLook({ workload, deliverable, runnable }: OwnerGroups, surroundings: Surroundings): void {
  for (const [group, kind] of [
    [workload, 'Workload'],
    [deliverable, 'Deliverable'],
    [runnable, 'Runnable'],
  ] as const) {
    addGet(group, kind, surroundings);
    addList(group, kind, surroundings);
    addWait(group, kind, surroundings);
  }
}

function addGet(group: Command, kind: OwnerKindName, surroundings: Surroundings): void {
  const word = kind.toLowerCase();
  const get = group
    .command('get')
    .summary(`show a ${word}: each step, what it gave, what holds it, and what runs`)
    .description(
      `Shows a ${kind} from its source to what runs: each step with its state, age, output and object; of what is not ready ` +
        'the message, whose move it is and the next step; earlier runs and how long they took.',
    )
    .argument('<name>', 'its name');
  withOutputFlag(withTargetFlags(get))
    .addOption(
      new Option('-w, --watch', 'draw it anew whenever something changes; Ctrl-C ends').conflicts(['output', 'export']),
    )
    .option('--tree', 'also what the objects of the steps made, down to the pods')
    .option('-e, --export', 'print a clean manifest, to be applied elsewhere (as YAML, or -o json)')
    .addHelpText(
      'after',
      `\nExit codes: 0 shown, whatever its state; 3 there is no such ${word}.` +
        '\n\nExamples:' +
        `\n  carto ${word} get shop` +
        `\n  carto ${word} get shop --watch` +
        `\n  carto ${word} get shop --export > shop.yaml` +
        '\n\nNext: carto explain says why a step is as it is, carto trace which commit runs where.',
    )
    .action(async (name: string, flags) => {
      await (await import('../../look/get.ts')).runGet(surroundings, kind, name, flags);
    });
}

function addList(group: Command, kind: OwnerKindName, surroundings: Surroundings): void {
  const word = kind.toLowerCase();
  const list = group
    .command('list')
    .summary(`list ${word}s`)
    .description(`Lists the ${kind}s of a namespace, or of all. READY is "Ready", why it is not, or "Unknown".`);
  withOutputFlag(withTargetFlags(list), 'wide')
    .addOption(new Option('-A, --all-namespaces', 'of all namespaces').conflicts('namespace'))
    .option('-l, --selector <selector>', 'only those with these labels: a=b,c!=d,e in (f,g)')
    .option('--app <name>', 'only those that are part of this app (label app.kubernetes.io/part-of)')
    .addHelpText(
      'after',
      `\nExamples:\n  carto ${word} list -A\n  carto ${word} list --app shop -o wide\n  carto ${word} list -o ndjson` +
        `\n\nNext: carto ${word} get NAME shows one.`,
    )
    .action(async (flags) => {
      await (await import('../../look/list.ts')).runList(surroundings, kind, flags);
    });
}

const TIMEOUT_MS = 600_000;

function addWait(group: Command, kind: OwnerKindName, surroundings: Surroundings): void {
  const word = kind.toLowerCase();
  const wait = group
    .command('wait')
    .summary(`wait until a ${word} is ready, gone, or at a step`)
    .description(
      'Waits, and tells of each step on standard error. Ready counts only for the object as it is now: what the controller ' +
        'said of an earlier generation is no answer.',
    )
    .argument('<name>', 'its name');
  withTargetFlags(wait)
    .option('--for <goal>', 'ready, deleted, step=STEP, output=STEP[.NAME][=TEXT]', 'ready')
    .addOption(new Option('--timeout <span>', 'how long').argParser(timeSpan).default(TIMEOUT_MS, '10m'))
    .option(
      '--fail-fast',
      'end with 2 at the first step that failed or was refused, though the next change may mend it',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 reached; 2 failed or refused, with --fail-fast; 3 not there; 5 timed out; 130 interrupted.' +
        '\n\nExamples:' +
        `\n  carto ${word} wait shop --timeout 5m` +
        `\n  carto ${word} wait shop --for output=source.revision=4f2a9c1` +
        '\n\nNext: carto explain says what holds it.',
    )
    .action(async (name: string, flags) => {
      await (await import('../../look/wait-command.ts')).runWait(surroundings, kind, name, flags);
    });
}
