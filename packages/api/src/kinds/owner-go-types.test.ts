import { describe, expect, it } from 'vitest';
import type { SchemaNode } from '../index.ts';
import { carto, rootSchema } from '../index.ts';
import type { GoType } from '../schema/go-type.ts';
import { ownerGoTypes } from './owner-go-types.ts';

/** Each field below a type, with whether it is always there. */
function fieldsOf(type: GoType, path: string): readonly string[] {
  if (type.go === 'slice') return fieldsOf(type.of, `${path}[]`);
  if (type.go === 'map') return fieldsOf(type.of, `${path}{}`);
  if (type.go !== 'struct') return [`${path} is ${type.go}`];
  return Object.entries(type.fields).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    return [`${at}${field.omitempty === true ? '' : ' required'}`, ...fieldsOf(field, at)];
  });
}

function schemaFieldsOf(node: SchemaNode, path: string): readonly string[] {
  if (node['x-kubernetes-int-or-string'] === true) return [`${path} is quantity`];
  if (node.items !== undefined) return schemaFieldsOf(node.items, `${path}[]`);
  if (node.additionalProperties !== undefined) return schemaFieldsOf(node.additionalProperties, `${path}{}`);
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([name, field]) => {
      const at = `${path}.${name}`;
      return [`${at}${node.required?.includes(name) === true ? ' required' : ''}`, ...schemaFieldsOf(field, at)];
    });
  }
  return [`${path} is ${node.type === undefined ? 'json' : node.format === 'date-time' ? 'time' : 'other'}`];
}

describe.each(Object.entries(ownerGoTypes))('the Go type of %s', (kind, type) => {
  const schema = rootSchema(carto.kinds[kind as keyof typeof ownerGoTypes]);

  // The schemas were generated from the Go types: a field is required where it has no `omitempty`.
  it.each(['spec', 'status'])('has the fields of the schema in %s, and those always that it requires', (part) => {
    const field = type.go === 'struct' ? type.fields[part] : undefined;
    const fields = field === undefined ? [] : fieldsOf(field, part);
    const plain = fields.map((line) => line.replace(/ is (scalar|pointer)$/, ' is other'));
    expect(plain.toSorted()).toEqual(schemaFieldsOf(schema.properties?.[part] ?? {}, part).toSorted());
  });
});
