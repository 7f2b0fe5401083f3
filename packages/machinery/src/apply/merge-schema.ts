import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';

/** What apply must know about maps: whether they are owned as a whole, which fields exist, what other keys hold. */
export type MergeMap = {
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, MergeSchema>;
  /** The schema of keys that are not in `fields`; without it such keys are refused. */
  readonly element: MergeSchema | undefined;
};

/** What apply must know about lists: owned as a whole, a set of scalars, or items told apart by keys. */
export type MergeList = {
  readonly relation: 'atomic' | 'set' | 'map';
  readonly element: MergeSchema;
  readonly keys: readonly string[];
  /** Values that stand in for absent keys, such as `protocol: TCP` of a port. */
  readonly keyDefaults: Readonly<Record<string, Json>>;
};

/**
 * How server-side apply sees a kind. A place usually allows one form (map, list or scalar); where the schema is silent
 * it allows all, and the value decides.
 */
export type MergeSchema = {
  readonly map: MergeMap | undefined;
  readonly list: MergeList | undefined;
  readonly scalar: 'string' | 'numeric' | 'boolean' | 'untyped' | undefined;
};

const NO_FIELDS: ReadonlyMap<string, MergeSchema> = new Map();

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Anything, owned as a whole. */
const untypedAtomic: MergeSchema = selfReferring((self) => ({
  map: { atomic: true, fields: NO_FIELDS, element: self },
  list: atomicList(self),
  scalar: 'untyped',
}));

/** For values without a schema: maps are granular, lists are owned as a whole. */
export const deducedSchema: MergeSchema = selfReferring((self) => ({
  map: { atomic: false, fields: NO_FIELDS, element: self },
  list: atomicList(untypedAtomic),
  scalar: 'untyped',
}));

function selfReferring(build: (self: MergeSchema) => MergeSchema): MergeSchema {
  const self: Mutable<MergeSchema> = { map: undefined, list: undefined, scalar: undefined };
  Object.assign(self, build(self));
  return self;
}

function atomicList(element: MergeSchema): MergeList {
  return { relation: 'atomic', element, keys: [], keyDefaults: {} };
}

function scalar(kind: MergeSchema['scalar']): MergeSchema {
  return { map: undefined, list: undefined, scalar: kind };
}

function list(relation: MergeList['relation'], element: MergeSchema, keys: readonly string[] = []): MergeSchema {
  return { map: undefined, list: { relation, element, keys, keyDefaults: {} }, scalar: undefined };
}

function map(fields: Readonly<Record<string, MergeSchema>>, options: Partial<MergeMap> = {}): MergeSchema {
  const all = new Map(Object.entries(fields));
  return { map: { atomic: false, element: undefined, ...options, fields: all }, list: undefined, scalar: undefined };
}

const stringSchema = scalar('string');
const untypedSchema = scalar('untyped');
const stringMap = map({}, { element: stringSchema });

/** `metadata` of every object: finalizers are a set, owner references are told apart by uid and owned whole. */
const metadataSchema = map({
  name: stringSchema,
  generateName: stringSchema,
  namespace: stringSchema,
  selfLink: stringSchema,
  uid: stringSchema,
  resourceVersion: stringSchema,
  generation: scalar('numeric'),
  creationTimestamp: untypedSchema,
  deletionTimestamp: untypedSchema,
  deletionGracePeriodSeconds: scalar('numeric'),
  labels: stringMap,
  annotations: stringMap,
  finalizers: list('set', stringSchema),
  ownerReferences: list(
    'map',
    map(
      {
        apiVersion: stringSchema,
        kind: stringSchema,
        name: stringSchema,
        uid: stringSchema,
        controller: scalar('boolean'),
        blockOwnerDeletion: scalar('boolean'),
      },
      { atomic: true },
    ),
    ['uid'],
  ),
  managedFields: list('atomic', untypedAtomic),
});

const objectFields = { apiVersion: stringSchema, kind: stringSchema, metadata: metadataSchema } as const;

/**
 * The merge rules that a kind's schema implies. `apiVersion`, `kind` and `metadata` are added at the root. A built-in
 * kind is described the same way: types, `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and the defaults of
 * its list keys are all that is read.
 */
export function mergeSchemaOf(schema: StructuralSchema): MergeSchema {
  const root = convert({ ...schema, type: 'object' }, false);
  return addFields(root, objectFields);
}

function addFields(schema: MergeSchema, fields: Readonly<Record<string, MergeSchema>>): MergeSchema {
  if (schema.map === undefined) return schema;
  return { ...schema, map: { ...schema.map, fields: new Map([...schema.map.fields, ...Object.entries(fields)]) } };
}

/** `keepUnknown` says that this place or one above it preserves unknown fields: that is inherited downwards. */
function convert(schema: StructuralSchema, inherited: boolean): MergeSchema {
  const keepUnknown = inherited || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema['x-kubernetes-int-or-string'] === true) return untypedSchema;
  switch (schema.type) {
    case undefined:
      return deducedSchema;
    case 'object':
      return convertMap(schema, keepUnknown);
    case 'array':
      return convertList(schema, keepUnknown);
    case 'string':
      return schema.format === undefined || schema.format === '' || schema.format === 'byte'
        ? stringSchema
        : untypedSchema;
    case 'boolean':
      return scalar('boolean');
    case 'integer':
    case 'number':
      break;
  }
  return scalar('numeric');
}

function convertMap(schema: StructuralSchema, keepUnknown: boolean): MergeSchema {
  const properties = Object.entries(schema.properties ?? {});
  const result = map(Object.fromEntries(properties.map(([name, property]) => [name, convert(property, keepUnknown)])), {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    element: elementOf(schema, keepUnknown),
  });
  return schema['x-kubernetes-embedded-resource'] === true ? addFields(result, objectFields) : result;
}

/** An object that names no properties is free-form. */
function elementOf(schema: StructuralSchema, keepUnknown: boolean): MergeSchema | undefined {
  const additional = schema.additionalProperties;
  if (typeof additional === 'object') return convert(additional, keepUnknown);
  if (additional === false) return undefined;
  const isFree = additional === true || keepUnknown || Object.keys(schema.properties ?? {}).length === 0;
  return isFree ? deducedSchema : undefined;
}

function convertList(schema: StructuralSchema, keepUnknown: boolean): MergeSchema {
  const items = schema.items ?? {};
  const element = convert(items, keepUnknown);
  const relation = schema['x-kubernetes-list-type'] ?? 'atomic';
  const keys = relation === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []).toSorted() : [];
  const properties = new Map(Object.entries(items.properties ?? {}));
  const keyDefaults: Record<string, Json> = {};
  for (const key of keys) {
    const value = properties.get(key)?.default;
    if (value !== undefined) keyDefaults[key] = value;
  }
  return { map: undefined, list: { relation, element, keys, keyDefaults }, scalar: undefined };
}
