import { describe, expect, it } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { deepFreeze, getPath } from '../values/json.ts';
import { decodeFieldSet, emptySet, leafSet } from './field-set.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { removeTyped } from './typed-remove.ts';

const schema = mergeSchemaOf(gadgetSchema);

/** Takes what a set names below a field of `spec` out of the field's value; `n` keeps `spec` from being emptied. */
function remove(field: string, value: Json | undefined, below: JsonObject): Json | undefined {
  const set = decodeFieldSet({ 'f:spec': { [`f:${field}`]: below } }) ?? emptySet;
  const object = deepFreeze({ spec: { n: 1, [field]: value } });
  return getPath(removeTyped(object, set, schema), 'spec', field);
}

const item = (k: string, below: JsonObject = {}): JsonObject => ({ [`k:{"k":"${k}"}`]: below });

describe('what a set names goes out of a value', () => {
  it.each<[string, string, Json, JsonObject, Json | undefined]>([
    ['a field goes whatever it holds', 'pu', { x: { y: 1 } }, {}, undefined],
    [
      'a field goes with what is below it though the set names a part',
      'm',
      { a: '1' },
      { '.': {}, 'f:b': {} },
      undefined,
    ],
    ['a key goes, the others stay', 'm', { a: '1', b: '2' }, { 'f:a': {} }, { b: '2' }],
    ['a key that is not there takes nothing', 'm', { a: '1' }, { 'f:b': {} }, { a: '1' }],
    ['a map of which nothing is left is null', 'm', { a: '1' }, { 'f:a': {} }, null],
    ['a map below it likewise', 'pu', { x: { y: 1 }, z: 1 }, { 'f:x': { 'f:y': {} } }, { x: null, z: 1 }],
    ['a map that was empty before is null', 'm', {}, { 'f:a': {} }, null],
    ['a null map stays null', 'm', null, { 'f:a': {} }, null],
    ['what is below a list in the place of a text takes nothing', 's', ['a'], { 'v:"a"': {} }, ['a']],
    ['what is below a scalar takes nothing', 'pu', { x: 1 }, { 'f:x': { 'f:y': {} } }, { x: 1 }],
    ['what is below an atomic map takes nothing', 'at', { a: '1', b: '2' }, { 'f:a': {} }, { a: '1', b: '2' }],
    ['an atomic map goes', 'at', { a: '1' }, {}, undefined],
    ['what is below an atomic list takes nothing', 'la', ['a', 'b'], { 'v:"a"': {} }, ['a', 'b']],
    ['an index takes nothing from a set', 'ls', ['a', 'b'], { 'i:0': {} }, ['a', 'b']],
    ['an item of a set goes', 'ls', ['a', 'b', 'c'], { 'v:"b"': {} }, ['a', 'c']],
    ['an item that is there twice goes twice', 'ls', ['a', 'b', 'a'], { 'v:"a"': {} }, ['b']],
    ['a set of which nothing is left is null', 'ls', ['a'], { 'v:"a"': {} }, null],
    ['a null set stays null', 'ls', null, { 'v:"a"': {} }, null],
    ['an item of a keyed list goes', 'lm', [{ k: 'a', v: '1' }, { k: 'b' }], item('a'), [{ k: 'b' }]],
    [
      'an item goes with what is below it though the set names a part',
      'lm',
      [{ k: 'a', v: '1' }, { k: 'b' }],
      item('a', { '.': {}, 'f:v': {} }),
      [{ k: 'b' }],
    ],
    [
      'a field of an item goes, the item stays in its place',
      'lm',
      [{ k: 'x' }, { k: 'a', v: '1' }, { k: 'b', v: '2' }],
      item('a', { 'f:v': {} }),
      [{ k: 'x' }, { k: 'a' }, { k: 'b', v: '2' }],
    ],
    ['an item without its key stays', 'lm', [{ v: '1' }, { k: 'a' }], item('a'), [{ v: '1' }]],
    [
      'a key that is named like an internal of objects is one like others',
      'm',
      JSON.parse('{"__proto__":"1","a":"2"}') as Json,
      { 'f:a': {} },
      JSON.parse('{"__proto__":"1"}') as Json,
    ],
  ])('%s', (_name, field, value, below, expected) => {
    expect(remove(field, value, below)).toEqual(expected);
    expect(JSON.stringify(remove(field, value, below))).toBe(JSON.stringify(expected));
  });

  it('a field that the schema does not know goes when it is named, and stays whole when something below it is', () => {
    expect(remove('zzz', { a: 1 }, {})).toBeUndefined();
    expect(remove('zzz', { a: 1, b: 2 }, { 'f:a': {} })).toEqual({ a: 1, b: 2 });
  });

  it('a field without a value is left out of what changes', () => {
    const set = decodeFieldSet({ 'f:spec': { 'f:s': {} } }) ?? emptySet;
    const removed = removeTyped({ spec: { n: 1, s: 'x', d: undefined } }, set, schema);
    expect(Object.keys(getPath(removed, 'spec') as JsonObject)).toEqual(['n']);
    expect(removeTyped({ spec: { s: 'x', d: undefined }, status: {} }, set, schema)).toEqual({
      spec: null,
      status: {},
    });
  });

  it('a whole object of which nothing is left is null', () => {
    const set = decodeFieldSet({ 'f:spec': {}, 'f:status': {} }) ?? emptySet;
    expect(removeTyped({ spec: { n: 1 }, status: {} }, set, schema)).toBeNull();
  });

  it('the path of the value itself and nothing below it takes nothing', () => {
    const object = { spec: { n: 1 } };
    expect(removeTyped(object, leafSet, schema)).toBe(object);
    expect(removeTyped(object, emptySet, schema)).toBe(object);
    expect(removeTyped({}, emptySet, schema)).toEqual({});
  });
});

describe('a value from which nothing goes', () => {
  it.each<[string, JsonObject]>([
    ['a field that is not there', { 'f:spec': { 'f:s': {} } }],
    ['a key of a map that is not there', { 'f:spec': { 'f:m': { 'f:z': {} } } }],
    ['a member of a set that is not there', { 'f:spec': { 'f:ls': { 'v:"z"': {} } } }],
    ['an item that is not there', { 'f:spec': { 'f:lm': item('z') } }],
    ['a field of an item that is not there', { 'f:spec': { 'f:lm': item('a', { 'f:w': {} }) } }],
    ['what is below an atomic map', { 'f:spec': { 'f:at': { 'f:a': {} } } }],
  ])('is the value itself: %s', (_name, wire) => {
    const object = deepFreeze({ spec: { n: 1, m: { a: '1' }, ls: ['a'], lm: [{ k: 'a', v: '1' }], at: { a: '1' } } });
    expect(removeTyped(object, decodeFieldSet(wire) ?? emptySet, schema)).toBe(object);
  });

  it('keeps the parts that nothing goes from by reference', () => {
    const object = deepFreeze({
      spec: {
        n: 1,
        m: { a: '1' },
        lm: [
          { k: 'a', v: '1' },
          { k: 'b', v: '1' },
        ],
      },
    });
    const wire = { 'f:spec': { 'f:n': {}, 'f:lm': item('b', { 'f:v': {} }) } };
    const removed = removeTyped(object, decodeFieldSet(wire) ?? emptySet, schema);
    expect(removed).toEqual({ spec: { m: { a: '1' }, lm: [{ k: 'a', v: '1' }, { k: 'b' }] } });
    expect(getPath(removed, 'spec', 'm')).toBe(object.spec.m);
    expect((getPath(removed, 'spec', 'lm') as readonly Json[])[0]).toBe(object.spec.lm[0]);
  });
});
