import type { NextStep } from '@cartographer/api';
import { FIELD_MANAGER } from '@cartographer/api';
import type { PathNode } from '../graph/path.ts';
import type { Seen } from '../graph/step-verdicts.ts';
import type { ToldCondition } from '../graph/told-condition.ts';
import type { ExplainAids, LiveAccount, NoteAccount, ReadAccount } from './explained.ts';
import { seenBy } from './live-account.ts';
import type { StepDetails } from './step-account.ts';

type Missing = Extract<ReadAccount, { kind: 'missing' }>;

/** How far a step is by its object, where that tells more than the status: a wrong path, a gate's own words. */
export function seenOf(details: StepDetails, told: readonly ToldCondition[], aids: ExplainAids): Seen | undefined {
  const { live, reads } = details;
  const waiting = told.find(({ reason }) => reason === 'MissingValueAtPath');
  const missing = reads.find((read) => read.kind === 'missing');
  if (waiting !== undefined && missing?.kind === 'missing' && live.kind === 'there') {
    const isWrong =
      missing.inSchema === 'no' || (live.healthy === 'True' && waiting.message.includes('from healthy object'));
    if (isWrong) return { state: 'failed', condition: waiting, nextStep: pathAdvice(missing, live.object.kind) };
  }
  return seenBy(live, aids);
}

function pathAdvice({ path, nearest, inSchema }: Missing, kind: string): NextStep {
  const why = inSchema === 'no' ? `${kind} has no such field` : `the ${kind} is healthy and has no value there`;
  return { move: 'platform', next: `correct the path ${path} of the template: ${why}${nearestText(nearest)}` };
}

function nearestText(nearest: Missing['nearest']): string {
  if (nearest?.similar !== undefined) return `; the nearest that is there is ${nearest.similar}`;
  if (nearest === undefined || nearest.keys.length === 0) return '';
  return `; ${nearest.exists === '' ? 'it' : nearest.exists} has ${nearest.keys.join(', ')}`;
}

/** What no condition tells: failures that nothing looks at, fields that others hold, params that do not count. */
export function notesOf({ template }: PathNode, { live, params }: StepDetails): readonly NoteAccount[] {
  const locked = params.filter((param) => param.locked && param.given.some(({ level }) => level === 'template'));
  return [
    ...locked.map(({ name, given }): NoteAccount => {
      const holder = given.find(({ wins }) => wins)?.level ?? 'blueprint';
      return { move: 'platform', text: `the owner's param ${name} does not count: the ${holder} gives it as a value` };
    }),
    ...(live.kind === 'there' ? objectNotes(live, template) : []),
  ];
}

function objectNotes(
  { complaint, differences, resource, name }: Extract<LiveAccount, { kind: 'there' }>,
  template: PathNode['template'],
): readonly NoteAccount[] {
  const others = new Map<string, string[]>();
  for (const { path, managers } of differences) {
    for (const manager of managers) others.set(manager, [...(others.get(manager) ?? []), path]);
  }
  const held = [...others].filter(([manager]) => manager !== FIELD_MANAGER);
  const rule = `give ${template?.name ?? 'the template'} a healthRule`;
  return [
    ...(complaint === undefined
      ? []
      : [
          {
            move: 'platform',
            text: `${resource}/${name} says ${complaint.type} False (${complaint.message || complaint.reason}), and no health rule looks at it: ${rule}`,
          } as const,
        ]),
    ...held.map(([manager, paths]): NoteAccount => {
      return { move: 'admin', text: `${manager} holds what the template sets otherwise: ${paths.join(', ')}` };
    }),
  ];
}

/** What has to happen for a step to go on, in a few words. */
export function awaitsOf(node: PathNode, { live, reads }: StepDetails): string | undefined {
  if (node.state === 'ready' || node.state === 'skipped') return undefined;
  if (node.waitsFor !== undefined) return `step ${node.waitsFor}`;
  if (live.kind !== 'there') return undefined;
  const object = `${live.resource}/${live.name}`;
  if (node.reason === 'NotObserved') return `${object} to observe generation ${live.generation ?? ''}`.trim();
  const missing = reads.find((read) => read.kind === 'missing');
  if (missing !== undefined) return `a value at ${missing.path} of ${object}`;
  return live.condition === undefined ? undefined : `condition ${live.condition.type} of ${object}`;
}
