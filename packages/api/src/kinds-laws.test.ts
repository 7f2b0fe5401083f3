import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { compileSchema, structuralErrors } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kind, SchemaNode } from './index.ts';
import { API_VERSION, carto, DEFAULT_RETENTION, rootSchema, validate } from './index.ts';

const kinds: readonly Kind[] = Object.values(carto.kinds);

const key = fc.constantFrom('a', 'b', 'app.kubernetes.io/name', '__proto__', 'constructor', '');
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;

/** Values that satisfy a schema node, required fields always there, optional ones at times. */
function valueOf(node: SchemaNode): fc.Arbitrary<Json> {
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  if (node['x-kubernetes-int-or-string'] === true) return fc.constantFrom<Json>(1, '100m', '1Gi');
  switch (node.type) {
    case undefined:
      return json;
    case 'string':
      return stringOf(node);
    case 'integer':
      return fc.integer({ min: node.minimum ?? -5, max: 1000 });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return listOf(node);
    case 'object':
      return objectOf(node);
  }
}

function stringOf({ format, pattern, minLength = 0 }: SchemaNode): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.constant('2026-01-02T03:04:05Z');
  if (pattern !== undefined) return fc.constantFrom('Ready', 'Healthy');
  const text = fc.constantFrom('', 'x', 'spec.source', 'spec.env[0].{{}}', 'In', 'a,b', '$(x)$');
  return text.filter((value) => value.length >= minLength);
}

function listOf(node: SchemaNode): fc.Arbitrary<Json> {
  const minLength = node.minItems ?? 0;
  const items = valueOf(node.items ?? {});
  if (node['x-kubernetes-list-type'] !== 'map') return fc.array(items, { minLength, maxLength: minLength + 2 });
  return fc.uniqueArray(items, { maxLength: 2, selector: (item) => (item as { readonly name: string }).name });
}

function objectOf(node: SchemaNode): fc.Arbitrary<Json> {
  const { properties, additionalProperties: values, required = [] } = node;
  if (values !== undefined) return fc.dictionary(key, valueOf(values), { maxKeys: 2 });
  if (properties === undefined) return fc.dictionary(key, json, { maxKeys: 2 });
  const fields = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, valueOf(field)]));
  return fc.record(fields, { requiredKeys: [...required] }) as fc.Arbitrary<Json>;
}

function objectsOf({ kind, spec, status }: Kind): fc.Arbitrary<KubeObject> {
  const parts = { spec: valueOf(spec.node), ...(status === undefined ? {} : { status: valueOf(status.node) }) };
  return fc
    .record(parts, { requiredKeys: ['spec'] })
    .map((fields) => ({ apiVersion: API_VERSION, kind, metadata: { name: 'x' }, ...fields }));
}

describe.each(kinds)('$kind', (kind) => {
  const schema = compileSchema(rootSchema(kind));

  it('has a schema that an API server takes', () => {
    expect(structuralErrors(rootSchema(kind))).toEqual([]);
  });

  it('keeps and accepts every object that its schema describes, and judges it without failing', () => {
    fc.assert(
      fc.property(objectsOf(kind), (object) => {
        expect(schema.prune(object).pruned).toEqual([]);
        expect(schema.validate(object)).toEqual([]);
        expect(validate(object)).not.toContain('');
      }),
      { numRuns: 60 },
    );
  });
});

describe('the schema fills in', () => {
  const defaulted = (kind: Kind, spec: JsonObject) =>
    compileSchema(rootSchema(kind)).applyDefaults({ apiVersion: API_VERSION, kind: kind.kind, metadata: {}, spec });

  it('a lifecycle for templates', () => {
    expect(defaulted(carto.kinds.ClusterTemplate, { ytt: 'x' })['spec']).toEqual({ ytt: 'x', lifecycle: 'mutable' });
  });

  it('a retention policy for Runnables', () => {
    const runTemplateRef = { name: 'r' };
    expect(defaulted(carto.kinds.Runnable, { runTemplateRef })['spec']).toEqual({
      runTemplateRef,
      retentionPolicy: DEFAULT_RETENTION,
    });
  });
});
