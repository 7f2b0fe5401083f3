import { describe, expect, it } from 'vitest';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { deducedSchema, mergeSchemaOf } from './merge-schema.ts';

const KEEP = 'x-kubernetes-preserve-unknown-fields';
const text: StructuralSchema = { type: 'string' };

/** The rules for a field with this schema. */
function rulesOf(schema: StructuralSchema, root: Partial<StructuralSchema> = {}) {
  const rules = mergeSchemaOf({ type: 'object', properties: { v: schema }, ...root }).map?.fields.get('v');
  if (rules === undefined) throw new Error('no rules');
  return rules;
}

describe('scalars', () => {
  it.each<[StructuralSchema, string]>([
    [{ type: 'string' }, 'string'],
    [{ type: 'string', format: '' }, 'string'],
    [{ type: 'string', format: 'byte' }, 'string'],
    [{ type: 'string', format: 'date-time' }, 'untyped'],
    [{ type: 'boolean' }, 'boolean'],
    [{ type: 'integer' }, 'numeric'],
    [{ type: 'number' }, 'numeric'],
    [{ 'x-kubernetes-int-or-string': true }, 'untyped'],
  ])('%j is %s', (schema, scalar) => {
    expect(rulesOf(schema)).toEqual({ map: undefined, list: undefined, scalar });
  });

  it('of no type may be anything', () => {
    expect(rulesOf({})).toBe(deducedSchema);
    expect(rulesOf({ 'x-kubernetes-int-or-string': false })).toBe(deducedSchema);
  });
});

describe('maps', () => {
  it.each<[string, StructuralSchema, { atomic: boolean; names: readonly string[]; element: 'free' | 'text' | 'none' }]>(
    [
      [
        'that name fields have no others',
        { type: 'object', properties: { a: text, b: text } },
        { atomic: false, names: ['a', 'b'], element: 'none' },
      ],
      ['that name none are free', { type: 'object' }, { atomic: false, names: [], element: 'free' }],
      [
        'that name none, but may not have any, are not',
        { type: 'object', additionalProperties: false },
        { atomic: false, names: [], element: 'none' },
      ],
      [
        'of keys of a schema',
        { type: 'object', additionalProperties: text },
        { atomic: false, names: [], element: 'text' },
      ],
      [
        'of any keys beside named ones',
        { type: 'object', properties: { a: text }, additionalProperties: true },
        { atomic: false, names: ['a'], element: 'free' },
      ],
      [
        'that keep unknown fields',
        { type: 'object', properties: { a: text }, [KEEP]: true },
        { atomic: false, names: ['a'], element: 'free' },
      ],
      [
        'that may not have others though they keep them',
        { type: 'object', [KEEP]: true, additionalProperties: false },
        { atomic: false, names: [], element: 'none' },
      ],
      [
        'that are owned as a whole',
        { type: 'object', properties: { a: text }, 'x-kubernetes-map-type': 'atomic' },
        { atomic: true, names: ['a'], element: 'none' },
      ],
      [
        'that are granular',
        { type: 'object', properties: { a: text }, 'x-kubernetes-map-type': 'granular' },
        { atomic: false, names: ['a'], element: 'none' },
      ],
      [
        'that are resources have what every object has',
        { type: 'object', properties: { a: text }, 'x-kubernetes-embedded-resource': true },
        { atomic: false, names: ['a', 'apiVersion', 'kind', 'metadata'], element: 'none' },
      ],
    ],
  )('%s', (_name, schema, { atomic, names, element }) => {
    const { map, list, scalar } = rulesOf(schema);
    expect([list, scalar]).toEqual([undefined, undefined]);
    expect(map?.atomic).toBe(atomic);
    expect([...(map?.fields.keys() ?? [])]).toEqual(names);
    if (element === 'text') expect(map?.element?.scalar).toBe('string');
    else expect(map?.element).toBe(element === 'free' ? deducedSchema : undefined);
  });

  it('keep unknown fields below one that does', () => {
    const inner: StructuralSchema = { type: 'object', properties: { a: text } };
    const outer: StructuralSchema = { type: 'object', properties: { inner, list: { type: 'array', items: inner } } };
    for (const kept of [true, false]) {
      const rules = rulesOf({ ...outer, [KEEP]: kept });
      const expected = kept ? deducedSchema : undefined;
      expect(rules.map?.fields.get('inner')?.map?.element).toBe(expected);
      expect(rules.map?.fields.get('list')?.list?.element.map?.element).toBe(expected);
    }
    const keys = rulesOf({ type: 'object', [KEEP]: true, additionalProperties: inner });
    expect(keys.map?.element?.map?.element).toBe(deducedSchema);
  });
});

describe('lists', () => {
  const items: StructuralSchema = {
    type: 'object',
    properties: {
      port: { type: 'integer' },
      protocol: { type: 'string', default: 'TCP' },
      other: { type: 'string', default: 'x' },
    },
  };
  it.each<[string, StructuralSchema, object]>([
    ['are owned as a whole', { type: 'array', items: text }, { relation: 'atomic', keys: [], keyDefaults: {} }],
    [
      'are owned as a whole where it says so',
      { type: 'array', 'x-kubernetes-list-type': 'atomic', items: text },
      { relation: 'atomic', keys: [], keyDefaults: {} },
    ],
    [
      'are sets',
      { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
      { relation: 'set', keys: [], keyDefaults: {} },
    ],
    [
      'are told apart by their keys, in order, with the defaults of these',
      { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['protocol', 'port'], items },
      { relation: 'map', keys: ['port', 'protocol'], keyDefaults: { protocol: 'TCP' } },
    ],
    [
      'have keys only where they are told apart by them',
      { type: 'array', 'x-kubernetes-list-type': 'set', 'x-kubernetes-list-map-keys': ['port'], items },
      { relation: 'set', keys: [], keyDefaults: {} },
    ],
  ])('%s', (_name, schema, expected) => {
    const { map, list, scalar } = rulesOf(schema);
    expect([map, scalar]).toEqual([undefined, undefined]);
    expect(list).toMatchObject(expected);
    expect(Object.keys(list?.keyDefaults ?? {})).toEqual(
      Object.keys((expected as { keyDefaults: object }).keyDefaults),
    );
  });

  it('of no schema have items of any kind', () => {
    expect(rulesOf({ type: 'array' }).list?.element).toBe(deducedSchema);
    expect(rulesOf({ type: 'array', items: text }).list?.element.scalar).toBe('string');
  });
});

describe('every object', () => {
  it('is a map with version, kind and metadata, whatever its schema says of these', () => {
    const { map } = mergeSchemaOf({ properties: { metadata: text, spec: text } });
    expect([...(map?.fields.keys() ?? [])].toSorted()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    const metadata = map?.fields.get('metadata')?.map;
    expect(metadata?.element).toBeUndefined();
    expect(metadata?.fields.get('labels')?.map).toMatchObject({ atomic: false, element: { scalar: 'string' } });
    expect(metadata?.fields.get('annotations')?.map).toMatchObject({ atomic: false, element: { scalar: 'string' } });
    expect(metadata?.fields.get('finalizers')?.list).toMatchObject({ relation: 'set', element: { scalar: 'string' } });
    expect(metadata?.fields.get('ownerReferences')?.list).toMatchObject({
      relation: 'map',
      keys: ['uid'],
      element: { map: { atomic: true } },
    });
    expect(metadata?.fields.get('managedFields')?.list).toMatchObject({ relation: 'atomic' });
    expect(metadata?.fields.get('generation')?.scalar).toBe('numeric');
    expect(metadata?.fields.get('creationTimestamp')?.scalar).toBe('untyped');
  });

  it('of no schema is merged by key, its lists are owned as a whole, and what is in them', () => {
    const { map, list, scalar } = deducedSchema;
    expect([map?.atomic, map?.element, list?.relation, scalar]).toEqual([false, deducedSchema, 'atomic', 'untyped']);
    const item = list?.element;
    expect([item?.map?.atomic, item?.map?.element, item?.list?.relation, item?.list?.element]).toEqual([
      true,
      item,
      'atomic',
      item,
    ]);
  });
});
