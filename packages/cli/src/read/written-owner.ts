import {
  isList,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type MutableJsonObject,
  setKey,
} from '@cartographer/machinery';

/** An owner as a person writes it: no status, nothing that a server noted, always in the same order. */
export function writtenOwner({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const { name, namespace } = metadata;
  const { metadata: meant } = contentOf({ apiVersion, kind, metadata, spec });
  const filled = Object.entries((meant ?? {}) as JsonObject).filter(([, value]) => !isList(value) || value.length > 0);
  return {
    apiVersion,
    kind,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(sorted(Object.fromEntries(filled)) as JsonObject),
    },
    spec: sorted(spec ?? {}),
  };
}

/** What a person means by an object: what it is to be, without what servers and programs note on it. */
export function contentOf({ metadata, spec }: KubeObject): JsonObject {
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = metadata;
  const content = { metadata: { labels, annotations, finalizers, ownerReferences }, spec: spec ?? {} };
  return withoutNothing(content) as JsonObject;
}

/** Nulls and maps without members say nothing: a server writes them or not. */
function withoutNothing(value: Json): Json {
  if (!isObject(value)) return value;
  const kept: MutableJsonObject = {};
  for (const key of Object.keys(value)) {
    const item = withoutNothing(value[key] ?? null);
    if (item !== null && !(isObject(item) && Object.keys(item).length === 0)) setKey(kept, key, item);
  }
  return kept;
}

function sorted(value: Json): Json {
  if (isList(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const next: MutableJsonObject = {};
  for (const key of Object.keys(value).toSorted()) setKey(next, key, sorted(value[key] ?? null));
  return next;
}
