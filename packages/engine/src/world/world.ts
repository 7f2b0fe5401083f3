import type { EventReason } from '@cartographer/api';
import type { Json, JsonObject, KubeObject, ResourceType } from '@cartographer/machinery';
import type { OwnerKind } from './owner-kind.ts';

/** Names a template, found or not. */
export type TemplateKey = { readonly kind: string; readonly name: string };

/** Names a service account. */
export type AccountKey = { readonly namespace: string; readonly name: string };

/** Names one object of a mapped kind. */
export type ObjectKey = { readonly type: ResourceType; readonly namespace?: string; readonly name: string };

/** Names all objects of a kind that carry these labels; without a namespace, cluster-wide. */
export type ObjectsKey = {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** What is known about the owner's service account. A token that cannot be had is found out by the first write. */
export type AccountAnswer =
  | { readonly kind: 'found'; readonly uid: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'tokenFailed'; readonly message: string };

/** What the REST mapper says about a kind; `noMatch` heals when a CRD appears, other failures are retried. */
export type MappingAnswer =
  | { readonly kind: 'mapped'; readonly type: ResourceType }
  /**
   * `message` is client-go's: `no matches for kind "X" in version "g/v"`. `otherVersion` is the kind as another version
   * of its group has it, if one does.
   */
  | { readonly kind: 'noMatch'; readonly message: string; readonly otherVersion?: ResourceType }
  | { readonly kind: 'failed'; readonly message: string };

/** One object as last seen; `failed` when its kind cannot be watched or read. */
export type Observation =
  | { readonly kind: 'present'; readonly object: KubeObject }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly code?: number; readonly message: string };

/** All objects of an {@link ObjectsKey}, in any order. */
export type ListAnswer =
  | { readonly kind: 'listed'; readonly objects: readonly KubeObject[] }
  | { readonly kind: 'failed'; readonly code?: number; readonly message: string };

/**
 * How the API server answered a write of this reconcile. `exists` is the answer to a create whose name is taken:
 * the object that has it, and the server's text. `refused` is every answer of the server that is no success, with the
 * time that it asks to be left alone for; `failed` means that no answer was had.
 */
export type WriteAnswer =
  | {
      readonly kind: 'done';
      readonly object: KubeObject;
      readonly created: boolean;
      /** Fields that the server warned of as unknown, as it writes paths: `spec.containers[0].immage`. */
      readonly unknownFields?: readonly string[];
    }
  | { readonly kind: 'exists'; readonly object: KubeObject; readonly message: string }
  | {
      readonly kind: 'refused';
      readonly code: number;
      readonly reason?: string;
      readonly message: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** How a delete was answered; an object that was gone already counts as deleted with `found: false`. */
export type DeleteAnswer =
  | { readonly kind: 'deleted'; readonly found: boolean }
  | { readonly kind: 'refused'; readonly code: number; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: 'failed'; readonly message: string };

/** A delete that was done, or tried. */
export type Deletion = { readonly request: Delete; readonly answer: DeleteAnswer };

/** What the ytt worker made of a request: its standard output, or the text of its failure. */
export type RenderAnswer =
  | { readonly kind: 'rendered'; readonly output: string }
  /** `message` is what stands after `unable to apply ytt template: `. */
  | { readonly kind: 'failed'; readonly message: string };

/**
 * What the controller keeps in memory between reconciles on the engine's behalf, as opaque data under a key. Losing an
 * entry costs at most one apply that changes nothing.
 */
export type Memory = {
  /** For an object: what the server made of our fields when they were last applied. */
  readonly normalised?: { readonly digest: string; readonly projection: string };
  /** For an object: its last write could not make the first implementation's fields ours, so that is no reason to write. */
  readonly legacyKept?: true;
  /** For an object: field managers other than ours that hold fields of it. */
  readonly neighbours?: readonly string[];
  /**
   * For a template and kind: paths that the kind's schema lacks (`unknown`), does not let be null (`nulls`), or that a
   * server left out while they were empty (`empty`), as it also does with fields that it knows.
   */
  readonly dropped?: {
    readonly unknown: readonly Path[];
    readonly nulls: readonly Path[];
    readonly empty: readonly Path[];
  };
};

/** Keys and indexes from the root of an object. */
export type Path = readonly (string | number)[];

/** The circuit breaker stopped a step after so many writes in a short time; `restMs` is left until it may go on. */
export type Stop = { readonly writes: number; readonly restMs: number };

/**
 * Which writes of a step are stopped, as the controller counted them by {@link Write.cause}. `reported` are writes of
 * the owner's status, which count for the step ''.
 */
export type Pace = {
  readonly created?: Stop;
  readonly changed?: Stop;
  readonly restored?: Stop;
  readonly reported?: Stop;
};

/**
 * The effects of one reconcile seen so far, and the caches behind it. Lookups answer `undefined` for what was never
 * asked: the plan then asks for it. During one call of a plan function the answers must not change. All objects are
 * frozen; the engine memoises by their identity.
 */
export interface Cluster {
  /** A template of the caches; undefined when there is none. */
  template(key: TemplateKey): KubeObject | undefined;
  account(key: AccountKey): AccountAnswer | undefined;
  mapping(apiVersion: string, kind: string): MappingAnswer | undefined;
  /** Whether the definition of this kind asks for its objects to be read as `carto.run/read: current` says. */
  readsCurrent(type: ResourceType): boolean;
  /** The object as the caches (with own writes folded in) have it. */
  observed(key: ObjectKey): Observation | undefined;
  listed(key: ObjectsKey): ListAnswer | undefined;
  /** The answer to {@link Write.id} in this reconcile. */
  written(id: string): WriteAnswer | undefined;
  /** The deletes of this reconcile with their answers, in the order of the answers. */
  deletions(): readonly Deletion[];
  /** The answer to {@link Render.id}; kept as long as the controller likes, since equal ids have equal answers. */
  rendered(id: string): RenderAnswer | undefined;
  /** What an earlier {@link Settled.remember} left under this key. */
  recall(key: string): Memory | undefined;
  /** Writes of the recent past for a resource (a step's name; a Runnable has one, named ''). */
  pace(resource: string): Pace;
}

/** All that {@link plan} may know about a Workload or Deliverable. */
export type World = {
  readonly kind: OwnerKind;
  /** The owner with its previous status, own status writes folded in. */
  readonly owner: KubeObject;
  /** Every blueprint of the kind, in list order (by name). */
  readonly blueprints: readonly KubeObject[];
  readonly cluster: Cluster;
  /**
   * Objects of the caches whose controller is this owner (by uid), of whatever kind: orphans are found among them even
   * when a status that named them was lost. May be empty.
   */
  readonly owned: readonly KubeObject[];
  /** RFC 3339, whole seconds. */
  readonly now: string;
};

/** All that {@link planRunnable} may know. */
export type RunnableWorld = {
  readonly owner: KubeObject;
  readonly cluster: Cluster;
  readonly now: string;
};

/** All that {@link planBlueprint} may know about a ClusterSupplyChain or ClusterDelivery. */
export type BlueprintWorld = {
  readonly kind: OwnerKind;
  readonly blueprint: KubeObject;
  readonly template: Cluster['template'];
  readonly now: string;
};

/** What a plan needs to know before it can go on. */
export type Lookup =
  | { readonly lookup: 'account'; readonly key: AccountKey }
  | { readonly lookup: 'mapping'; readonly apiVersion: string; readonly kind: string }
  | { readonly lookup: 'object'; readonly key: ObjectKey }
  | { readonly lookup: 'list'; readonly key: ObjectsKey };

/**
 * One write that a plan asks for, to be done as the owner's service account; those of one round are independent of each
 * other. `apply` is a forced server-side apply. `create` is a POST whose object has a deterministic name. `tryCreate`
 * and `tryPatch` are dry runs after a refused apply: a dry-run POST, or a dry-run merge patch of the existing object.
 * `tryApply` is a dry-run apply without force: its refusal names those who hold fields of ours.
 */
export type Write = {
  /** Equal ids in one reconcile stand for the same write: it is done once and its answer kept. */
  readonly id: string;
  readonly verb: 'apply' | 'create' | 'tryCreate' | 'tryPatch' | 'tryApply';
  /** The blueprint's resource, '' for a Runnable. */
  readonly resource: string;
  readonly type: ResourceType;
  readonly object: KubeObject;
  readonly digest: string;
  /** Why: first stamp, changed plan, `restored` = same digest but a field drifted. Counted into {@link Pace}. */
  readonly cause: 'created' | 'changed' | 'restored' | 'tried';
  /**
   * The object has fields that the first implementation wrote: they become ours before it is applied, so that one apply
   * removes what the template no longer has.
   */
  readonly takeOver?: true;
  /** Set on creates: this list must be no older than the last own write before the create is sent. */
  readonly fresh?: ObjectsKey;
};

/** One delete that a plan asks for, in the background, with a uid precondition, as the owner's service account. */
export type Delete = {
  readonly id: string;
  readonly resource: string;
  readonly key: ObjectKey;
  readonly uid?: string;
  readonly cause: 'orphan' | 'retention';
};

/** One ytt render that a plan asks for. */
export type Render = {
  /** SHA-256 of template and values. */
  readonly id: string;
  readonly template: string;
  /** Each top-level key becomes one `--data-value-yaml key=json`. */
  readonly values: JsonObject;
};

/** An event about the owner. `Warning` events are ours, upstream has Normal ones alone. */
export type PlannedEvent = EventOf<'Normal'> | EventOf<'Warning'>;

/** An event of one type, with one of the reasons of that type. */
type EventOf<Type extends 'Normal' | 'Warning'> = {
  readonly type: Type;
  readonly reason: EventReason<Type>;
  readonly message: string;
};

/** Everything whose change can change this plan. */
export type Dependencies = {
  /** The blueprint that was selected; any blueprint of the kind may change the selection, see `selects`. */
  readonly blueprint?: string;
  /** Templates, found or not. */
  readonly templates: readonly TemplateKey[];
  readonly account?: AccountKey;
  /** Kinds that the server did not know: look again when discovery changes. */
  readonly unknownKinds: readonly { readonly apiVersion: string; readonly kind: string }[];
  /** Objects that a Runnable selects. */
  readonly selected: readonly ObjectsKey[];
};

/** The plan asks for something: do it (all in parallel), fold the answers in, plan again. */
export type Acting = {
  readonly kind: 'act';
  readonly lookups: readonly Lookup[];
  readonly renders: readonly Render[];
  readonly writes: readonly Write[];
  readonly deletes: readonly Delete[];
  readonly dependencies: Dependencies;
};

/** The plan asks for nothing more: report. */
export type Settled = {
  readonly kind: 'settled';
  /** The whole new status, or undefined when the owner must not be written (it is being deleted). */
  readonly status: JsonObject | undefined;
  /** False when `status` equals what the owner has. */
  readonly statusChanged: boolean;
  /** Warnings stand here as long as they hold: whoever sends them does so once. */
  readonly events: readonly PlannedEvent[];
  readonly dependencies: Dependencies;
  readonly remember: readonly { readonly key: string; readonly memory: Memory }[];
  /** Whether to come back without being woken, and why. */
  readonly retry: Retry;
};

/** When to try again without being woken: not at all, after a growing wait of no less than the server asks for, or after a fixed one. */
export type Again =
  | { readonly kind: 'none' }
  | { readonly kind: 'backoff'; readonly atLeastMs?: number }
  | { readonly kind: 'after'; readonly afterMs: number };

/** Whether to come back without being woken, and why. */
export type Retry = { readonly kind: 'none' } | (Exclude<Again, { kind: 'none' }> & { readonly message: string });

/** What a plan function answers. */
export type Plan = Acting | Settled;

/** A value that a template may be given: JSON, where undefined stands for "no such key". */
export type Value = Json | undefined;
