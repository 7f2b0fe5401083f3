import type { JsonObject, MutableJsonObject } from '../values/json.ts';
import { isList, isObject, setKey, textAt } from '../values/json.ts';
import { parseApiVersion } from '../values/kube-object.ts';
import { nestsTooDeep } from '../values/nesting.ts';
import type { StatusCause } from '../values/status.ts';
import type { Conflict } from './apply-conflict.ts';
import { conflictCauses, conflictMessage } from './apply-conflict.ts';
import type { FieldSet } from './field-set.ts';
import {
  differenceSets,
  emptySet,
  fieldSetOfPaths,
  intersectSets,
  isEmptySet,
  isSubset,
  unionOfSets,
  unionSets,
} from './field-set.ts';
import { hasLastApplied, ownedThroughLastApplied, withLastApplied } from './last-applied.ts';
import type { Owner, Owners } from './managed-fields.ts';
import { encodeOwners, ownerId, ownersOf, ownersOfWrite, settleOwners, withFields } from './managed-fields.ts';
import type { MergeSchema } from './merge-schema.ts';
import { compareTyped } from './typed-compare.ts';
import { typedErrors, typedErrorText } from './typed-errors.ts';
import { mergeTyped } from './typed-merge.ts';
import { removeTyped } from './typed-remove.ts';
import { fieldSetOf, withNamedFields } from './typed-sets.ts';

/** What both kinds of write need to know. */
export type TrackedWrite = {
  /** The stored object; absent when the write creates it. */
  readonly live?: JsonObject;
  readonly manager: string;
  readonly schema: MergeSchema;
  readonly apiVersion: string;
  /** Now, RFC 3339 in whole seconds. */
  readonly time: string;
  readonly subresource?: string;
  /** Top-level fields that this endpoint does not write: `status` on the main resource, `spec` on `/status`. */
  readonly resetFields?: readonly string[];
};

/** A server-side apply: an object that says what `manager` wants, and nothing else. */
export type ApplyRequest = TrackedWrite & { readonly applied: JsonObject; readonly force: boolean };

/** A create, update or patch whose result is known. */
export type UpdateRequest = TrackedWrite & { readonly updated: JsonObject };

/** How an apply ends. `invalid` is what a real server answers with status 500 and no reason. */
export type ApplyOutcome =
  /** `object` is `live` itself when nothing changed, managed fields included. */
  | { readonly kind: 'applied'; readonly object: JsonObject }
  | { readonly kind: 'conflict'; readonly message: string; readonly causes: readonly StatusCause[] }
  | { readonly kind: 'invalid'; readonly message: string };

/** System fields that nobody owns. */
const UNOWNED = fieldSetOfPaths(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['metadata', name]),
);

const KUBECTL = 'kubectl';

/**
 * Server-side apply, the rules of structured-merge-diff: lays `applied` over `live`, takes away what the manager
 * applied before and no longer does (unless someone else owns it), and refuses to change what others own with another
 * value. The result carries `metadata.managedFields`. Defaults and validation are the caller's next step.
 */
export function serverSideApply(request: ApplyRequest): ApplyOutcome {
  const { live, applied, manager, schema } = request;
  const errors = nestsTooDeep(applied) ? ['exceeded max depth'] : typedErrors(applied, schema);
  if (errors.length > 0) return { kind: 'invalid', message: invalidText(applied, typedErrorText(errors)) };
  const attempt = applyOwned(request, request.force);
  const settled = attempt.kind === 'conflict' && manager === KUBECTL ? takeOver(request, attempt) : attempt;
  if (settled.kind === 'conflict') {
    const { conflicts } = settled;
    return { kind: 'conflict', message: conflictMessage(conflicts), causes: conflictCauses(conflicts) };
  }
  if (manager !== KUBECTL || !hasLastApplied(live)) return settled;
  return { kind: 'applied', object: withLastApplied(settled.object, applied) };
}

function invalidText(applied: JsonObject, reason: string): string {
  const text = (...path: readonly string[]): string => textAt(applied, ...path);
  const { group, version } = parseApiVersion(text('apiVersion'));
  const what = `${text('metadata', 'namespace')}/${text('metadata', 'name')}; ${group}/${version}, Kind=${text('kind')}`;
  return `failed to create typed patch object (${what}): ${reason}`;
}

type Attempt =
  | { readonly kind: 'applied'; readonly object: JsonObject }
  | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] };

/** kubectl may take from other managers, without force, what its own last-applied annotation says it set. */
function takeOver(request: ApplyRequest, refused: Attempt & { kind: 'conflict' }): Attempt {
  const own = ownedThroughLastApplied(request);
  const rest = refused.conflicts
    .map((conflict) => ({ ...conflict, fields: differenceSets(conflict.fields, own) }))
    .filter(({ fields }) => !isEmptySet(fields));
  return rest.length === 0 ? applyOwned(request, true) : { kind: 'conflict', conflicts: rest };
}

function applyOwned(request: ApplyRequest, force: boolean): Attempt {
  const { live, schema } = request;
  const applied = without(request.applied, request.resetFields ?? []);
  const before = ownersOf(live);
  const self = newOwner(request, 'Apply');
  const id = ownerId(self);
  const fields = fieldSetOf(applied, schema);
  const owners = new Map(before);
  owners.set(id, { ...self, fields });
  const merged = prune(mergeTyped(live, applied, schema) as JsonObject, owners, before.get(id)?.fields, request);
  const difference = compareTyped(live, merged, schema);
  const conflicts: Conflict[] = [];
  for (const [other, owner] of before) {
    if (other === id) continue;
    const taken = intersectSets(owner.fields, difference.changed);
    if (!isEmptySet(taken)) conflicts.push({ owner, fields: taken });
    owners.set(other, withFields(owner, differenceSets(differenceSets(owner.fields, taken), difference.removed)));
  }
  if (conflicts.length > 0 && !force) return { kind: 'conflict', conflicts };
  setApplier(owners, before, { ...self, fields: differenceSets(fields, UNOWNED) });
  if (merged === live && sameOwners(before, owners)) return { kind: 'applied', object: merged };
  owners.set(id, { ...(owners.get(id) ?? self), time: request.time, entry: undefined });
  return { kind: 'applied', object: withManagedFields(merged, settleOwners(owners)) };
}

/** The applier's previous entry stays as it is when it says the same. */
function setApplier(owners: Map<string, Owner>, before: Owners, self: Owner): void {
  const id = ownerId(self);
  const previous = before.get(id);
  const isSame = previous !== undefined && previous.apiVersion === self.apiVersion;
  owners.set(id, isSame ? withFields(previous, self.fields) : self);
}

/** Whether no owner came, changed or lost all that it had. None ever leaves before owners settle. */
function sameOwners(before: Owners, after: Owners): boolean {
  return [...after].every(([id, owner]) => before.get(id) === owner && !isEmptySet(owner.fields));
}

function newOwner(write: TrackedWrite, operation: Owner['operation']): Owner {
  const { manager, apiVersion, time, subresource = '' } = write;
  return { manager, operation, apiVersion, subresource, time, fields: emptySet };
}

/**
 * Takes away what the manager applied last time and not this time, unless another manager owns it. What nobody owns
 * stays, except below something that goes.
 */
function prune(
  merged: JsonObject,
  owners: Owners,
  lastFields: FieldSet | undefined,
  request: ApplyRequest,
): JsonObject {
  const { schema } = request;
  const current = owners.get(ownerId(newOwner(request, 'Apply')))?.fields ?? emptySet;
  if (lastFields === undefined || isSubset(lastFields, current)) return merged;
  const setOf = (object: JsonObject): FieldSet => withNamedFields(fieldSetOf(object, schema), schema);
  const remove = (set: FieldSet): JsonObject => removeTyped(merged, differenceSets(set, UNOWNED), schema) as JsonObject;
  const owned = unionOfSets([...owners.values()].map(({ fields }) => fields));
  const last = withNamedFields(lastFields, schema);
  const all = setOf(merged);
  const withOwned = unionSets(setOf(remove(last)), withNamedFields(owned, schema));
  const withoutLast = setOf(remove(differenceSets(all, withOwned)));
  return remove(intersectSets(differenceSets(all, withoutLast), last));
}

/**
 * Records a write that was not an apply: what it changed or added becomes the writer's and nobody else's, what it
 * removed is nobody's. Gives the written object with `metadata.managedFields`.
 * @throws RangeError for an object that {@link nestsTooDeep}.
 */
export function trackUpdate(request: UpdateRequest): JsonObject {
  const { live, updated, schema, subresource = '', resetFields = [] } = request;
  if (nestsTooDeep(updated)) throw new RangeError('object nests too deep');
  const owners = new Map(ownersOfWrite(live, updated, subresource));
  const ignored = ['managedFields'];
  const before = withoutMetadata(without(live ?? {}, resetFields), ignored);
  const after = withoutMetadata(without(updated, resetFields), ignored);
  const { changed, removed } = compareTyped(before, after, schema);
  const touched = unionSets(changed, removed);
  for (const [id, owner] of owners) owners.set(id, withFields(owner, differenceSets(owner.fields, touched)));
  const taken = differenceSets(changed, UNOWNED);
  if (!isEmptySet(taken)) {
    const self = newOwner(request, 'Update');
    const id = ownerId(self);
    owners.set(id, { ...self, fields: unionSets(owners.get(id)?.fields ?? emptySet, taken) });
  }
  return withManagedFields(updated, settleOwners(owners));
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  if (!keys.some((key) => Object.hasOwn(object, key))) return object;
  const rest: MutableJsonObject = {};
  for (const key of Object.keys(object)) if (!keys.includes(key)) setKey(rest, key, object[key]);
  return rest;
}

function withoutMetadata(object: JsonObject, keys: readonly string[]): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata)) return object;
  const rest = without(metadata, keys);
  return rest === metadata ? object : { ...object, metadata: rest };
}

function withManagedFields(object: JsonObject, owners: Owners): JsonObject {
  const entries = encodeOwners(owners);
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const present = metadata['managedFields'];
  if (entries.length === 0) return withoutMetadata(object, ['managedFields']);
  const isSame =
    isList(present) && present.length === entries.length && entries.every((entry, i) => entry === present[i]);
  return isSame ? object : { ...object, metadata: { ...metadata, managedFields: entries } };
}
