import { describe, expect, it } from 'vitest';
import { deepFreeze, type Json, type JsonObject } from '../values/json.ts';
import { PatchError } from './patch-error.ts';
import { applyStrategicMergePatch, type PatchSchema } from './strategic-merge-patch.ts';

const schema: PatchSchema = {
  lists: {
    set: { strategy: 'merge' },
    keyed: { mergeKey: 'k' },
    'keyed.inner': { mergeKey: 'k' },
    'deep.set': { strategy: 'merge' },
    whole: { mergeKey: 'k', strategy: 'replace' },
  },
};

const apply = (target: Json, patch: Json): Json =>
  applyStrategicMergePatch(deepFreeze<Json>(target), deepFreeze<Json>(patch), schema);
const a = { k: 'a', v: 1 };
const b = { k: 'b', v: 1 };

describe('a strategic merge patch', () => {
  it.each<[string, Json, Json, Json]>([
    [
      'merges maps at any depth',
      { m: { x: 1, y: { z: 1 } } },
      { m: { y: { w: 2 } } },
      { m: { x: 1, y: { z: 1, w: 2 } } },
    ],
    ['takes a key away by null', { m: { x: 1, y: 1 } }, { m: { x: null } }, { m: { y: 1 } }],
    ['takes nothing away by a key that holds nothing', { x: 1, y: 1 }, { x: undefined, y: 2 }, { x: 1, y: 2 }],
    ['puts a map over a scalar, without its nulls', { x: 1 }, { x: { y: null, z: 1 } }, { x: { z: 1 } }],
    ['puts a list over a scalar', { set: 1 }, { set: ['a'] }, { set: ['a'] }],
    ['puts a scalar over a list', { set: ['a'] }, { set: 'x' }, { set: 'x' }],
    ['puts a scalar over a map', { m: { x: 1 } }, { m: 1 }, { m: 1 }],
    ['puts a list over a map', { m: { x: 1 } }, { m: [1] }, { m: [1] }],
    ['puts a map over a list', { set: ['a'] }, { set: { x: 1 } }, { set: { x: 1 } }],
    ['leaves directives out of what is new', {}, { m: { x: { $patch: 'delete' }, y: 1 } }, { m: { y: 1 } }],
    ['leaves directives out of a new list', {}, { keyed: [a, { k: 'b', $patch: 'delete' }] }, { keyed: [a] }],
    ['makes nothing of a directive over nothing', {}, { m: { $patch: 'delete' } }, {}],
    ['takes a scalar away by a directive', { m: 1, x: 1 }, { m: { $patch: 'delete' } }, { x: 1 }],
    ['empties a map', { m: { x: 1 } }, { m: { $patch: 'delete', y: 1 } }, { m: {} }],
    ['replaces a map', { m: { x: 1 } }, { m: { $patch: 'replace', y: 1 } }, { m: { y: 1 } }],
    ['replaces the whole', { x: 1 }, { $patch: 'replace', y: 1 }, { y: 1 }],
    ['replaces a list that has no rule', { other: [1, 2] }, { other: [3] }, { other: [3] }],
    ['replaces a list whose rule says so', { whole: [a] }, { whole: [b] }, { whole: [b] }],
    ['adds to a set what is not there', { set: ['a', 'b'] }, { set: ['c', 'a'] }, { set: ['c', 'a', 'b'] }],
    [
      'knows a set by its whole path',
      { deep: { set: ['a'] }, set: ['a'] },
      { deep: { set: ['b'] } },
      { deep: { set: ['b', 'a'] }, set: ['a'] },
    ],
    ['leaves an empty list under an empty one', { set: [], keyed: [] }, { set: [], keyed: [] }, { set: [], keyed: [] }],
    ['fills an empty list', { set: [], keyed: [] }, { set: ['a'], keyed: [a] }, { set: ['a'], keyed: [a] }],
    [
      'takes nothing from a list by an empty one',
      { set: ['a'], keyed: [a] },
      { set: [], keyed: [] },
      { set: ['a'], keyed: [a] },
    ],
    ['merges items by key', { keyed: [a, b] }, { keyed: [{ k: 'b', w: 2 }] }, { keyed: [a, { ...b, w: 2 }] }],
    ['adds an item', { keyed: [a] }, { keyed: [b] }, { keyed: [b, a] }],
    [
      'adds an item that the patch has twice once',
      { keyed: [a] },
      {
        keyed: [
          { k: 'n', x: 1 },
          { k: 'n', y: 2 },
        ],
      },
      { keyed: [{ k: 'n', x: 1, y: 2 }, a] },
    ],
    [
      'changes the first of two items with one key',
      { keyed: [a, a] },
      { keyed: [{ k: 'a', v: 2 }] },
      { keyed: [{ k: 'a', v: 2 }, a] },
    ],
    ['takes an item away', { keyed: [a, b] }, { keyed: [{ k: 'a', $patch: 'delete' }] }, { keyed: [b] }],
    [
      'takes an item away and changes another',
      { keyed: [a, b] },
      {
        keyed: [
          { k: 'a', $patch: 'delete' },
          { k: 'b', v: 2 },
        ],
      },
      { keyed: [{ k: 'b', v: 2 }] },
    ],
    [
      'replaces a keyed list by the items beside the directive',
      { keyed: [a] },
      { keyed: [b, { $patch: 'replace' }] },
      { keyed: [b] },
    ],
    [
      'merges lists in items by their own path',
      { keyed: [{ k: 'a', inner: [{ k: 'x', v: 1 }] }] },
      { keyed: [{ k: 'a', inner: [{ k: 'x', w: 2 }] }] },
      { keyed: [{ k: 'a', inner: [{ k: 'x', v: 1, w: 2 }] }] },
    ],
    [
      'replaces an item by a directive in it',
      { keyed: [{ k: 'a', m: { x: 1 } }] },
      { keyed: [{ k: 'a', m: { $patch: 'replace', y: 1 } }] },
      { keyed: [{ k: 'a', m: { y: 1 } }] },
    ],
  ])('%s', (_name, target, patch, expected) => {
    expect(apply(target, patch)).toStrictEqual(expected);
  });

  it.each<[string, Json, Json, string]>([
    ['for no map', [], {}, 'invalid JSON document'],
    ['that is no map', {}, [], 'invalid JSON document'],
    [
      'with a directive that is none',
      { m: {} },
      { m: { $patch: 'odd' } },
      'unknown patch type: odd in map: map[$patch:odd]',
    ],
    [
      'with a directive that is none in a list',
      { keyed: [a] },
      { keyed: [{ k: 'a', $patch: 'odd' }] },
      'unknown patch type: odd in map: map[$patch:odd k:a]',
    ],
    [
      'with a directive to merge a list',
      { keyed: [a] },
      { keyed: [{ $patch: 'merge' }] },
      'merging lists cannot yet be specified in the patch',
    ],
    [
      'with an item without its key',
      { keyed: [a] },
      { keyed: [{ v: 1 }] },
      'map: map[v:1] does not contain declared merge key: k',
    ],
    [
      'with an item without its key over one like it',
      { keyed: [{ v: 1 }] },
      { keyed: [{ w: 1 }] },
      'map: map[w:1] does not contain declared merge key: k',
    ],
    ['with items of another kind', { set: ['a'] }, { set: [1] }, 'list element types are not identical: [[a] [1]]'],
    ['with maps in a set', { set: [{ x: 1 }] }, { set: [{ y: 1 }] }, 'cannot merge lists without merge key for set'],
    [
      'with a misspelt deletion',
      { set: ['a'] },
      { $deleteFromPrimitiveListset: ['a'] },
      'invalid patch format of primitive list',
    ],
    [
      'with a misspelt order',
      { set: ['a'] },
      { $setElementOrderset: ['a'] },
      'invalid patch format of setElementOrder list',
    ],
    [
      'with an order that is no list',
      { set: ['a'] },
      { '$setElementOrder/set': 'a' },
      'expected a []interface {}, but received a string',
    ],
    [
      'with an order that is a map',
      { set: ['a'] },
      { '$setElementOrder/set': {} },
      'expected a []interface {}, but received a map[string]interface {}',
    ],
    [
      'with an order of what is no list',
      { set: 'a' },
      { '$setElementOrder/set': ['a'] },
      'expected a []interface {}, but received a string',
    ],
    [
      'with an order and a null',
      { set: ['a'] },
      { '$setElementOrder/set': ['a'], set: null },
      'expected a []interface {}, but received a %!s(<nil>)',
    ],
    ['with retained keys that are no list', { x: 1 }, { $retainKeys: 'x' }, 'invalid patch format of retainKeys'],
    ['that sets what it does not retain', { x: 1 }, { $retainKeys: ['x'], y: 1 }, 'invalid patch format of retainKeys'],
  ])('%s is refused', (_name, target, patch, message) => {
    expect(() => apply(target, patch)).toThrow(new PatchError(message));
  });
});

describe('retained keys', () => {
  it.each<[string, Json, JsonObject, Json]>([
    ['stay, the rest goes', { x: 1, y: 1, z: 1 }, { $retainKeys: ['x', 'z'], z: 2 }, { x: 1, z: 2 }],
    ['may stand beside a null for another', { x: 1, y: 1 }, { $retainKeys: ['x'], y: null }, { x: 1 }],
    [
      'may stand beside directives for lists',
      { set: ['a', 'b'], y: 1 },
      { $retainKeys: ['set'], '$deleteFromPrimitiveList/set': ['a'] },
      { set: ['b'] },
    ],
    [
      'may stand beside the order of a list',
      { set: ['a', 'b'], y: 1 },
      { $retainKeys: ['set'], '$setElementOrder/set': ['b', 'a'] },
      { set: ['b', 'a'] },
    ],
    [
      'count in the map that they stand in',
      { m: { x: 1, y: 1 }, y: 1 },
      { m: { $retainKeys: ['x'] } },
      { m: { x: 1 }, y: 1 },
    ],
  ])('%s', (_name, target, patch, expected) => {
    expect(apply(target, patch)).toEqual(expected);
  });
});

describe('deletions from a set', () => {
  it.each<[string, Json, Json, Json]>([
    ['take each of the values away', { set: ['a', 'b', 'a', 'c'] }, ['a', 'c'], { set: ['b'] }],
    ['of what is not there take nothing', { set: ['a'] }, ['b'], { set: ['a'] }],
    ['may leave nothing', { set: ['a'] }, ['a'], { set: [] }],
    ['of nothing from nothing', { set: [] }, [], { set: [] }],
    ['that are null take the list', { set: ['a'] }, null, {}],
    ['from what is no list do nothing', { set: 'a' }, ['a'], { set: 'a' }],
    ['from nothing do nothing', {}, ['a'], {}],
    ['that are no list do nothing', { set: ['a'] }, 'a', { set: ['a'] }],
  ])('%s', (_name, target, values, expected) => {
    expect(apply(target, { '$deleteFromPrimitiveList/set': values })).toEqual(expected);
  });

  it('of another kind are refused', () => {
    expect(() => apply({ set: ['a'] }, { '$deleteFromPrimitiveList/set': [1] })).toThrow(PatchError);
  });
});

describe('the order of a list', () => {
  const ordered = (live: Json | undefined, change: Json | undefined, order: Json): Json | undefined => {
    const target = live === undefined ? {} : { keyed: live };
    const patch = { '$setElementOrder/keyed': order, ...(change === undefined ? {} : { keyed: change }) };
    return (apply(target, patch) as JsonObject)['keyed'];
  };
  const [c, d] = [{ k: 'c' }, { k: 'd' }];

  it.each<[string, Json | undefined, Json | undefined, Json, Json | undefined]>([
    ['alone sorts what is there', [a, b, c], undefined, [{ k: 'c' }, { k: 'a' }], [b, c, a]],
    ['without any list makes none', undefined, undefined, [{ k: 'a' }], undefined],
    ['sorts what is new', undefined, [a, b], [{ k: 'a' }, { k: 'b' }], [a, b]],
    ['leaves directives out of what is new', undefined, [a, { k: 'b', $patch: 'delete' }], [{ k: 'a' }], [a]],
    ['sorts what is there and new', [a], [b], [{ k: 'b' }, { k: 'a' }], [b, a]],
    ['places what is new behind', [a, b], [c], [{ k: 'a' }, { k: 'b' }, { k: 'c' }], [a, b, c]],
    [
      'goes with a deletion anywhere',
      [a, b, c],
      [{ k: 'b', $patch: 'delete' }, d],
      [{ k: 'd' }, { k: 'a' }, { k: 'c' }],
      [d, a, c],
    ],
    [
      'goes with a deletion behind',
      [a, b, c],
      [d, { k: 'b', $patch: 'delete' }],
      [{ k: 'd' }, { k: 'a' }, { k: 'c' }],
      [d, a, c],
    ],
    ['goes with a replacement before', [a], [{ $patch: 'replace' }, c, b], [{ k: 'c' }, { k: 'b' }], [c, b]],
    ['may name more than is there', [a], undefined, [{ k: 'z' }, { k: 'a' }], [a]],
    ['that is empty sorts nothing', [a, b], [{ k: 'b', w: 1 }], [], [a, { ...b, w: 1 }]],
    [
      'goes by the places that the live items have',
      [a, b, c],
      [{ k: 'c', w: 1 }],
      [{ k: 'c' }],
      [a, b, { k: 'c', w: 1 }],
    ],
    [
      'that is empty leaves the live order to a list that is replaced',
      [a, b],
      [b, c, { $patch: 'replace' }],
      [],
      [c, b],
    ],
  ])('%s', (_name, live, change, order, expected) => {
    expect(ordered(live, change, order)).toEqual(expected);
  });

  it('must be that of the patch', () => {
    const order = [{ k: 'b' }, { k: 'a' }];
    expect(() => ordered([a], [{ k: 'a' }, { k: 'b' }], order)).toThrow(
      "The order in patch list:\n[map[k:a] map[k:b]]\n doesn't match $setElementOrder list:\n[map[k:b] map[k:a]]\n",
    );
    expect(() => ordered([a], [{ k: 'n' }], order)).toThrow("doesn't match");
    expect(() => ordered([a], [{ k: 'n' }], [{ k: 'z' }])).toThrow("doesn't match");
    expect(() => ordered([a], [{ k: 'b' }, { k: 'a' }], order)).not.toThrow();
    const withoutKey = { '$setElementOrder/other': [{ x: 1 }], other: [{ x: 1 }, { x: 2, $patch: 'delete' }] };
    expect(() => apply({}, withoutKey)).toThrow("doesn't match");
  });

  it('is for items of one kind', () => {
    expect(() => apply({}, { '$setElementOrder/set': ['a'], set: ['a', 1] })).toThrow(PatchError);
    expect(() => apply({ set: ['a', 1] }, { '$setElementOrder/set': ['a'] })).toThrow(PatchError);
  });

  it('leaves the patch: the list is not merged twice', () => {
    const patch = { '$setElementOrder/set': ['b', 'a'], set: ['b'] };
    expect(apply({ set: ['a'] }, patch)).toEqual({ set: ['b', 'a'] });
    expect(Object.keys(apply({}, patch) as JsonObject)).toEqual(['set']);
  });
});
