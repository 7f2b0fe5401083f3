import { type JsonObject, type MutableJsonObject, type ObjectMeta, rfc3339 } from '@cartographer/machinery';

/** The fields of metadata that only the server sets; an update cannot change them. */
const SYSTEM_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
] as const;

type MetaField = keyof ObjectMeta | 'selfLink';

/** Metadata of an object, `{}` when it has none. */
export function metaOf(object: JsonObject | undefined): ObjectMeta {
  return (object?.['metadata'] ?? {}) as ObjectMeta;
}

/** The object with some metadata replaced; undefined removes a field. Everything else is shared. */
export function withMeta(object: JsonObject, changes: Partial<Record<MetaField, unknown>>): JsonObject {
  const metadata: MutableJsonObject = { ...(object['metadata'] as JsonObject | undefined) };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete metadata[key];
    else metadata[key] = value as JsonObject;
  }
  return { ...object, metadata };
}

/** Metadata of a new object: what a client says about uid, times and generation is overwritten. */
export function createMeta(
  object: JsonObject,
  { now, uid, namespace, name }: { now: number; uid: string; namespace: string | undefined; name: string },
): JsonObject {
  return withMeta(object, {
    name,
    namespace,
    uid,
    creationTimestamp: rfc3339(now),
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    generation: undefined,
    selfLink: undefined,
    resourceVersion: undefined,
  });
}

/** Metadata of an update: system fields come from the object as it is. */
export function keepSystemMeta(object: JsonObject, old: JsonObject): JsonObject {
  const current = metaOf(old);
  const meta = metaOf(object);
  if (
    meta.resourceVersion === current.resourceVersion &&
    meta.name === current.name &&
    SYSTEM_FIELDS.every((field) => meta[field] === current[field])
  ) {
    return object; // the usual case after a patch: nothing to copy
  }
  const kept: Partial<Record<MetaField, unknown>> = {
    name: current.name,
    namespace: current.namespace,
    selfLink: undefined,
    resourceVersion: current.resourceVersion,
  };
  for (const field of SYSTEM_FIELDS) kept[field] = current[field];
  return withMeta(object, kept);
}
