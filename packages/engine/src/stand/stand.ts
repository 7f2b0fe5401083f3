import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { qualifiedResource } from '@cartographer/machinery';
import type { SecretValues } from '../read/secret-values.ts';
import type { Asks } from '../world/asks.ts';
import type { Again, Memory, PlannedEvent, Retry, WriteAnswer } from '../world/world.ts';
import { nothingRendered } from './advice.ts';
import type { StampedObject } from './stamped-object.ts';

/** Where and for whom an object is to stand. */
export type StandRequest = {
  readonly asks: Asks;
  readonly owner: KubeObject;
  /** The blueprint's resource; '' for a Runnable. */
  readonly resource: string;
  /** Identity of the template, for what is remembered about it. */
  readonly templateId: string;
  readonly stamped: StampedObject;
  /** What the template reads beside its owner. */
  readonly reads: {
    /** Steps whose outputs are inputs. */
    readonly producers: readonly string[];
    /** The object that a Runnable selects. */
    readonly selected?: KubeObject | undefined;
  };
  /** The value of the annotation `carto.run/made-from`, worked out when something is written. */
  readonly madeFrom: () => string;
  /** Values that no message may hold. */
  readonly secrets: SecretValues;
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
  | {
      readonly kind: 'halted';
      readonly object: KubeObject | undefined;
      readonly type: ResourceType;
      readonly message: string;
      /** Until it may be tried again. */
      readonly restMs: number;
    }
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly retry: Again;
      /** What to do, where the message does not say it: follows the name of the template. */
      readonly advice?: string;
    };

/** The standing of an object that waits for an answer. */
export const WAITING: Standing = { kind: 'waiting' };

/** The REST type of the object, or why it cannot have one. `prefix` says what upstream would have been doing. */
export function typeOf({ asks, stamped }: StandRequest, prefix: string): ResourceType | Standing {
  if (stamped.kind === '')
    return refused(`${prefix}Object 'Kind' is missing in 'unstructured object has no kind'`, nothingRendered(stamped));
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
export function refused(message: string, advice?: string): Standing {
  return { kind: 'refused', message, retry: { kind: 'backoff' }, advice };
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
  return { kind: 'backoff', atLeastMs: retryAfterMs };
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
