import type { Json, JsonObject } from '../values/json.ts';
import { getPath, isList, isObject } from '../values/json.ts';
import type { ManagedFieldsEntry } from '../values/kube-object.ts';
import type { FieldSet } from './field-set.ts';
import { decodeFieldSet, encodeFieldSet, equalSets, isEmptySet, unionOfSets } from './field-set.ts';

/** One manager's fields, decoded. */
export type Owner = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The wire form that it was decoded from, to be written again when nothing changed. */
  readonly entry?: Json;
};

/** The owners of an object by identity ({@link ownerId}). */
export type Owners = ReadonlyMap<string, Owner>;

/** Past this many managers that update rather than apply, the oldest are merged into one. */
const MAX_UPDATE_MANAGERS = 10;
const MERGED_MANAGER = 'ancient-changes';

/** What makes an owner: an applier is the same under every version, an updater is not. */
export function ownerId(owner: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = owner.operation === 'Apply' ? '' : owner.apiVersion;
  return JSON.stringify({
    ...(owner.manager === '' ? {} : { manager: owner.manager }),
    operation: owner.operation,
    ...(version === '' ? {} : { apiVersion: version }),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  });
}

/** Reads `metadata.managedFields`; undefined when there is none, or it is not in the form that Kubernetes writes. */
function decodeOwners(managedFields: Json | undefined): Owners | undefined {
  if (!isList(managedFields)) return undefined;
  const owners = new Map<string, Owner>();
  for (const entry of managedFields) {
    const owner = isObject(entry) ? decodeOwner(entry) : undefined;
    if (owner === undefined) return undefined;
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

function decodeOwner(entry: JsonObject): Owner | undefined {
  const { operation, fieldsV1, fieldsType } = entry;
  if ((operation !== 'Apply' && operation !== 'Update') || (fieldsType !== undefined && fieldsType !== 'FieldsV1')) {
    return undefined;
  }
  const fields = decodeFieldSet(isObject(fieldsV1) ? fieldsV1 : {});
  if (fields === undefined) return undefined;
  const text = (key: string): string => (typeof entry[key] === 'string' ? entry[key] : '');
  return {
    manager: text('manager'),
    operation,
    apiVersion: text('apiVersion'),
    subresource: text('subresource'),
    time: typeof entry['time'] === 'string' ? entry['time'] : undefined,
    fields,
    entry,
  };
}

/**
 * The owners that a write starts from. A client may set `managedFields` itself, except through a subresource; an empty
 * or broken value means that it does not know them, and `[{}]` asks to forget them.
 */
export function ownersOfWrite(live: JsonObject | undefined, updated: JsonObject, subresource: string): Owners {
  const sent = getPath(updated, 'metadata', 'managedFields');
  if (subresource === '' && isReset(sent)) return new Map();
  const owners = subresource === '' ? decodeOwners(sent) : undefined;
  if (owners !== undefined && owners.size > 0) return owners;
  return ownersOf(live);
}

/** The owners that an object records; none when the record is broken. */
export function ownersOf(object: JsonObject | undefined): Owners {
  return decodeOwners(getPath(object, 'metadata', 'managedFields')) ?? new Map();
}

function isReset(managedFields: Json | undefined): boolean {
  if (!isList(managedFields) || managedFields.length !== 1) return false;
  const [entry] = managedFields;
  return isObject(entry) && Object.keys(entry).length === 0;
}

/** The wire form: appliers first, then by time; owners that have not changed keep their entry as it is. */
export function encodeOwners(owners: Owners): readonly Json[] {
  return [...owners.values()].toSorted(compareOwners).map((owner) => owner.entry ?? encodeOwner(owner));
}

function encodeOwner(owner: Owner): Json {
  const entry: ManagedFieldsEntry = {
    apiVersion: owner.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldSet(owner.fields),
    manager: owner.manager,
    operation: owner.operation,
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
    ...(owner.time === undefined ? {} : { time: owner.time }),
  };
  return entry;
}

function compareOwners(left: Owner, right: Owner): number {
  return (
    compareText(left.operation, right.operation) ||
    compareText(left.time ?? '', right.time ?? '') ||
    compareText(left.manager, right.manager) ||
    compareText(left.apiVersion, right.apiVersion) ||
    compareText(left.subresource, right.subresource)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The owner with other fields, to be encoded anew unless they are the same. */
export function withFields(owner: Owner, fields: FieldSet): Owner {
  if (equalSets(owner.fields, fields)) return owner;
  return { ...owner, fields, entry: undefined };
}

/** Drops owners that own nothing, and merges the oldest updaters of a version when there are too many. */
export function settleOwners(owners: Map<string, Owner>): Owners {
  for (const [id, owner] of owners) if (isEmptySet(owner.fields)) owners.delete(id);
  const updaters = [...owners].filter(([, owner]) => owner.operation === 'Update');
  let excess = updaters.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return owners;
  const byAge = updaters.toSorted(
    ([a, left], [b, right]) => compareText(left.time ?? '', right.time ?? '') || compareText(a, b),
  );
  const firstOfVersion = new Map<string, string>();
  const buckets = new Map<string, Bucket>();
  for (const [id, owner] of byAge) {
    if (excess <= 0) break;
    const { apiVersion } = owner;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id);
      continue;
    }
    const bucket = buckets.get(apiVersion) ?? openBucket(owners, apiVersion, first);
    buckets.set(apiVersion, bucket);
    owners.delete(id);
    bucket.sets.push(owner.fields);
    bucket.time = owner.time; // the newest of all
    excess -= 1;
  }
  for (const { id, self, sets, time } of buckets.values()) owners.set(id, { ...self, time, fields: unionOfSets(sets) });
  return owners;
}

/** Updaters of one version that become one. */
type Bucket = {
  readonly id: string;
  readonly self: Omit<Owner, 'fields' | 'time'>;
  readonly sets: FieldSet[];
  time: string | undefined;
};

/** Begins with the bucket that is there, or with the oldest updater, whose place it takes. */
function openBucket(owners: Map<string, Owner>, apiVersion: string, firstId: string): Bucket {
  const self = { manager: MERGED_MANAGER, operation: 'Update', apiVersion, subresource: '' } as const;
  const id = ownerId(self);
  const begun = owners.get(id) ?? owners.get(firstId);
  if (!owners.has(id)) owners.delete(firstId);
  return { id, self, sets: begun === undefined ? [] : [begun.fields], time: undefined };
}
