import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { createWorkGuard } from '../values/work-guard.ts';
import type { Check, Failure } from './schema-check.ts';
import { errorsOf } from './schema-check.ts';
import { compileEmbedded, compileUniqueness, mapKeyOf } from './schema-lists.ts';

function said(check: Check | undefined, value: Json): readonly string[] {
  const failures: Failure[] = [];
  check?.(
    value,
    undefined,
    failures,
    createWorkGuard(10_000, () => 0),
  );
  return errorsOf(failures).map(({ field, message }) => `${field}: ${message}`);
}

const set: StructuralSchema = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
const map: StructuralSchema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['k', 'p'],
  items: { type: 'object', properties: { in: set } },
};
const at = (schema: StructuralSchema): StructuralSchema => ({ type: 'object', properties: { v: schema } });

describe('duplicates', () => {
  it.each<[string, StructuralSchema, Json, readonly string[]]>([
    [
      'of a set are told, each time',
      at(set),
      { v: ['a', 'b', 'a', 'a'] },
      ['v[2]: Duplicate value: "a"', 'v[3]: Duplicate value: "a"'],
    ],
    ['of a set of two', at(set), { v: ['a', 'a'] }, ['v[1]: Duplicate value: "a"']],
    ['are none in a set that has none', at(set), { v: ['a', 'b'] }, []],
    ['are none where types differ', at(set), { v: ['1', 1] }, []],
    [
      'of a set of maps are found whatever the order of keys',
      at(set),
      {
        v: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      },
      ['v[1]: Duplicate value: map[string]interface {}{"a":1, "b":2}'],
    ],
    [
      'of a keyed list need all keys',
      at(map),
      {
        v: [
          { k: 1, p: 1 },
          { k: 1, p: 2 },
          { k: 2, p: 1 },
        ],
      },
      [],
    ],
    [
      'of a keyed list go by the keys alone',
      at(map),
      {
        v: [
          { k: 1, p: 1, x: 1 },
          { k: 1, p: 1, x: 2 },
        ],
      },
      ['v[1]: Duplicate value: map[string]interface {}{"k":1, "p":1}'],
    ],
    [
      'of a keyed list: what is no object is told',
      at(map),
      { v: [{ k: 1 }, 'x'] },
      ['v[1]: Invalid value: "x": must be an object for an array of list-type map'],
    ],
    ['are not looked for in an atomic list', at({ type: 'array', items: { type: 'string' } }), { v: ['a', 'a'] }, []],
    ['are not looked for in what is no list', at(set), { v: 'aa' }, []],
    ['are found in items', at(map), { v: [{ k: 1, in: ['a', 'a'] }] }, ['v[0].in[1]: Duplicate value: "a"']],
    [
      'are found below free keys',
      { type: 'object', additionalProperties: set },
      { x: ['a'], y: ['b', 'b'] },
      ['y[1]: Duplicate value: "b"'],
    ],
    [
      'are found below a named key beside free ones',
      { type: 'object', properties: { v: set }, additionalProperties: set },
      { v: ['a', 'a'], y: ['b', 'b'] },
      ['v[1]: Duplicate value: "a"', 'y[1]: Duplicate value: "b"'],
    ],
    ['are found below an object in an object', at(at(set)), { v: { v: ['a', 'a'] } }, ['v.v[1]: Duplicate value: "a"']],
  ])('%s', (_name, schema, value, expected) => {
    expect(said(compileUniqueness(schema), value)).toEqual(expected);
  });

  it('need no walk where a schema has no such list', () => {
    expect(compileUniqueness(at({ type: 'array', items: { type: 'string' } }))).toBeUndefined();
    expect(compileUniqueness(at(set))).toBeDefined();
  });
});

describe('an embedded resource', () => {
  const embedded: StructuralSchema = { type: 'object', 'x-kubernetes-embedded-resource': true };
  it.each<[Json, readonly string[]]>([
    [{ apiVersion: 'v1', kind: 'K' }, []],
    [{ apiVersion: 'v1', kind: 'K', metadata: {} }, []],
    [{ apiVersion: 'v1', kind: 'K', metadata: null }, []],
    [{ apiVersion: 'v1', kind: 'K', metadata: 'x' }, ['v.metadata: Invalid value: "x": must be an object']],
    [{ apiVersion: 'v1', kind: 'K', metadata: [] }, ['v.metadata: Invalid value: []interface {}{}: must be an object']],
    [{ kind: 'K' }, ['v.apiVersion: Required value: must not be empty']],
    [{ apiVersion: '', kind: 'K' }, ['v.apiVersion: Required value: must not be empty']],
    [{ apiVersion: 'v1', kind: 1 }, ['v.kind: Required value: must not be empty']],
    [{}, ['v.apiVersion: Required value: must not be empty', 'v.kind: Required value: must not be empty']],
    ['x', []],
  ])('says what it is: %j', (value, expected) => {
    expect(said(compileEmbedded(at(embedded)), { v: value })).toEqual(expected);
  });

  it('is not looked for where a schema has none', () => {
    expect(compileEmbedded(at({ type: 'object' }))).toBeUndefined();
    expect(said(compileEmbedded(at(embedded)), {})).toEqual([]);
  });
});

describe('what identifies an item', () => {
  it('is its keys, in whatever order, and nothing for what is no object', () => {
    const key = mapKeyOf(map);
    expect(key?.({ k: 1, p: 2, x: 1 })).toBe(key?.({ p: 2, k: 1, x: 2 }));
    expect(key?.({ k: 1, p: 2 })).not.toBe(key?.({ k: 2, p: 1 }));
    expect(key?.({ k: 1 })).not.toBe(key?.({ p: 1 }));
    expect(key?.('x')).toBeUndefined();
  });

  it('is nothing in other lists', () => {
    expect(mapKeyOf(set)).toBeUndefined();
    expect(mapKeyOf({ ...map, 'x-kubernetes-list-type': 'atomic' })).toBeUndefined();
    expect(mapKeyOf({ type: 'array', 'x-kubernetes-list-type': 'map' })).toBeUndefined();
  });
});
