import { getKey, isObject, type Json, type JsonObject, type KubeObject, listAt, setKey } from '@cartographer/machinery';
import { type Assignments, hasAny } from './assignments.ts';
import type { Change, QuantityChange, ServiceRef } from './change.ts';
import { changeSource } from './change-source.ts';
import { member, named, withMember, withoutEmpty } from './fields.ts';

/** The param by which chains give annotations to what they make. */
const ANNOTATIONS_PARAM = 'annotations';

/** The owner as the flags want it; what they do not speak of stays. Pure. */
export function changeOwner(owner: KubeObject, change: Change): KubeObject {
  const metadata = hasAny(change.labels)
    ? { ...owner.metadata, labels: assigned(owner.metadata.labels ?? {}, change.labels) }
    : owner.metadata;
  const spec = isObject(owner['spec']) ? owner['spec'] : {};
  return {
    ...owner,
    metadata: withoutEmpty(metadata, 'labels'),
    spec: changeSpec(spec, change),
  };
}

function changeSpec(spec: JsonObject, change: Change): JsonObject {
  let next = changeSource(spec, change.source);
  next = changeParams(next, change);
  next = changeNamed(next, 'env', change.env, textEntry);
  if (hasAny(change.buildEnv)) {
    next = withMember(next, 'build', changeNamed(member(next, 'build'), 'env', change.buildEnv, textEntry));
  }
  next = changeNamed(next, 'serviceClaims', change.claims, claimEntry);
  if (change.serviceAccount !== undefined) {
    next = withMember(next, 'serviceAccountName', change.serviceAccount === '' ? undefined : change.serviceAccount);
  }
  return change.resources.reduce(changeQuantity, next);
}

function changeParams(spec: JsonObject, { params, annotations }: Change): JsonObject {
  const next = changeNamed(spec, 'params', params, (name, value) => ({ name, value }));
  if (!hasAny(annotations)) return next;
  const before = named(listAt(next, 'params'), ANNOTATIONS_PARAM);
  const value = assigned(member(before ?? {}, 'value'), annotations);
  const isEmpty = Object.keys(value).length === 0;
  return changeNamed(
    next,
    'params',
    {
      set: new Map(isEmpty ? [] : [[ANNOTATIONS_PARAM, value]]),
      removed: new Set(isEmpty ? [ANNOTATIONS_PARAM] : []),
    },
    (name, map) => ({ name, value: map }),
  );
}

function textEntry(name: string, value: string): JsonObject {
  return { name, value };
}

function claimEntry(name: string, { apiVersion, kind, name: object }: ServiceRef): JsonObject {
  return { name, ref: { apiVersion, kind, name: object } };
}

function changeQuantity(spec: JsonObject, { part, name, text }: QuantityChange): JsonObject {
  const resources = member(spec, 'resources');
  const quantities = withMember(member(resources, part), name, text === '' ? undefined : text);
  return withMember(spec, 'resources', withMember(resources, part, quantities));
}

/** A list of entries with names, changed: an entry that is there keeps its place, a new one comes last. */
function changeNamed<T>(
  object: JsonObject,
  field: string,
  { set, removed }: Assignments<T>,
  entry: (name: string, value: T) => JsonObject,
): JsonObject {
  if (set.size === 0 && removed.size === 0) return object;
  const open = new Map(set);
  const kept = listAt(object, field).flatMap((item): Json[] => {
    const name = isObject(item) && typeof item['name'] === 'string' ? item['name'] : undefined;
    if (name === undefined) return [item];
    const value = open.get(name);
    open.delete(name);
    if (value !== undefined) return [entry(name, value)];
    // A name that stands twice is one after the change.
    return removed.has(name) || set.has(name) ? [] : [item];
  });
  return withMember(object, field, [...kept, ...[...open].map(([name, value]) => entry(name, value))]);
}

function assigned(map: JsonObject, { set, removed }: Assignments): Record<string, string> {
  const next: Record<string, string> = {};
  for (const key of Object.keys(map)) {
    const value = getKey(map, key);
    if (!removed.has(key) && typeof value === 'string') setKey(next, key, value);
  }
  for (const [key, value] of set) setKey(next, key, value);
  return next;
}
