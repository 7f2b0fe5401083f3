import type { Explanation, Mover } from '@cartographer/api';
import type { Condition, Json, JsonObject, KubeObject, ManagedBy, ResourceType } from '@cartographer/machinery';
import type { InputKind } from '../graph/blueprint-steps.ts';
import type { PathGraph, PathNode } from '../graph/path.ts';
import type { ToldCondition } from '../graph/told-condition.ts';
import type { AccountKey, Lookup, Render } from '../world/world.ts';
import type { NearestPath } from './nearest-path.ts';
import type { ParamAccount } from './param-account.ts';
import type { BlueprintFit, SelectionAccount } from './selection-account.ts';

/** What an account may use beside the world, where whoever asks for it has it. */
export type ExplainAids = {
  /** The OpenAPI v3 schema of a kind, as its definition has it. */
  readonly schema?: (type: ResourceType) => JsonObject | undefined;
  /** What a reason of another tool's condition tells. */
  readonly explanation?: (kind: string, condition: string, reason: string) => Explanation | undefined;
};

/** What has to be found out before the account can be given. */
export type ExplainNeeds = {
  readonly kind: 'needs';
  readonly lookups: readonly Lookup[];
  readonly renders: readonly Render[];
};

/** The whole account of an owner. It holds no value of a Secret. */
export type Explained = Pick<PathGraph, 'blueprint' | 'state' | 'reason' | 'message' | 'since' | 'move' | 'next'> & {
  readonly kind: 'explained';
  readonly owner: {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly generation: number | undefined;
    readonly observedGeneration: number | undefined;
  };
  /** The step that has to move first; undefined where it is the owner itself, or nobody. */
  readonly step: string | undefined;
  /** A Runnable has none. */
  readonly selection: SelectionAccount | undefined;
  /** The service account with whose rights objects are stamped; undefined without a blueprint. */
  readonly account: AccountKey | undefined;
  /** What a Runnable selects. */
  readonly selected: SelectedAccount | undefined;
  /** Of a Runnable one: its run. */
  readonly steps: readonly StepAccount[];
};

/** The object that a Runnable hands to its template; exactly one must carry the labels. */
export type SelectedAccount = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined where there is none, or several; then `message` says so. */
  readonly name: string | undefined;
  readonly message: string;
};

/** The whole account of a step. */
export type StepAccount = PathNode & {
  /** How each option fits; the one that is taken has `template` or `passThrough`. Empty without options. */
  readonly choice: readonly OptionAccount[];
  readonly params: readonly ParamAccount[];
  readonly inputs: readonly InputAccount[];
  readonly rendered: RenderedAccount;
  readonly live: LiveAccount;
  /** What the template reads from the object, or waits for. */
  readonly reads: readonly ReadAccount[];
  /** What has to happen, in a few words; undefined where nothing has to. */
  readonly awaits: string | undefined;
  /** What is worth knowing whatever the state. */
  readonly notes: readonly NoteAccount[];
};

/** Something that no condition tells, and who would change it. */
export type NoteAccount = { readonly move: Mover; readonly text: string };

/** How a template option does for the owner. */
export type OptionAccount = BlueprintFit & { readonly passesThrough: boolean; readonly taken: boolean };

/** An input, and where it comes from. */
export type InputAccount = {
  readonly input: string;
  readonly kind: InputKind;
  readonly from: string;
  /** Its value as YAML, cut to 1024 bytes; `[redacted]` where it was read from a Secret; undefined while there is none. */
  readonly value: string | undefined;
  /** The nearest step towards the source that hands on a revision, and that revision. */
  readonly stemsFrom: { readonly step: string; readonly revision: string } | undefined;
};

/** What the template renders now. */
export type RenderedAccount =
  | { readonly kind: 'rendered'; readonly object: KubeObject }
  | { readonly kind: 'faulty'; readonly message: string }
  /** `why`: it passes through, has no template, waits for an input. */
  | { readonly kind: 'nothing'; readonly why: string };

/** A field that the template sets and that the object has otherwise. */
export type FieldAccount = {
  /** `spec.containers[0].image` */
  readonly path: string;
  readonly ours: Json | undefined;
  readonly live: Json | undefined;
  /** Field managers that hold it; empty where the object does not tell. */
  readonly managers: readonly string[];
};

/** What is on the cluster. */
export type LiveAccount =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'absent'; readonly resource: string; readonly name: string }
  | { readonly kind: 'unread'; readonly resource: string; readonly name: string; readonly message: string }
  | {
      readonly kind: 'there';
      /** Its plural with its group. */
      readonly resource: string;
      readonly name: string;
      readonly generation: number | undefined;
      readonly observedGeneration: number | undefined;
      /** Without `managedFields`. */
      readonly object: KubeObject;
      readonly differences: readonly FieldAccount[];
      /** Who else holds fields, status not counted. */
      readonly others: readonly ManagedBy[];
      readonly healthy: Condition['status'];
      /** The condition that the health rule names. */
      readonly condition: ToldCondition | undefined;
      /** A condition by which the object says that it failed, and that no health rule looks at. */
      readonly complaint: ToldCondition | undefined;
    };

/** A path of the template, held against the object. */
export type ReadAccount = {
  /** Which output, or which check. */
  readonly name: string;
  readonly path: string;
} & (
  | { readonly kind: 'found'; readonly value: string }
  | {
      readonly kind: 'missing';
      readonly message: string;
      /** Undefined for a path that is not plain. */
      readonly nearest: NearestPath | undefined;
      /** Whether the kind has such a field; undefined where its schema is not known. */
      readonly inSchema: 'yes' | 'no' | 'open' | undefined;
    }
);
