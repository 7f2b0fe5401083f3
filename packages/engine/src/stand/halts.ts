import type { ReasonOf, ResourceStatus } from '@cartographer/api';
import type { Condition, KubeObject, ResourceType } from '@cartographer/machinery';
import type { Asks } from '../world/asks.ts';
import type { Stop } from '../world/world.ts';
import { alternation } from './alternation.ts';
import type { Lineage } from './lineage.ts';
import { lineageOf, objectName } from './lineage.ts';
import type { Standing, StandRequest } from './stand.ts';
import { objectText, WAITING } from './stand.ts';

/** A write that the circuit breaker may have stopped. */
export type Halting = {
  readonly cause: 'created' | 'changed' | 'restored';
  readonly type: ResourceType;
  /** Name or prefix of the object. */
  readonly name: string;
  /** The object that stands, if any. */
  readonly object: KubeObject | undefined;
  /** Says what happens again and again; undefined while an answer is awaited. Asked only when the step is stopped. */
  readonly why: () => string | undefined;
};

const OPENINGS: Readonly<Record<Halting['cause'], (object: string, writes: number) => string>> = {
  created: (object, writes) => `stopped after ${writes} new objects of [${object}] in a short time: `,
  changed: (object, writes) => `stopped after ${writes} changes of [${object}] in a short time: `,
  restored: (object, writes) => `stopped after restoring [${object}] ${writes} times in a short time: `,
};

/**
 * The standing of an object whose step is stopped, or undefined when it may be written. What was told of this stop is
 * told again in the same words: values that go on changing would renew the condition without end.
 */
export function haltOf(request: StandRequest, { cause, type, name, object, why }: Halting): Standing | undefined {
  const stop = request.asks.cluster.pace(request.resource)[cause];
  if (stop === undefined) return undefined;
  const opening = OPENINGS[cause](objectText(type, name), stop.writes);
  const known = toldBefore(request.owner, request.resource, opening);
  const reason = known === undefined ? why() : undefined;
  if (known === undefined && reason === undefined) return WAITING;
  return { kind: 'halted', object, type, message: known ?? `${opening}${reason ?? ''}`, restMs: stop.restMs };
}

/** The reason of every condition that tells of a stop. */
const STOPPED: ReasonOf<'ResourceSubmitted' | 'ResourcesSubmitted' | 'RunTemplateReady'> = 'TooManyWrites';

type Told = { readonly conditions?: readonly Condition[] };

/** What the status says of a stop that begins with these words, from there on. */
function toldBefore(owner: KubeObject, resource: string, opening: string): string | undefined {
  const status = (owner['status'] ?? {}) as Told & { readonly resources?: readonly (Told & { name: string })[] };
  const told: Told | undefined = resource === '' ? status : status.resources?.find(({ name }) => name === resource);
  for (const { reason, message } of told?.conditions ?? []) {
    const at = reason === STOPPED ? message.indexOf(opening) : -1;
    if (at >= 0) return message.slice(at);
  }
  return undefined;
}

/** What differs between what stands and what would be written, and where it comes from. */
export function changeText(request: StandRequest, before: KubeObject, after: KubeObject): string | undefined {
  const origin = originText(request, before);
  const values = alternation(before, after, request.secrets);
  return origin === undefined ? undefined : `${values === '' ? 'the same fields come and go' : values}; ${origin}`;
}

/** Where values that change come from: the circle that they run in, or else what the template reads. */
export function originText(request: StandRequest, written?: KubeObject): string | undefined {
  const { asks, owner, resource, reads } = request;
  const me = objectName(owner);
  const uid = owner.metadata.uid ?? '';
  const target = written?.metadata.uid ?? uid;
  if (written !== undefined && target === uid) return circleText(`${me} is stamped by its own step [${resource}]`);
  const above = lineageOf(asks, owner, new Set([uid, target]));
  if (above === undefined) return undefined;
  if (above.closed) return circleText(above.text);
  if (reads.selected !== undefined) return selectionText(request, reads.selected, above);
  const producers = reads.producers.length === 0 ? '' : ` and the outputs of [${reads.producers.join(', ')}]`;
  return `look at what changes ${me}${producers}${above.text === '' ? '' : `: ${above.text}`}`;
}

/** A Runnable's outputs are read by what stamps it: if that stamps what the Runnable selects, too, they go round. */
function selectionText({ asks, owner }: StandRequest, selected: KubeObject, above: Lineage): string | undefined {
  const beside = lineageOf(asks, selected, above.uids);
  if (beside === undefined) return undefined;
  const texts = [`${objectName(owner)} selects ${objectName(selected)}`, beside.text, above.text];
  const told = texts.filter((text) => text !== '').join('; ');
  const isCircle = beside.closed || above.uids.has(selected.metadata.uid ?? '');
  return isCircle ? circleText(told) : `look at what changes ${objectName(selected)} and ${objectName(owner)}: ${told}`;
}

function circleText(circle: string): string {
  return `a circle: ${circle}; take what changes with each write out of a template on it`;
}

/** Why a status is not written any more: the outputs that changed last, and the circle if they run in one. */
export function reportStopText(asks: Asks, owner: KubeObject, { writes }: Stop): string | undefined {
  const above = lineageOf(asks, owner, new Set([owner.metadata.uid ?? '']));
  if (above === undefined) return undefined;
  const opening = `stopped after ${writes} writes of the status of ${objectName(owner)} in a short time: `;
  const origin = above.closed
    ? circleText(above.text)
    : above.text === ''
      ? 'look at the objects that they are read from'
      : above.text;
  return toldBefore(owner, '', opening) ?? `${opening}${latestOutputs(owner)}; ${origin}`;
}

function latestOutputs(owner: KubeObject): string {
  const { resources = [] } = (owner['status'] ?? {}) as { readonly resources?: readonly ResourceStatus[] };
  const all = resources.flatMap(({ name, outputs = [] }) => outputs.map((output) => ({ ...output, step: name })));
  const latest = all
    .map(({ lastTransitionTime }) => lastTransitionTime)
    .toSorted()
    .at(-1);
  const named = all.filter(({ lastTransitionTime }) => lastTransitionTime === latest);
  if (named.length === 0) return 'the conditions of its steps change each time';
  return `${named.map(({ step, name }) => `output [${name}] of step [${step}]`).join(', ')} changes each time`;
}
