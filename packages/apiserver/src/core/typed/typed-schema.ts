import { memoByIdentity, type StructuralSchema } from '@cartographer/machinery';

import type { ListNode, Scalar, StructNode, TypeNode } from './type-node.ts';

/**
 * A built-in type as a structural schema: what OpenAPI shows and server-side apply reads its merge rules from.
 * The root leaves out apiVersion, kind and metadata, which every object has. Types are the same for every server of a process:
 * each is made once, and shared; never change one.
 */
export const typedSchema = memoByIdentity((type: StructNode): StructuralSchema => {
  const properties = Object.entries(schemaOfStruct(type).properties ?? {});
  const own = properties.filter(([key]) => key !== 'apiVersion' && key !== 'kind' && key !== 'metadata');
  return { type: 'object', properties: Object.fromEntries(own) };
});

const SCALAR_SCHEMAS: Readonly<Record<Scalar, StructuralSchema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float64: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'date-time' },
  quantity: { type: 'string', format: 'quantity' },
  intstr: { 'x-kubernetes-int-or-string': true },
};

function schemaOf(node: TypeNode): StructuralSchema {
  switch (node.kind) {
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true };
    case 'scalar':
      return SCALAR_SCHEMAS[node.scalar];
    case 'struct':
      return schemaOfStruct(node);
    case 'map':
      return {
        type: 'object',
        additionalProperties: schemaOf(node.value),
        ...(node.atomic ? { 'x-kubernetes-map-type': 'atomic' as const } : {}),
      };
    case 'list':
      return schemaOfList(node);
  }
}

/** Kinds share most of their structs: a pod's stands in seven. */
const schemaOfStruct = memoByIdentity((node: StructNode): StructuralSchema => {
  const properties = Object.fromEntries([...node.fields].map(([key, field]) => [key, schemaOf(field)]));
  return { type: 'object', properties, ...(node.atomic ? { 'x-kubernetes-map-type': 'atomic' as const } : {}) };
});

function schemaOfList(node: ListNode): StructuralSchema {
  const items = schemaOf(node.item);
  if (node.merge !== 'map') {
    return { type: 'array', items, 'x-kubernetes-list-type': node.merge };
  }
  return {
    type: 'array',
    items: node.keys.includes('protocol') ? withDefault(items, 'protocol', 'TCP') : items,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': node.keys,
  };
}

/** The only key of a built-in list that has a default is the protocol of a port. */
function withDefault(schema: StructuralSchema, key: string, value: string): StructuralSchema {
  const property = schema.properties?.[key];
  return { ...schema, properties: { ...schema.properties, [key]: { ...property, default: value } } };
}
