import { describe, expect, it } from 'vitest';
import type { Json } from '../values/json.ts';
import { applyMergePatch, createMergePatch, withoutNulls } from './merge-patch.ts';

describe('a merge patch', () => {
  it.each<[string, Json | undefined, Json, Json]>([
    ['null removes, and only what it names', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['null of what is not there does nothing', { a: 1 }, { b: null }, { a: 1 }],
    ['a null that stands already stays when it is not named', { a: null, b: 1 }, { b: 2 }, { a: null, b: 2 }],
    [
      'objects are merged at any depth',
      { a: { b: { c: 1, d: 2 } } },
      { a: { b: { d: 3 } } },
      { a: { b: { c: 1, d: 3 } } },
    ],
    ['null removes at any depth', { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    ['an object of which all is removed stays, empty', { a: { b: 1 } }, { a: { b: null } }, { a: {} }],
    ['an object replaces a scalar, without its nulls', { a: 1 }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
    ['an object replaces a list', { a: [1] }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['an object replaces null', { a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['a new object is without its nulls at any depth', {}, { a: { b: { c: null } } }, { a: { b: {} } }],
    ['a list replaces a list as a whole', { a: [1, 2, 3] }, { a: [4] }, { a: [4] }],
    ['an empty list replaces a list', { a: [1] }, { a: [] }, { a: [] }],
    ['a null as an item of a list stays', { a: [1] }, { a: [null, 1] }, { a: [null, 1] }],
    [
      'false, zero and the empty text are values',
      { a: 1, b: 1, c: 'x' },
      { a: false, b: 0, c: '' },
      { a: false, b: 0, c: '' },
    ],
    ['a key that holds nothing leaves what is there', { a: 1, b: 1 }, { a: undefined, b: 2 }, { a: 1, b: 2 }],
    ['a scalar replaces the whole', { a: 1 }, 'x', 'x'],
    ['null replaces the whole', { a: 1 }, null, null],
    ['a list replaces the whole', { a: 1 }, [1], [1]],
    ['an object replaces a scalar as the whole', 5, { a: null, b: 1 }, { b: 1 }],
    ['an object over nothing is itself without nulls', undefined, { a: { b: null }, c: 1 }, { a: {}, c: 1 }],
  ])('%s', (_name, target, patch, expected) => {
    const before = structuredClone(target);
    expect(applyMergePatch(target, patch)).toEqual(expected);
    expect(target).toEqual(before);
  });

  it.each<[string, Json, Json, Json]>([
    ['only what differs', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['only what differs, at any depth', { a: { b: 1, c: 1 } }, { a: { b: 1, c: 2 } }, { a: { c: 2 } }],
    ['null for what goes', { a: 1, b: { c: 1, d: 1 } }, { b: { d: 1 } }, { a: null, b: { c: null } }],
    ['what is new', {}, { a: { b: 1 } }, { a: { b: 1 } }],
    ['lists as a whole', { a: [1, 2] }, { a: [2, 1] }, { a: [2, 1] }],
    ['an object in the place of a scalar', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['a scalar in the place of an object', { a: { b: 1 } }, { a: 1 }, { a: 1 }],
    ['an object that is emptied', { a: { b: 1 } }, { a: {} }, { a: { b: null } }],
    ['nothing', { a: [{ b: 1 }] }, { a: [{ b: 1 }] }, {}],
    ['nothing of keys that hold nothing', { a: undefined, b: 1 }, { b: 1, c: undefined }, {}],
    ['an object in the place of null', { a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['the whole when it is no object', { a: 1 }, [1], [1]],
    ['the whole when it was no object', 1, { a: 1 }, { a: 1 }],
  ])('between two values says %s', (_name, from, to, patch) => {
    expect(createMergePatch(from, to)).toEqual(patch);
    expect(applyMergePatch(from, patch)).toEqual(to);
  });

  it('without nulls keeps items of lists, and all else', () => {
    expect(withoutNulls({ a: null, b: [null, { c: null, d: 0 }], e: { f: null }, g: false })).toEqual({
      b: [null, { d: 0 }],
      e: {},
      g: false,
    });
  });
});
