import { describe, expect, it } from 'vitest';
import { gadgetSchema } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath } from '../values/json.ts';
import { emptySet, encodeFieldSet } from './field-set.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { compareTyped } from './typed-compare.ts';

const schema = mergeSchemaOf(gadgetSchema);

/** What differs below a field of `spec`, in the wire form; undefined where nothing does. */
function differences(field: string, before: Json | undefined, after: Json | undefined) {
  const [left, right] = [before, after].map((value) => ({ spec: { n: 1, [field]: value } }));
  const { changed, removed } = compareTyped(left, right, schema);
  const below = (set: typeof changed): Json | undefined => getPath(encodeFieldSet(set), 'f:spec', `f:${field}`);
  return { changed: below(changed), removed: below(removed) };
}

const none = undefined;
const item = (k: string, below: JsonObject = {}): JsonObject => ({ [`k:{"k":"${k}"}`]: below });

describe('what differs between two values', () => {
  it.each<[string, string, Json | undefined, Json | undefined, Json | undefined, Json | undefined]>([
    ['a scalar changes', 'n', 1, 2, {}, none],
    ['a scalar stays', 'n', 1, 1, none, none],
    ['a scalar comes', 's', none, 'x', {}, none],
    ['a scalar goes', 's', 'x', none, none, {}],
    ['a scalar becomes null', 'nul', 'x', null, {}, none],
    ['null becomes a scalar', 'nul', null, 'x', {}, none],
    ['null goes', 'nul', null, none, none, {}],
    [
      'a key changes, one comes, one goes, one stays',
      'm',
      { a: '1', b: '1', d: '1' },
      { a: '2', c: '1', d: '1' },
      { 'f:a': {}, 'f:c': {} },
      { 'f:b': {} },
    ],
    ['a map comes', 'm', none, { a: '1' }, { '.': {}, 'f:a': {} }, none],
    ['a map goes', 'm', { a: '1' }, none, none, { '.': {}, 'f:a': {} }],
    ['an empty map comes', 'm', none, {}, {}, none],
    ['an empty map goes', 'm', {}, none, none, {}],
    ['an empty map becomes null', 'm', {}, null, {}, none],
    ['an empty map is filled', 'm', {}, { a: '1' }, { 'f:a': {} }, none],
    ['a map is emptied', 'm', { a: '1' }, {}, none, { 'f:a': {} }],
    ['a map becomes null', 'm', { a: '1' }, null, none, { 'f:a': {} }],
    ['a key that holds nothing is not there', 'm', { a: '1', b: undefined }, { a: '1' }, none, none],
    ['an atomic map changes', 'at', { a: '1' }, { a: '1', b: '2' }, {}, none],
    ['an atomic map stays', 'at', { a: '1' }, { a: '1' }, none, none],
    ['an atomic map goes', 'at', { a: '1' }, none, none, {}],
    ['an atomic list is in another order', 'la', ['a', 'b'], ['b', 'a'], {}, none],
    ['an atomic list comes', 'la', none, ['a'], {}, none],
    ['a set is in another order', 'ls', ['a', 'b'], ['b', 'a'], none, none],
    ['a member comes, one goes', 'ls', ['a', 'b'], ['b', 'c'], { 'v:"c"': {} }, { 'v:"a"': {} }],
    ['a set comes', 'ls', none, ['a'], { '.': {}, 'v:"a"': {} }, none],
    ['a set goes', 'ls', ['a'], none, none, { '.': {}, 'v:"a"': {} }],
    ['an empty set becomes null', 'ls', [], null, {}, none],
    ['a set is emptied', 'ls', ['a'], [], none, { 'v:"a"': {} }],
    ['a member is there once more', 'ls', ['a'], ['a', 'a'], { 'v:"a"': {} }, none],
    ['a member is there once less', 'ls', ['a', 'a'], ['a'], { 'v:"a"': {} }, none],
    ['members that are there twice stay', 'ls', ['a', 'a'], ['a', 'a'], none, none],
    ['members that are there twice go', 'ls', ['a', 'a', 'b'], ['b'], none, { 'v:"a"': {} }],
    [
      'a field of an item changes',
      'lm',
      [{ k: 'a', v: '1' }, { k: 'b' }],
      [{ k: 'b' }, { k: 'a', v: '2' }],
      item('a', { 'f:v': {} }),
      none,
    ],
    ['an item comes', 'lm', [{ k: 'a' }], [{ k: 'a' }, { k: 'b' }], item('b', { '.': {}, 'f:k': {} }), none],
    ['an item goes', 'lm', [{ k: 'a' }, { k: 'b' }], [{ k: 'a' }], none, item('b', { '.': {}, 'f:k': {} })],
    ['a field that the schema does not know comes', 'zzz', none, 1, none, none],
    ['a field that the schema does not know goes', 'zzz', 1, none, none, none],
    ['a free map becomes a scalar', 'pu', { x: { y: 1 } }, { x: 1 }, { 'f:x': {} }, { 'f:x': { 'f:y': {} } }],
    ['a free scalar becomes a map', 'pu', { x: 1 }, { x: { y: 1 } }, { 'f:x': { '.': {}, 'f:y': {} } }, none],
  ])('%s', (_name, field, before, after, changed, removed) => {
    expect(differences(field, before, after)).toEqual({ changed, removed });
  });

  it('nothing costs nothing: equal values and values that are the same have no paths at all', () => {
    const spec = { n: 1, m: { a: '1' }, ls: ['a'], lm: [{ k: 'a', v: '1' }], at: { a: '1' }, la: ['a'] };
    for (const after of [spec, structuredClone(spec)]) {
      const { changed, removed } = compareTyped({ spec }, { spec: after }, schema);
      expect([changed, removed]).toEqual([emptySet, emptySet]);
    }
  });

  it('a whole object that comes is changed, one that goes is removed', () => {
    const object = { spec: { n: 1 } };
    const whole = { member: true, children: new Map([['f:spec', expect.objectContaining({ member: true })]]) };
    expect(compareTyped(undefined, object, schema)).toEqual({ changed: whole, removed: emptySet });
    expect(compareTyped(object, undefined, schema)).toEqual({ changed: emptySet, removed: whole });
  });
});
