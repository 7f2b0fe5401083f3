import { deepEqual, deepFreeze, type JsonObject, type KubeObject } from '@cartographer/machinery';

import type { ServedResource } from '../served-resource.ts';
import { metaOf, withMeta } from './metadata.ts';
import type { WriteContext } from './write-context.ts';

/** Puts a new or changed object into its table and the journal; gives the object as stored. */
export function commitObject(
  context: WriteContext,
  resource: ServedResource,
  object: JsonObject,
  old: KubeObject | undefined,
): KubeObject {
  const { name = '', namespace = '' } = metaOf(object);
  const type = old === undefined ? 'ADDED' : 'MODIFIED';
  const stored = context.journal.record({
    table: resource.table,
    type,
    namespace,
    name,
    old,
    build: (resourceVersion) => deepFreeze(withMeta(object, { resourceVersion })) as KubeObject,
  });
  context.committed(resource, stored, old);
  return stored;
}

/** Takes an object out; the DELETED event carries `last` under the resource version of the deletion. */
export function commitDeletion(
  context: WriteContext,
  resource: ServedResource,
  old: KubeObject,
  last: JsonObject,
): void {
  const { name = '', namespace = '' } = old.metadata;
  const stored = context.journal.record({
    table: resource.table,
    type: 'DELETED',
    namespace,
    name,
    old,
    build: (resourceVersion) => deepFreeze(withMeta(last, { resourceVersion })) as KubeObject,
  });
  context.committed(resource, stored, old);
}

/** Whether two objects are the same, the times of managed fields aside: then nothing is written. */
export function isNoOp(object: JsonObject, old: JsonObject): boolean {
  if (object === old) return true;
  const keys = Object.keys(object);
  const others = Object.keys(old);
  if (keys.filter((key) => object[key] !== undefined).length !== others.length) return false;
  for (const key of keys) {
    if (key !== 'metadata' && !deepEqual(object[key], old[key])) return false;
  }
  return isSameMeta(object, old);
}

function isSameMeta(object: JsonObject, old: JsonObject): boolean {
  const { managedFields, resourceVersion: _rv, ...meta } = metaOf(object);
  const { managedFields: oldFields, resourceVersion: _old, ...oldMeta } = metaOf(old);
  if (!deepEqual(meta, oldMeta)) return false;
  if (managedFields === oldFields) return true;
  const withoutTimes = (entries: typeof managedFields) => entries?.map(({ time: _time, ...entry }) => entry);
  return deepEqual(withoutTimes(managedFields), withoutTimes(oldFields));
}

/** Whether what `metadata.generation` counts has changed: everything but metadata, and but status if that is split off. */
export function isSpecChanged(resource: ServedResource, object: JsonObject, old: JsonObject): boolean {
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key === 'metadata' || (key === 'status' && resource.rules.statusSubresource)) continue;
    if (!deepEqual(object[key], old[key])) return true;
  }
  return false;
}
