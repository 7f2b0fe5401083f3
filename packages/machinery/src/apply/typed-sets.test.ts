import { describe, expect, it } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { decodeFieldSet, emptySet, encodeFieldSet, equalSets, fieldSet } from './field-set.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { fieldSetOf, withNamedFields } from './typed-sets.ts';

const schema = mergeSchemaOf(gadgetSchema);

/** The paths below a field of `spec` that whoever applies the value claims, in the wire form. */
function claimed(field: string, value: Json | undefined): Json | undefined {
  const set = fieldSetOf({ spec: { [field]: value } }, schema);
  return getPath(encodeFieldSet(set), 'f:spec', `f:${field}`);
}

const ab = { 'k:{"k":"a"}': { '.': {}, 'f:k': {}, 'f:v': {} }, 'k:{"k":"b"}': { '.': {}, 'f:k': {} } };

describe('the paths that a value claims', () => {
  it.each<[string, string, Json | undefined, Json | undefined]>([
    ['a scalar', 'n', 1, {}],
    ['a null scalar', 'nul', null, {}],
    ['the keys of a map, not the map that the schema names', 'm', { a: '1', b: '2' }, { 'f:a': {}, 'f:b': {} }],
    ['an empty map', 'm', {}, {}],
    ['a null map', 'm', null, {}],
    ['a map whose keys hold nothing', 'm', { a: undefined }, {}],
    ['a null in a map', 'm', { a: null }, { 'f:a': {} }],
    ['a free map below a free map, besides what is in it', 'pu', { x: { y: 1 } }, { 'f:x': { '.': {}, 'f:y': {} } }],
    ['an empty map below a free map', 'pu', { x: {} }, { 'f:x': {} }],
    ['a free list as a whole', 'pu', { x: [{ y: 1 }] }, { 'f:x': {} }],
    ['an empty free list', 'pu', { x: [] }, { 'f:x': {} }],
    ['an atomic map as a whole', 'at', { a: '1' }, {}],
    ['an empty atomic map', 'at', {}, {}],
    ['an atomic list as a whole', 'la', ['a'], {}],
    ['an empty atomic list', 'la', [], {}],
    ['the members of a set, not the set', 'ls', ['a', 'b'], { 'v:"a"': {}, 'v:"b"': {} }],
    ['of an empty set nothing', 'ls', [], undefined],
    ['a null set', 'ls', null, {}],
    ['the items of a keyed list and what is in them', 'lm', [{ k: 'a', v: '1' }, { k: 'b' }], ab],
    ['of an empty keyed list nothing', 'lm', [], undefined],
    ['of items that are there twice both', 'lm', [{ k: 'a', v: '1' }, { k: 'b' }, { k: 'a' }], ab],
    ['of an item without its key nothing', 'lm', [{ v: '1' }], undefined],
    ['items beside one without its key', 'lm', [{ v: '1' }, { k: 'a', v: '1' }, { k: 'b' }], ab],
    ['of a field without a value nothing', 's', undefined, undefined],
    ['of a field that the schema does not know nothing', 'zzz', 1, undefined],
    ['of a list where a map should be nothing', 'm', ['a'], undefined],
    ['of a map where a set should be nothing but its field', 'ls', {}, {}],
  ])('%s', (_name, field, value, expected) => {
    expect(claimed(field, value)).toEqual(expected);
  });

  it('of metadata: labels by key, finalizers by value, owner references by uid and whole', () => {
    const metadata = {
      name: 'x',
      labels: { a: 'b' },
      finalizers: ['f/g'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'n', uid: 'u-1' }],
      managedFields: [{ manager: 'm' }],
    };
    expect(encodeFieldSet(fieldSetOf({ metadata }, schema))).toEqual({
      'f:metadata': {
        'f:name': {},
        'f:labels': { 'f:a': {} },
        'f:finalizers': { 'v:"f/g"': {} },
        'f:ownerReferences': { 'k:{"uid":"u-1"}': {} },
        'f:managedFields': {},
      },
    });
  });

  it.each<[Json, JsonObject]>([
    [1, {}],
    [['x'], {}],
    [null, {}],
    [{ a: 1 }, { 'f:a': {} }],
  ])('of a field of any type, be it %j', (value, below) => {
    const any = mergeSchemaOf({ type: 'object', properties: { v: {} } });
    expect(encodeFieldSet(fieldSetOf({ v: value }, any))).toEqual({ 'f:v': below });
  });

  it('of nothing is nothing', () => {
    expect(fieldSetOf({}, schema)).toBe(emptySet);
    expect(fieldSetOf({ spec: { ls: [] } }, schema)).toBe(emptySet);
  });
});

const nested: StructuralSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        free: { type: 'object', additionalProperties: { type: 'object', properties: { p: { type: 'string' } } } },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: {
            type: 'object',
            properties: {
              k: { type: 'string' },
              inner: { type: 'object', properties: { p: { type: 'string' }, q: { type: 'string' } } },
            },
          },
        },
      },
    },
  },
};

describe('a set with the named fields on its way', () => {
  const named = (wire: JsonObject): Json =>
    encodeFieldSet(withNamedFields(decodeFieldSet(wire) ?? emptySet, mergeSchemaOf(nested)));

  it.each<[string, JsonObject, JsonObject]>([
    [
      'has the maps that lead to a field of an item, not the item',
      { 'f:spec': { 'f:items': { 'k:{"k":"a"}': { 'f:inner': { 'f:p': {} } } } } },
      { 'f:spec': { '.': {}, 'f:items': { '.': {}, 'k:{"k":"a"}': { 'f:inner': { '.': {}, 'f:p': {} } } } } },
    ],
    [
      'has no key of a free map, but what is named below it',
      { 'f:spec': { 'f:free': { 'f:any': { 'f:p': {} } } } },
      { 'f:spec': { '.': {}, 'f:free': { '.': {}, 'f:any': { 'f:p': {} } } } },
    ],
    [
      'keeps what the schema does not know as it is',
      { 'f:zzz': { 'f:spec': { 'f:p': {} } }, 'f:spec': { 'f:yyy': { 'f:items': { 'f:p': {} } } } },
      { 'f:zzz': { 'f:spec': { 'f:p': {} } }, 'f:spec': { '.': {}, 'f:yyy': { 'f:items': { 'f:p': {} } } } },
    ],
    [
      'has all of several',
      { 'f:spec': { 'f:free': { 'f:any': {} }, 'f:items': { 'k:{"k":"a"}': {}, 'k:{"k":"b"}': { 'f:k': {} } } } },
      {
        'f:spec': {
          '.': {},
          'f:free': { '.': {}, 'f:any': {} },
          'f:items': { '.': {}, 'k:{"k":"a"}': {}, 'k:{"k":"b"}': { 'f:k': {} } },
        },
      },
    ],
    [
      'has the metadata of every object',
      { 'f:metadata': { 'f:labels': { 'f:a': {} } } },
      { 'f:metadata': { '.': {}, 'f:labels': { '.': {}, 'f:a': {} } } },
    ],
  ])('%s', (_name, wire, expected) => {
    expect(named(wire)).toEqual(expected);
  });

  it('is the set itself when it has them all', () => {
    const set = decodeFieldSet({ 'f:spec': { '.': {}, 'f:free': { '.': {}, 'f:any': {} } } }) ?? emptySet;
    expect(withNamedFields(set, mergeSchemaOf(nested))).toBe(set);
    expect(withNamedFields(set, undefined)).toBe(set);
    expect(withNamedFields(emptySet, mergeSchemaOf(nested))).toBe(emptySet);
  });

  it('has the path of the value itself when the set has it', () => {
    const below = decodeFieldSet({ 'f:spec': { 'f:free': {} } }) ?? emptySet;
    const all = withNamedFields(fieldSet(true, below.children), mergeSchemaOf(nested));
    expect(all.member).toBe(true);
    expect(equalSets(withNamedFields(below, mergeSchemaOf(nested)), fieldSet(false, all.children))).toBe(true);
  });
});
