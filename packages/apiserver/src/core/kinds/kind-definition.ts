import type { FieldError, JsonObject, KubeObject } from '@cartographer/machinery';

import type { PrinterColumn } from '../../core-api.ts';

/** A built-in kind as data. What is left out takes the usual value. */
export type KindDefinition = {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  /** Name of its type in the type tables; the kind's name when left out. */
  readonly type?: string;
  readonly singular?: string;
  /** True when left out. */
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  /** Whether `/status` exists; then the spec is counted by `metadata.generation` too. */
  readonly status?: boolean;
  /** Whether `metadata.generation` counts; what `status` says when left out. */
  readonly generation?: boolean;
  readonly createOnUpdate?: boolean;
  /** False for kinds that answer PUT without resourceVersion with 422. */
  readonly unconditionalUpdate?: boolean;
  /** False: losing the last writes in a power cut is acceptable. */
  readonly durable?: boolean;
  readonly nameErrors?: (name: string) => readonly string[];
  readonly selectableFields?: readonly string[];
  /** Value of a selectable field that is not simply the field at its path. */
  readonly fieldValue?: (object: KubeObject, path: string) => string | undefined;
  readonly columns: readonly PrinterColumn[];
  readonly complete?: (object: JsonObject) => JsonObject;
  readonly prepare?: (object: JsonObject, old: JsonObject | undefined) => JsonObject;
  readonly validate?: (object: JsonObject, old: JsonObject | undefined) => readonly FieldError[];
  readonly warn?: (object: JsonObject) => readonly string[];
  /** Another view of the same stored objects: how to translate to and from the stored kind. */
  readonly viewOf?: {
    readonly group: string;
    readonly resource: string;
    /** The stored kind's type in the type tables. */
    readonly type: string;
    readonly fromStored: (object: KubeObject) => KubeObject;
    readonly toStored: (object: JsonObject) => JsonObject;
  };
};
