import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import { PatchError } from './patch-error.ts';
import { inElementOrder, mergeValueOf, sameKind } from './strategic-merge-order.ts';

const letters = (text: string): readonly string[] => text.split('');
const named = (text: string): readonly Json[] => letters(text).map((name) => ({ name }));

describe('the kind of all items', () => {
  it.each<[readonly Json[], string]>([
    [['a', 'b'], 'string'],
    [[1, 2], 'number'],
    [[true], 'boolean'],
    [[{}, { a: 1 }], 'object'],
  ])('of %j is %s', (items, kind) => {
    expect(sameKind(items)).toBe(kind);
    expect(sameKind([], items)).toBe(kind);
  });

  it('of integers beyond those of JavaScript is their own', () => {
    expect(sameKind([1n, 2n])).toBe('bigint');
    expect(() => sameKind([1n, 2])).toThrow(PatchError);
  });

  it.each<[readonly (readonly Json[])[], string]>([
    [[[]], 'no elements in any of the given slices'],
    [[[], []], 'no elements in any of the given slices'],
    [[['a', 1]], 'list element types are not identical: [[a 1]]'],
    [[['a'], [1]], 'list element types are not identical: [[a] [1]]'],
    [[[null]], 'list element types are not identical: [[<nil>]]'],
    [[['a', null]], 'list element types are not identical: [[a <nil>]]'],
    [[[{}, null]], 'list element types are not identical: [[map[] <nil>]]'],
    [[['a', ['b']]], 'lists of lists are not supported'],
  ])('of %j is none: %s', (lists, message) => {
    expect(() => sameKind(...lists)).toThrow(new PatchError(message));
  });
});

describe('what tells an item from its neighbours', () => {
  it.each<[Json, string | undefined, unknown]>([
    ['a', undefined, 'a'],
    [1, undefined, 1],
    [{ b: 1, a: 2 }, undefined, '{"a":2,"b":1}'],
    [[1], undefined, '[1]'],
    [{ name: 'x', v: 1 }, 'name', 'x'],
    [{ name: 1 }, 'name', 1],
    [{ name: null }, 'name', null],
    [{ name: { b: 1, a: 2 } }, 'name', '{"a":2,"b":1}'],
    [{ name: [1] }, 'name', '[1]'],
  ])('of %j by %j is %j', (item, mergeKey, value) => {
    expect(mergeValueOf(item, mergeKey)).toEqual(value);
  });

  it.each<[Json, string]>([
    ['x', 'expected a map[string]interface {}, but received a string'],
    [[], 'expected a map[string]interface {}, but received a []interface {}'],
    [{ v: 1 }, 'map: map[v:1] does not contain declared merge key: name'],
  ])('of %j is nothing by its merge key', (item, message) => {
    expect(() => mergeValueOf(item, 'name')).toThrow(new PatchError(message));
  });
});

describe('the order of merged items, each letter one', () => {
  it.each<[string, string, string, string]>([
    // items, the patch's order, the live order
    ['abc', '', 'abc', 'abc'],
    ['cba', '', 'abc', 'abc'],
    ['abc', 'cba', 'abc', 'cba'],
    ['abcx', 'x', 'abc', 'xabc'],
    ['abcx', 'cx', 'abc', 'abcx'],
    ['abcx', 'xc', 'abc', 'xabc'],
    ['abc', 'b', 'abc', 'abc'],
    ['abc', 'ca', 'abc', 'bca'],
    ['axbyc', 'cba', 'axbyc', 'xycba'],
    ['abcd', 'db', 'abcd', 'acdb'],
    ['abc', 'zc', 'abc', 'abc'],
    ['ba', '', '', 'ba'],
  ])('of %s by %s over %s is %s', (items, patch, live, expected) => {
    const order = inElementOrder(named(items), named(patch), named(live), 'name');
    expect(order.map((item) => (item as { readonly name: string }).name).join('')).toBe(expected);
    const scalars = inElementOrder(letters(items), letters(patch), letters(live), undefined);
    expect(scalars).toEqual(letters(expected));
  });

  it('goes by the first of two that are the same', () => {
    expect(inElementOrder(['a', 'b'], ['b', 'a', 'b'], ['a', 'b'], undefined)).toEqual(['b', 'a']);
  });
});
