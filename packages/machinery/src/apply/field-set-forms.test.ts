import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../values/json.ts';
import {
  decodeFieldSet,
  differenceSets,
  elementText,
  emptySet,
  encodeFieldSet,
  equalSets,
  fieldSet,
  fieldSetOfPaths,
  intersectSets,
  isEmptySet,
  isSubset,
  leafSet,
  pathTexts,
  unionOfSets,
  unionSets,
} from './field-set.ts';

const of = (wire: JsonObject) => decodeFieldSet(wire) ?? emptySet;
const A = { 'f:a': {} };
const AB = { 'f:a': {}, 'f:b': {} };
const INNER = { 'f:a': { 'f:x': {} } };
const BOTH = { 'f:a': { '.': {}, 'f:x': {} } };

describe('a path does not stand for those below it', () => {
  it.each<[string, JsonObject, JsonObject, { union: JsonObject; less: JsonObject; both: JsonObject }]>([
    ['of two sets that are apart', A, { 'f:b': {} }, { union: AB, less: A, both: {} }],
    ['of two sets that share', AB, A, { union: AB, less: { 'f:b': {} }, both: A }],
    ['of a path and one below it', A, INNER, { union: BOTH, less: A, both: {} }],
    ['of a path and one above it', INNER, A, { union: BOTH, less: INNER, both: {} }],
    ['of both and the one above', BOTH, A, { union: BOTH, less: INNER, both: A }],
    ['of both and the one below', BOTH, INNER, { union: BOTH, less: A, both: INNER }],
    ['of a set and itself', BOTH, { ...BOTH }, { union: BOTH, less: {}, both: BOTH }],
    ['of a set and nothing', A, {}, { union: A, less: A, both: {} }],
    ['of nothing and a set', {}, A, { union: A, less: {}, both: {} }],
  ])('%s', (_name, left, right, { union, less, both }) => {
    expect(encodeFieldSet(unionSets(of(left), of(right)))).toEqual(union);
    expect(encodeFieldSet(differenceSets(of(left), of(right)))).toEqual(less);
    expect(encodeFieldSet(intersectSets(of(left), of(right)))).toEqual(both);
    expect(equalSets(of(left), of(right))).toBe(JSON.stringify(left) === JSON.stringify(right));
    expect(isSubset(of(left), of(right))).toBe(isEmptySet(differenceSets(of(left), of(right))));
  });
});

describe('a set that does not change is the set itself', () => {
  const set = of(BOTH);
  it('when what is in it is added', () => {
    for (const part of [emptySet, of(A), of(INNER), of(BOTH), set]) expect(unionSets(set, part)).toBe(set);
    expect(unionSets(emptySet, set)).toBe(set);
  });

  it('when what is not in it is taken away', () => {
    for (const part of [emptySet, of({ 'f:b': {} }), of({ 'f:a': { 'f:y': {} } })])
      expect(differenceSets(set, part)).toBe(set);
  });

  it('and the empty set when all is taken away', () => {
    expect(differenceSets(set, set)).toBe(emptySet);
    expect(differenceSets(set, of(BOTH))).toBe(emptySet);
    expect(fieldSet(false, new Map())).toBe(emptySet);
    expect(fieldSet(true, undefined)).toBe(leafSet);
  });
});

describe('the union of many sets', () => {
  it.each([0, 1, 2, 3, 4, 5, 8])('has the paths of all of %i', (count) => {
    const names = Array.from({ length: count }, (_, i) => `p${i}`);
    const all = unionOfSets(names.map((name) => fieldSetOfPaths([name])));
    expect(pathTexts(all)).toEqual(names.map((name) => `.${name}`));
  });
});

describe('the wire form', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['keys of items are written in one way', { 'k:{ "b": 1, "a": "x" }': {} }, { 'k:{"a":"x","b":1}': {} }],
    ['values likewise', { 'v:"\\u0061"': {} }, { 'v:"a"': {} }],
    ['indexes stand as they are', { 'i:10': {} }, { 'i:10': {} }],
    ['names stand as they are, empty ones too', { 'f:': {}, 'f:a:b': {} }, { 'f:': {}, 'f:a:b': {} }],
    ['a path with itself alone below is that path', { 'f:a': { '.': {} } }, { 'f:a': {} }],
    ['the root is not in its set', { '.': {}, 'f:a': {} }, { 'f:a': {} }],
    ['elements stand in order', { 'v:"b"': {}, 'f:b': {}, 'f:a': {} }, { 'f:a': {}, 'f:b': {}, 'v:"b"': {} }],
  ])('%s', (_name, wire, expected) => {
    const encoded = encodeFieldSet(fieldSet(of(wire).member, new Map(of(wire).children)));
    expect(encoded).toEqual(expected);
    expect(Object.keys(encoded)).toEqual(Object.keys(expected));
  });

  it.each<[string, JsonObject]>([
    ['an element without a kind', { a: {} }],
    ['an element of another kind', { 'x:a': {} }],
    ['a kind without a colon', { fa: {} }],
    ['an index that is none', { 'i:-1': {} }],
    ['an index with more behind it', { 'i:1x': {} }],
    ['keys that are no JSON', { 'k:{': {} }],
    ['a value that is no JSON', { 'v:a': {} }],
    ['a value that nests too deep', { [`v:${'['.repeat(20_000)}${']'.repeat(20_000)}`]: {} }],
    ['a level that is no object', { 'f:a': 'x' }],
    ['a level that is none below a sound one', { 'f:a': { 'f:b': null } }],
  ])('is not %s', (_name, wire) => {
    expect(decodeFieldSet(wire)).toBeUndefined();
  });

  it('may be a thousand levels deep, not one more', () => {
    const deep = (levels: number): JsonObject => (levels === 0 ? {} : { 'f:a': deep(levels - 1) });
    expect(decodeFieldSet(deep(1000))).toBeDefined();
    expect(decodeFieldSet(deep(1001))).toBeUndefined();
  });

  it('is read and written once', () => {
    const wire = { ...BOTH };
    expect(decodeFieldSet(wire)).toBe(decodeFieldSet(wire));
    const set = fieldSetOfPaths(['a', 'b']);
    expect(encodeFieldSet(set)).toBe(encodeFieldSet(set));
    expect(decodeFieldSet(encodeFieldSet(set))).toBe(set);
    expect(encodeFieldSet(emptySet)).not.toBe(encodeFieldSet(leafSet));
  });
});

describe('a path as it stands in messages', () => {
  it.each([
    ['f:name', '.name'],
    ['i:0', '[0]'],
    ['v:"x"', '[="x"]'],
    ['v:1', '[=1]'],
    ['v:null', '[=null]'],
    ['v:true', '[=true]'],
    ['v:{"b":1,"a":2}', '[={"a":2,"b":1}]'],
    ['k:{"b":1,"a":"x"}', '[a="x",b=1]'],
    ['k:{"a":null}', '[a=null]'],
  ])('%s is %s', (element, text) => {
    expect(elementText(element)).toBe(text);
  });

  it('comes in the order of fields, keys, values and indexes, and of their texts', () => {
    const set = fieldSet(
      false,
      new Map(['i:1', 'v:"b"', 'v:"a"', 'k:{"k":"b"}', 'k:{"k":"a"}', 'f:b', 'f:a', 'i:0'].map((e) => [e, leafSet])),
    );
    expect(pathTexts(set)).toEqual(['.a', '.b', '[k="a"]', '[k="b"]', '[="a"]', '[="b"]', '[0]', '[1]']);
  });
});
