import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../values/json.ts';
import type { FieldSet } from './field-set.ts';
import {
  decodeFieldSet,
  differenceSets,
  emptySet,
  encodeFieldSet,
  equalSets,
  fieldSetOfPaths,
  intersectSets,
  isEmptySet,
  isSubset,
  pathTexts,
  unionSets,
} from './field-set.ts';

const paths = fc.array(fc.array(fc.constantFrom('a', 'b', '__proto__'), { minLength: 1, maxLength: 3 }), {
  maxLength: 5,
});
const set: fc.Arbitrary<FieldSet> = paths.map((list) => fieldSetOfPaths(...list));

describe('field sets', () => {
  test('obey the laws of sets', () => {
    fc.assert(
      fc.property(set, set, (left, right) => {
        const union = unionSets(left, right);
        const both = intersectSets(left, right);
        expect(equalSets(union, unionSets(right, left))).toBe(true);
        expect(equalSets(both, differenceSets(left, differenceSets(left, right)))).toBe(true);
        expect(equalSets(unionSets(differenceSets(left, right), both), left)).toBe(true);
        expect(isEmptySet(intersectSets(differenceSets(left, right), right))).toBe(true);
        expect(isSubset(left, union) && isSubset(both, left)).toBe(true);
        expect(isSubset(left, right)).toBe(isEmptySet(differenceSets(left, right)));
      }),
    );
  });

  test('survive their wire form', () => {
    fc.assert(
      fc.property(set, (any) => {
        const wire = JSON.parse(JSON.stringify(encodeFieldSet(any))) as JsonObject;
        expect(equalSets(decodeFieldSet(wire) ?? emptySet, any)).toBe(true);
      }),
    );
  });

  test('print paths as Kubernetes does: what ends at a level before what goes on', () => {
    const wire: JsonObject = {
      'f:spec': {
        '.': {},
        'f:z': {},
        'f:l': { 'k:{"b":1,"a":"x"}': { '.': {}, 'f:v': {} }, 'v:"s"': {}, 'i:0': {} },
      },
    };
    expect(pathTexts(decodeFieldSet(wire) ?? emptySet)).toEqual([
      '.spec',
      '.spec.z',
      '.spec.l[a="x",b=1]',
      '.spec.l[="s"]',
      '.spec.l[0]',
      '.spec.l[a="x",b=1].v',
    ]);
  });

  test('are not read from what Kubernetes would not write', () => {
    for (const wire of [{ spec: {} }, { 'f:a': 1 }, { 'k:{': {} }, { 'i:x': {} }, { 'x:y': {} }]) {
      expect(decodeFieldSet(wire as JsonObject)).toBeUndefined();
    }
    let deep: JsonObject = {};
    for (let i = 0; i < 20_000; i++) deep = { 'f:a': deep };
    expect(decodeFieldSet(deep)).toBeUndefined();
  });
});
