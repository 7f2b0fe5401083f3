import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import { indexItems, itemElement } from './list-items.ts';
import type { MergeList } from './merge-schema.ts';
import { deducedSchema } from './merge-schema.ts';

const set: MergeList = { relation: 'set', element: deducedSchema, keys: [], keyDefaults: {} };
const keyed: MergeList = { ...set, relation: 'map', keys: ['port', 'protocol'], keyDefaults: { protocol: 'TCP' } };

describe('the path element of an item', () => {
  it.each<[string, MergeList, Json, string]>([
    ['text in a set', set, 'a', 'v:"a"'],
    ['a number in a set', set, 1, 'v:1'],
    ['null in a set', set, null, 'v:null'],
    [
      'all keys of a keyed item, in the order of the keys',
      keyed,
      { protocol: 'UDP', port: 80 },
      'k:{"port":80,"protocol":"UDP"}',
    ],
    ['a default for an absent key', keyed, { port: 80 }, 'k:{"port":80,"protocol":"TCP"}'],
    [
      'what is no key does not count',
      keyed,
      { name: 'x', port: 80, protocol: 'TCP' },
      'k:{"port":80,"protocol":"TCP"}',
    ],
  ])('%s', (_name, list, item, element) => {
    expect(itemElement(list, item)).toEqual({ element });
  });

  it.each<[string, MergeList, Json, string]>([
    ['a map in a set', set, { a: 1 }, "associative list without keys has an element that's a map type"],
    ['a list in a set', set, [1], 'not supported: associative list with lists as elements'],
    ['null in a keyed list', keyed, null, 'associative list with keys may not have a null element'],
    ['text in a keyed list', keyed, 'a', 'associative list with keys may not have non-map elements'],
    ['a list in a keyed list', keyed, [], 'associative list with keys may not have non-map elements'],
    [
      'an item without a key',
      keyed,
      { protocol: 'TCP' },
      'associative list with keys has an element that omits key field "port" (and doesn\'t have default value)',
    ],
  ])('%s has none', (_name, list, item, error) => {
    expect(itemElement(list, item)).toEqual({ error });
  });

  it('a key that every object inherits is absent all the same', () => {
    expect(itemElement({ ...keyed, keys: ['constructor'], keyDefaults: {} }, {})).toHaveProperty('error');
  });
});

it('items are found by element, those that are there twice in their order, those without one not at all', () => {
  const a1 = { port: 1, protocol: 'TCP' };
  const a2 = { port: 1, name: 'second' };
  const b = { port: 2 };
  const index = indexItems(keyed, [a1, { protocol: 'TCP' }, b, a2]);
  expect([...index]).toEqual([
    ['k:{"port":1,"protocol":"TCP"}', [a1, a2]],
    ['k:{"port":2,"protocol":"TCP"}', [b]],
  ]);
});
