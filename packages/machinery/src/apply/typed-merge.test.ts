import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { deepFreeze, getPath } from '../values/json.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { mergeTyped } from './typed-merge.ts';

const schema = mergeSchemaOf(gadgetSchema);

/** Lays the value of a field of `spec` over another. */
function merge(field: string, live: Json | undefined, applied: Json): Json | undefined {
  const before = { spec: { [field]: live } } as JsonObject;
  return getPath(mergeTyped(deepFreeze(before), deepFreeze({ spec: { [field]: applied } }), schema), 'spec', field);
}

const setOf = (letters: string): Json => letters.split('');
const keyed = (letters: string): JsonObject[] => letters.split('').map((k) => ({ k }));
const mergedSet = (live: string, applied: string): string =>
  (merge('ls', setOf(live), setOf(applied)) as readonly string[]).join('');
const mergedKeys = (live: string, applied: string): string =>
  (merge('lm', keyed(live), keyed(applied)) as readonly { readonly k: string }[]).map(({ k }) => k).join('');

describe('the order of a set and of a keyed list, each letter an item', () => {
  it.each([
    ['nothing is applied', 'abc', '', 'abc'],
    ['nothing is live', '', 'cab', 'cab'],
    ['one of several is applied', 'abc', 'b', 'abc'],
    ['the same order is applied', 'abcd', 'abcd', 'abcd'],
    ['a part in its order is applied', 'abcd', 'bd', 'abcd'],
    ['only new items are applied', 'abc', 'yxz', 'abcyxz'],
    ['a new item is applied first', 'ab', 'xa', 'xab'],
    ['a new item is applied between', 'ab', 'axb', 'axb'],
    ['a new item is applied last', 'abc', 'abx', 'abcx'],
    ['new items are applied between, one of others stands there', 'abc', 'axyc', 'abxyc'],
    ['a new item is applied before one that is not the first', 'ab', 'xb', 'axb'],
    ['two change places', 'ab', 'ba', 'ba'],
    ['all are turned round', 'abc', 'cba', 'cba'],
    ['the last comes first', 'abcd', 'dabc', 'dabc'],
    ['the last comes first, the others stand', 'abcd', 'db', 'acdb'],
    ['two change places around one of others', 'abc', 'ca', 'bca'],
    ['two change places with a new one between', 'ab', 'bxa', 'bxa'],
    ['two change places with a new one between, others among them', 'abcd', 'cxa', 'bcdxa'],
    ['the order changes and others stand between and last', 'axbyc', 'cba', 'xycba'],
    ['the order changes in part', 'axbyc', 'bac', 'xbyac'],
    ['the last comes to the middle', 'abcd', 'adxb', 'acdxb'],
    ['a new one comes first and one moves behind it', 'abcd', 'xd', 'abcxd'],
    ['one moves and a new one comes last', 'abcd', 'dx', 'abcdx'],
    ['a new one comes between two that stand', 'abcd', 'bxd', 'abcxd'],
    ['one of others stands before and one new comes before all', 'abc', 'cxb', 'acxb'],
    ['two runs change places', 'abcd', 'cdab', 'cdab'],
    ['the middle comes last', 'abcde', 'ebx', 'acdebx'],
    ['one that is live twice is applied once', 'aab', 'a', 'ab'],
    ['one that is live twice is applied behind a new one', 'aab', 'xa', 'xab'],
    ['one that others have twice stays twice', 'aba', 'c', 'abac'],
    ['two that are live twice change places', 'abab', 'ba', 'ba'],
    ['one that is live twice around one of others', 'axa', 'ya', 'yax'],
    ['one that is live twice has been applied and a new one follows', 'aax', 'an', 'anx'],
    ['one that is live twice has been applied and another follows one of others', 'aaxb', 'ab', 'axb'],
    ['new ones come before two that change places around one of others', 'abx', 'ncba', 'ncbxa'],
  ])('when %s: %s and %s give %s', (_name, live, applied, expected) => {
    expect({ set: mergedSet(live, applied), keyed: mergedKeys(live, applied) }).toEqual({
      set: expected,
      keyed: expected,
    });
  });

  // How the two orders interlock is what the table says; this law holds each of them alone. No live item is there twice.
  it('keeps the applied order, and the live order of what is not applied, and loses and doubles nothing', () => {
    const letters = fc.shuffledSubarray('abcdefgh'.split('')).map((list) => list.join(''));
    fc.assert(
      fc.property(letters, letters, (live, applied) => {
        const others = live.split('').filter((letter) => !applied.includes(letter));
        for (const merged of [mergedSet(live, applied), mergedKeys(live, applied)]) {
          expect(
            merged
              .split('')
              .filter((letter) => applied.includes(letter))
              .join(''),
          ).toBe(applied);
          expect(merged.split('').filter((letter) => !applied.includes(letter))).toEqual(others);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('new items stand right behind the applied one before them', () => {
    expect(mergedSet('abc', 'axbyc')).toBe('axbyc');
    expect(mergedSet('apbqc', 'axbyc')).toBe('apxbqyc');
  });
});

describe('a value laid over another', () => {
  it('merges items of a keyed list field by field, whatever their places', () => {
    const live = [{ k: 'a', v: '1', w: '1' }, { k: 'b', v: '2' }, { k: 'c' }];
    const applied = [
      { k: 'c', w: '9' },
      { k: 'a', v: '7' },
      { k: 'n', v: '0' },
    ];
    expect(merge('lm', live, applied)).toEqual([
      { k: 'b', v: '2' },
      { k: 'c', w: '9' },
      { k: 'a', v: '7', w: '1' },
      { k: 'n', v: '0' },
    ]);
  });

  it('replaces items that are there twice by the applied one alone', () => {
    const live = [
      { k: 'a', v: '1' },
      { k: 'b', w: '3' },
      { k: 'a', v: '2' },
    ];
    expect(merge('lm', live, [{ k: 'a', w: '9' }])).toEqual([
      { k: 'a', w: '9' },
      { k: 'b', w: '3' },
    ]);
  });

  it('keeps live items that have no key, each for itself', () => {
    expect(merge('lm', [{ v: '1' }, { k: 'a', v: '1' }, { v: '2' }], [{ k: 'a', w: '9' }])).toEqual([
      { v: '1' },
      { k: 'a', v: '1', w: '9' },
      { v: '2' },
    ]);
  });

  it.each<[string, string, Json | undefined, Json, Json]>([
    ['a granular map is merged by key', 'm', { a: '1', b: '2' }, { b: '3', c: '4' }, { a: '1', b: '3', c: '4' }],
    ['an atomic map is replaced', 'at', { a: '1', b: '2' }, { a: '3' }, { a: '3' }],
    ['an atomic map is replaced by an empty one', 'at', { a: '1' }, {}, {}],
    ['an atomic list is replaced', 'la', ['a', 'b'], ['b'], ['b']],
    ['an atomic list is replaced by an empty one', 'la', ['a'], [], []],
    ['an empty map leaves what is there', 'm', { a: '1' }, {}, { a: '1' }],
    ['an empty set leaves what is there', 'ls', ['a'], [], ['a']],
    ['an empty map over nothing is there', 'm', undefined, {}, {}],
    ['an empty list over nothing is there', 'ls', undefined, [], []],
    ['null over a map leaves what is there', 'm', { a: '1' }, null, { a: '1' }],
    ['null over a set leaves what is there', 'ls', ['a'], null, ['a']],
    ['null over an atomic map is null', 'at', { a: '1' }, null, null],
    ['null over an atomic list is null', 'la', ['a'], null, null],
    ['null over a scalar is null', 'nul', 'x', null, null],
    ['null over nothing is null', 'm', undefined, null, null],
    ['null over an empty map is null', 'm', {}, null, null],
    ['null over an empty set is null', 'ls', [], null, null],
    ['a map over null is there', 'm', null, { a: '1' }, { a: '1' }],
    ['a set over null is there', 'ls', null, ['a'], ['a']],
    ['an empty map over null is there', 'm', null, {}, {}],
    ['a null in a map is there', 'm', { a: '1' }, { a: null }, { a: null }],
    ['free maps are merged at any depth', 'pu', { x: { y: 1 } }, { x: { z: [1] } }, { x: { y: 1, z: [1] } }],
    ['free lists are replaced', 'pu', { x: [1, 2] }, { x: [3] }, { x: [3] }],
    ['a free map over a scalar replaces it', 'pu', { x: 1 }, { x: { y: 2 } }, { x: { y: 2 } }],
    ['a free scalar over a map replaces it', 'pu', { x: { y: 2 } }, { x: 1 }, { x: 1 }],
    ['a free list over a map replaces it', 'pu', { x: { y: 2 } }, { x: [1] }, { x: [1] }],
    ['a free map over a list replaces it', 'pu', { x: [1] }, { x: { y: 2 } }, { x: { y: 2 } }],
  ])('%s', (_name, field, live, applied, expected) => {
    expect(merge(field, live, applied)).toEqual(expected);
  });

  it.each<[string, JsonObject]>([
    ['a scalar', { n: 1 }],
    ['a map', { m: { a: '1' } }],
    ['an atomic map', { at: { a: '1' } }],
    ['an atomic list', { la: ['a'] }],
    ['a set', { ls: ['a', 'b'] }],
    ['a keyed list', { lm: [{ k: 'a', v: '1' }, { k: 'b' }] }],
    ['a free value', { pu: { x: [{ y: 1 }], z: { q: 1 } } }],
    ['an empty map and an empty list', { m: {}, ls: [], at: {}, la: [] }],
  ])('gives the live value itself when it says the same: %s', (_name, spec) => {
    const live = { apiVersion: 'v1', spec };
    expect(mergeTyped(live, structuredClone({ spec }), schema)).toBe(live);
  });

  it('is itself where nothing is live', () => {
    const applied = { spec: { m: { a: '1' }, lm: [{ k: 'a' }], ls: ['x'] } };
    expect(mergeTyped(undefined, applied, schema)).toBe(applied);
    expect(getPath(mergeTyped({ apiVersion: 'v1' }, applied, schema), 'spec')).toBe(applied.spec);
  });

  it('keeps what is not touched as it is, by reference', () => {
    const live = { spec: { m: { a: '1' }, lm: [{ k: 'a' }, { k: 'b' }] } };
    const merged = mergeTyped(live, { spec: { lm: [{ k: 'b', v: '1' }] } }, schema);
    expect(getPath(merged, 'spec', 'm')).toBe(live.spec.m);
    expect((getPath(merged, 'spec', 'lm') as readonly Json[])[0]).toBe(live.spec.lm[0]);
  });
});
