import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../values/json.ts';
import { deepFreeze } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { compilePruner } from './schema-prune.ts';

/** Prunes the value of a field with this schema. */
function pruned(
  schema: StructuralSchema,
  value: Json,
): { readonly value: Json | undefined; readonly dropped: readonly string[] } {
  const dropped: string[] = [];
  const prune = compilePruner({ type: 'object', properties: { v: schema } });
  const result = prune(deepFreeze({ v: value }), dropped, '') as JsonObject;
  return { value: result['v'], dropped };
}

const text: StructuralSchema = { type: 'string' };
const known: StructuralSchema = { type: 'object', properties: { a: text } };
const KEEP = 'x-kubernetes-preserve-unknown-fields';
const EMBEDDED = 'x-kubernetes-embedded-resource';

describe('what a schema does not specify goes', () => {
  it.each<[string, StructuralSchema, Json, Json, readonly string[]]>([
    ['a field of an object', known, { a: '1', b: '2' }, { a: '1' }, ['v.b']],
    ['a field that is null', known, { b: null }, {}, ['v.b']],
    ['all fields of an object that names none', { type: 'object' }, { a: 1, b: 2 }, {}, ['v.a', 'v.b']],
    ['a field of an item', { type: 'array', items: known }, [{ a: '1' }, { b: '2' }], [{ a: '1' }, {}], ['v[1].b']],
    [
      'a field of an item of an item',
      { type: 'array', items: { type: 'array', items: known } },
      [[], [{ b: '2' }]],
      [[], [{}]],
      ['v[1][0].b'],
    ],
    [
      'a field below a free key',
      { type: 'object', additionalProperties: known },
      { x: { b: 1 } },
      { x: {} },
      ['v.x.b'],
    ],
    [
      'a field below a named field, beside what is kept',
      { type: 'object', [KEEP]: true, properties: { n: known } },
      { n: { b: 1 }, other: { b: 1 } },
      { n: {}, other: { b: 1 } },
      ['v.n.b'],
    ],
    [
      'a field below a named field, beside free keys',
      { type: 'object', additionalProperties: text, properties: { n: known } },
      { n: { b: 1 }, other: 'x' },
      { n: {}, other: 'x' },
      ['v.n.b'],
    ],
    ['a field where no type is given', { properties: { a: text } }, { a: '1', b: '2' }, { a: '1' }, ['v.b']],
    ['a field of an item where no type is given', { items: known }, [{ b: 1 }], [{}], ['v[0].b']],
    ['a field of an object where items alone are given', { items: known }, { b: 1 }, {}, ['v.b']],
    [
      'a field of an item where unknown fields are kept, as far as it is named',
      { [KEEP]: true, items: known },
      [{ b: 1 }],
      [{}],
      ['v[0].b'],
    ],
    [
      'a field of an embedded resource that is not of every object',
      { type: 'object', [EMBEDDED]: true, properties: { spec: known } },
      { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: { b: 1 }, zzz: 1 },
      { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: {} },
      ['v.spec.b', 'v.zzz'],
    ],
    [
      'a field of the metadata of an embedded resource that no object has',
      { type: 'object', [EMBEDDED]: true, [KEEP]: true },
      { metadata: { name: 'n', labels: { any: 'x' }, clusterName: 'c' }, zzz: 1 },
      { metadata: { name: 'n', labels: { any: 'x' } }, zzz: 1 },
      ['v.metadata.clusterName'],
    ],
  ])('%s', (_name, schema, value, rest, dropped) => {
    expect(pruned(schema, value)).toEqual({ value: rest, dropped });
  });
});

describe('what stays is the value itself', () => {
  it.each<[string, StructuralSchema, Json]>([
    ['an object that has less than is specified', known, {}],
    ['a value of another type', known, 'x'],
    ['a list where an object is due', known, [{ b: 1 }]],
    ['an object where a list is due', { type: 'array', items: known }, { b: 1 }],
    ['null', known, null],
    ['null as an item', { type: 'array', items: known }, [null]],
    ['items of no schema', { type: 'array' }, [{ b: 1 }]],
    ['items that are texts', { type: 'array', items: text }, ['a']],
    ['an object that is a text by its schema', text, { b: 1 }],
    ['an object that is a number or a text by its schema', { 'x-kubernetes-int-or-string': true }, { b: 1 }],
    ['unknown fields that are kept', { type: 'object', [KEEP]: true }, { a: { b: [1] } }],
    ['unknown fields of any type that are kept', { [KEEP]: true }, [{ b: 1 }]],
    [
      'unknown fields that are kept beside named ones',
      { type: 'object', [KEEP]: true, properties: { a: text } },
      { b: { c: 1 } },
    ],
    ['free keys of any kind', { type: 'object', additionalProperties: true }, { a: { b: 1 } }],
    ['free keys of a schema', { type: 'object', additionalProperties: known }, { x: { a: '1' } }],
    [
      'all that every embedded resource has',
      { type: 'object', [EMBEDDED]: true, properties: {} },
      {
        apiVersion: 'v1',
        kind: 'K',
        metadata: { name: 'n', annotations: { a: 'b' }, ownerReferences: [{}], finalizers: ['x'] },
      },
    ],
    ['metadata of an embedded resource that is no object', { type: 'object', [EMBEDDED]: true }, { metadata: ['x'] }],
  ])('%s', (_name, schema, value) => {
    const dropped: string[] = [];
    const object = deepFreeze({ apiVersion: 'v1', kind: 'K', metadata: { odd: 1 }, v: value });
    const prune = compilePruner({ type: 'object', properties: { v: schema } });
    expect(prune(object, dropped, '')).toBe(object);
    expect(dropped).toEqual([]);
  });

  it('parts from which nothing goes are the same as before', () => {
    const object = deepFreeze({ v: [{ a: '1' }, { b: '2' }], w: { a: '1' } });
    const prune = compilePruner({ type: 'object', properties: { v: { type: 'array', items: known }, w: known } });
    const result = prune(object, [], '') as unknown as typeof object;
    expect(result).toEqual({ v: [{ a: '1' }, {}], w: { a: '1' } });
    expect(result.v[0]).toBe(object.v[0]);
    expect(result.w).toBe(object.w);
  });

  it('a key that holds nothing is not named as dropped', () => {
    expect(pruned(known, { b: undefined }).dropped).toEqual([]);
  });
});
