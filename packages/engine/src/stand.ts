import { qualifiedResource } from '@cartographer/machinery';
import type { KubeObject, ResourceType } from '@cartographer/machinery';
import type { Asks } from './asks.ts';
import type { StampedObject } from './stamped-object.ts';
import type { Again, Memory, PlannedEvent, Retry, WriteAnswer } from './world.ts';

/** Where and for whom an object is to stand. */
export type StandRequest = {
  readonly asks: Asks;
  readonly owner: KubeObject;
  /** The blueprint's resource; '' for a Runnable. */
  readonly resource: string;
  /** Identity of the template, for what is remembered about it. */
  readonly templateId: string;
  readonly stamped: StampedObject;
  /** Objects that resources of this pass stamp in place, by key. */
  readonly taken?: Map<string, string>;
};

/**
 * Whether the object stands in the cluster as the plan wants it. `waiting` asked for something; `halted` stands, but is
 * not touched any more; `refused` is what could not be applied, with the text that follows `unable to apply object …:`.
 */
export type Standing =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'stands';
      readonly object: KubeObject;
      readonly type: ResourceType;
      readonly events: readonly PlannedEvent[];
      readonly remember: readonly { readonly key: string; readonly memory: Memory }[];
      /** All runs of the resource, this one included; only of lifecycles that make runs. */
      readonly runs?: readonly KubeObject[];
    }
  | { readonly kind: 'halted'; readonly object?: KubeObject; readonly type: ResourceType; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string; readonly retry: Again };

/** The standing of an object that waits for an answer. */
export const WAITING: Standing = { kind: 'waiting' };

/** The REST type of the object, or why it cannot have one. `prefix` says what upstream would have been doing. */
export function typeOf({ asks, stamped }: StandRequest, prefix: string): ResourceType | Standing {
  if (stamped.kind === '') return refused(`${prefix}Object 'Kind' is missing in 'unstructured object has no kind'`);
  if (stamped.apiVersion === '') {
    return refused(`${prefix}Object 'apiVersion' is missing in 'unstructured object has no version'`);
  }
  const mapping = asks.mapping(stamped.apiVersion, stamped.kind);
  if (mapping === undefined) return WAITING;
  if (mapping.kind !== 'mapped') return refused(`${prefix}${mapping.message}`);
  const { type } = mapping;
  if (type.namespaced) return type;
  const message = `create: [${qualifiedResource(type)}] have no namespace; only objects in the namespace of the owner can be stamped`;
  return { kind: 'refused', message, retry: { kind: 'none' } };
}

/** A refusal that is worth a retry. */
export function refused(message: string): Standing {
  return { kind: 'refused', message, retry: { kind: 'backoff' } };
}

/** A refused or failed write as a standing. */
export function refusal(answer: Exclude<WriteAnswer, { kind: 'done' }>, message: string): Standing {
  const { code, retryAfterMs } = answer.kind === 'refused' ? answer : {};
  return { kind: 'refused', message, retry: againAfter(code, retryAfterMs) };
}

const FORBIDDEN_MS = 30_000;

/**
 * When to try again what the server refused with this code. A grant of the missing rights wakes the owner, as far as it
 * can be seen: rights also come by a group or another authorizer, and a quota or Pod Security forbid, too.
 */
export function againAfter(code: number | undefined, retryAfterMs?: number): Again {
  if (code === 403) return { kind: 'after', afterMs: FORBIDDEN_MS };
  return { kind: 'backoff', ...(retryAfterMs === undefined ? {} : { atLeastMs: retryAfterMs }) };
}

/** When to try again, and why. */
export function retryWith(again: Again, message: string): Retry {
  return again.kind === 'none' ? again : { ...again, message };
}

/** The one retry that does for all: growing waits come first, and the longest that the server asks for counts. */
export function retryOfAll(all: readonly Retry[]): Retry {
  const growing = all.filter((retry) => retry.kind === 'backoff');
  if (growing.length > 0) return growing.reduce((a, b) => ((b.atLeastMs ?? 0) > (a.atLeastMs ?? 0) ? b : a));
  const fixed = all.filter((retry) => retry.kind === 'after');
  return fixed.length > 0 ? fixed.reduce((a, b) => (b.afterMs < a.afterMs ? b : a)) : { kind: 'none' };
}

/** `plural.group/name`, as messages name an object. */
export function objectText(type: ResourceType, name: string | undefined): string {
  return `${qualifiedResource(type)}/${name ?? ''}`;
}

/** The event of a write that was done. */
export function appliedEvent(type: ResourceType, object: KubeObject, created: boolean): PlannedEvent {
  const verb = created ? 'Created' : 'Patched';
  return {
    type: 'Normal',
    reason: 'StampedObjectApplied',
    message: `${verb} object [${objectText(type, object.metadata.name)}]`,
  };
}

/** After this long a step that was stopped is tried again: as long as writes count against it. */
export const STOPPED_MS = 60_000;

/** Above these, within the controller's window, a step is stopped. */
const MOST_CREATED = 50;
const MOST_RESTORED = 10;

/** Why a step must not write any more, or undefined. */
export function haltMessage(
  { asks, resource }: StandRequest,
  object: string,
  cause: 'created' | 'changed' | 'restored',
  neighbours: readonly string[] = [],
): string | undefined {
  const { created, restored } = asks.cluster.pace(resource);
  if (cause === 'created' && created >= MOST_CREATED) {
    return `stopped after ${created} new objects of [${object}] in a short time: look for a value in the template that changes by itself`;
  }
  if (cause === 'restored' && restored >= MOST_RESTORED) {
    const others = neighbours.length === 0 ? 'something else' : `field manager [${neighbours.join(', ')}]`;
    return `stopped after restoring [${object}] ${restored} times in a short time: ${others} keeps changing fields that the template sets`;
  }
  return undefined;
}
