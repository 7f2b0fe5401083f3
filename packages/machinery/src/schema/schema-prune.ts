import type { Json, JsonObject, MutableJsonObject } from '../values/json.ts';
import { isList, isObject, setKey } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';

/** Drops what a schema does not specify; gives the same reference when there is nothing to drop. */
export type Pruner = (value: Json, dropped: string[], path: string) => Json;

const keepAll: Pruner = (value) => value;

/** The metadata fields that Kubernetes knows; others are dropped from embedded resources. */
const METADATA_FIELDS = new Set([
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
]);

/** A pruner for a whole object: `apiVersion`, `kind` and `metadata` are implied and stay as they are. */
export function compilePruner(schema: StructuralSchema): Pruner {
  return compileObject(schema, { isRoot: true });
}

function compile(schema: StructuralSchema): Pruner {
  if (schema['x-kubernetes-embedded-resource'] === true) return compileObject(schema, { isRoot: false });
  const hasFields = schema.properties !== undefined || typeof schema.additionalProperties === 'object';
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  if (schema.type === 'array') return compileItems(schema);
  if (schema.type === 'object') return !hasFields && keepsUnknown ? keepAll : compileObject(schema);
  if (keepsUnknown && !hasFields && schema.items === undefined) return keepAll;
  if (schema.type !== undefined || schema['x-kubernetes-int-or-string'] === true) return keepAll; // scalars
  const object = compileObject(schema);
  const items = compileItems(schema);
  return (value, dropped, path) => (isList(value) ? items(value, dropped, path) : object(value, dropped, path));
}

function compileItems(schema: StructuralSchema): Pruner {
  const item = schema.items === undefined ? keepAll : compile(schema.items);
  if (item === keepAll) return keepAll;
  return (value, dropped, path) => {
    if (!isList(value)) return value;
    let result: Json[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const before = value[i] as Json;
      const after = item(before, dropped, `${path}[${i}]`);
      if (after !== before) (result ??= value.slice())[i] = after;
    }
    return result ?? value;
  };
}

function compileObject(schema: StructuralSchema, resource?: { readonly isRoot: boolean }): Pruner {
  const fields = new Map<string, Pruner>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) fields.set(name, compile(property));
  if (resource !== undefined) {
    for (const name of ['apiVersion', 'kind']) fields.set(name, keepAll);
    fields.set('metadata', resource.isRoot ? keepAll : pruneMetadata);
  }
  const additional = schema.additionalProperties;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || additional === true;
  const other = typeof additional === 'object' ? compile(additional) : keepsUnknown ? keepAll : undefined;
  return (value, dropped, path) => (isObject(value) ? pruneObject(value, fields, other, dropped, path) : value);
}

function pruneObject(
  value: JsonObject,
  fields: ReadonlyMap<string, Pruner>,
  other: Pruner | undefined,
  dropped: string[],
  path: string,
): JsonObject {
  let result: MutableJsonObject | undefined;
  for (const key of Object.keys(value)) {
    const before = value[key];
    const prune = fields.get(key) ?? other;
    if (prune === keepAll || before === undefined) continue;
    const at = path === '' ? key : `${path}.${key}`;
    if (prune === undefined) {
      dropped.push(at);
      delete (result ??= { ...value })[key];
      continue;
    }
    const after = prune(before, dropped, at);
    if (after !== before) setKey((result ??= { ...value }), key, after);
  }
  return result ?? value;
}

const metadataPruners: ReadonlyMap<string, Pruner> = new Map([...METADATA_FIELDS].map((name) => [name, keepAll]));

const pruneMetadata: Pruner = (value, dropped, path) =>
  isObject(value) ? pruneObject(value, metadataPruners, undefined, dropped, path) : value;
