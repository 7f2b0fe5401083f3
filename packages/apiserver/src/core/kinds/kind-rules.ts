import type { FieldError, JsonObject, MergeSchema, PatchSchema } from '@cartographer/machinery';

import type { Decoded } from '../typed/decode.ts';

/** What a kind adds to the one write pipeline. Objects are in the shape of the stored version. */
export interface KindRules {
  /** Whether `metadata.generation` counts changes of everything but metadata (and status, see below). */
  readonly generation: boolean;
  /** Whether status is written through `/status` alone. */
  readonly statusSubresource: boolean;
  /** Whether PUT without resourceVersion overwrites; custom resources answer 422. */
  readonly unconditionalUpdate: boolean;
  /** Whether PUT of a missing object creates it, as with Leases. */
  readonly createOnUpdate: boolean;
  readonly mergeSchema: MergeSchema;
  /** Absent for custom resources: strategic merge is answered with 415. */
  readonly patchSchema?: PatchSchema;
  /** Why a name is refused, as texts of Kubernetes. */
  nameErrors(name: string): readonly string[];
  /** Typed view of a body: unknown fields dropped and named. @throws DecodeError on a wrong type. */
  decode(body: JsonObject): Decoded;
  /** The same for an object in the stored shape. */
  decodeStored(object: JsonObject): Decoded;
  /** Fills in defaults. `applied`: after server-side apply nulls stay, so that validation sees them. */
  complete(object: JsonObject, applied?: boolean): JsonObject;
  /** What the kind's strategy sets on its own, before validation. */
  prepare?(object: JsonObject, old: JsonObject | undefined): JsonObject;
  /** What the writer is warned about. */
  warn?(object: JsonObject): readonly string[];
  /** All that is wrong with the object; `earlier` are the errors of its metadata, which come first in the answer. */
  validate(object: JsonObject, old: JsonObject | undefined, earlier: readonly FieldError[]): readonly FieldError[];
}
