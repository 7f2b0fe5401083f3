import { describe, expect, test } from 'vitest';
import { gadget, gadgetSchema, gadgetServer as server } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath, isList } from '../values/json.ts';
import { serverSideApply, trackUpdate } from './apply.ts';
import { mergeSchemaOf } from './merge-schema.ts';

const schema = mergeSchemaOf(gadgetSchema);
const letters = (spec: Json | undefined): string => (getPath(spec, 'ls') as readonly string[]).join('');
const keys = (spec: Json | undefined): string =>
  (getPath(spec, 'lm') as readonly { readonly k: string }[]).map(({ k }) => k).join('');

/** Both kinds of list at once, each letter an item. */
const lists = (text: string): JsonObject => ({ spec: { ls: text.split(''), lm: text.split('').map((k) => ({ k })) } });

function timesOf(object: JsonObject): Readonly<Record<string, Json | undefined>> {
  const entries = getPath(object, 'metadata', 'managedFields');
  return Object.fromEntries(
    (isList(entries) ? entries : []).map((entry) => [getPath(entry, 'manager') as string, getPath(entry, 'time')]),
  );
}

describe('lists that several managers apply', () => {
  test.each<[string, readonly (readonly [string, string])[], string]>([
    [
      'the later manager adds behind',
      [
        ['a', 'ab'],
        ['b', 'xy'],
      ],
      'abxy',
    ],
    [
      'the later manager adds before an item of both',
      [
        ['a', 'ab'],
        ['b', 'xa'],
      ],
      'xab',
    ],
    [
      'the later manager turns what both have',
      [
        ['a', 'abc'],
        ['b', 'cb'],
      ],
      'acb',
    ],
    [
      'the first manager turns its own around one of others',
      [
        ['a', 'abc'],
        ['b', 'x'],
        ['a', 'cab'],
      ],
      'cxab',
    ],
    [
      'what one has alone goes, and only that',
      [
        ['a', 'abc'],
        ['b', 'xb'],
        ['a', 'c'],
      ],
      'xbc',
    ],
    [
      'what both have stays until both leave it out',
      [
        ['a', 'ab'],
        ['b', 'ab'],
        ['a', 'b'],
        ['b', 'b'],
      ],
      'b',
    ],
    [
      'what both have stays while one has it',
      [
        ['a', 'ab'],
        ['b', 'a'],
        ['a', 'b'],
      ],
      'ab',
    ],
    [
      'an empty list takes away what one has alone',
      [
        ['a', 'ab'],
        ['b', 'bx'],
        ['a', ''],
      ],
      'bx',
    ],
  ])('%s', (_name, applies, expected) => {
    const s = server();
    for (const [manager, text] of applies) expect(s.apply(manager, lists(text))).toMatchObject({ kind: 'applied' });
    expect([letters(s.spec), keys(s.spec)]).toEqual([expected, expected]);
  });

  test('an item that nobody owns stays, and so does one that an update added', () => {
    const s = server(gadgetSchema, gadget(lists('o')));
    s.apply('a', lists('ab'));
    s.update('u', (object) => ({ ...object, ...lists('oabu') }));
    s.apply('a', lists('b'));
    expect([letters(s.spec), keys(s.spec)]).toEqual(['obu', 'obu']);
  });

  test('an item goes as a whole, with what an owner of none of it put there', () => {
    const s = server(gadgetSchema, gadget({ spec: { lm: [{ k: 'a', w: 'nobody' }] } }));
    s.apply('m', { spec: { lm: [{ k: 'a', v: '1' }] } });
    expect(s.spec).toMatchObject({ lm: [{ k: 'a', v: '1', w: 'nobody' }] });
    s.apply('m', { spec: { lm: [{ k: 'b' }] } });
    expect(getPath(s.spec, 'lm')).toEqual([{ k: 'b' }]);
  });

  test('an item in which another owns a field stays with that field and its key', () => {
    const s = server();
    s.apply('a', { spec: { lm: [{ k: 'a', v: '1' }] } });
    s.apply('b', { spec: { lm: [{ k: 'a', w: '2' }] } });
    s.apply('a', { spec: { n: 1 } });
    expect(getPath(s.spec, 'lm')).toEqual([{ k: 'a', w: '2' }]);
    s.apply('b', { spec: { n: 1 } });
    expect(getPath(s.spec, 'lm')).toBeUndefined();
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['stay when the applier names none', [], ['x/one', 'x/two']],
    ['stay behind those of the applier', ['m/own'], ['x/one', 'x/two', 'm/own']],
    ['stay before and behind when the applier names one of them', ['x/two', 'm/own'], ['x/one', 'x/two', 'm/own']],
  ])('foreign finalizers %s', (_name, applied, expected) => {
    const s = server();
    s.update('x', () => gadget({ metadata: { finalizers: ['x/one', 'x/two'] } }));
    s.apply('m', { metadata: { finalizers: applied } });
    expect(getPath(s.object, 'metadata', 'finalizers')).toEqual(expected);
    s.apply('m', {});
    expect(getPath(s.object, 'metadata', 'finalizers')).toEqual(['x/one', 'x/two']);
  });
});

describe('what is owned as a whole', () => {
  const atomic: readonly [string, Json, Json][] = [
    ['at', { a: '1' }, { b: '2' }],
    ['la', ['a'], ['b']],
  ];
  test.each(atomic)(
    '%s conflicts at any difference, is shared when equal, and is replaced by force',
    (field, one, two) => {
      const s = server();
      s.apply('a', { spec: { [field]: one } });
      expect(s.apply('b', { spec: { [field]: two } })).toMatchObject({
        kind: 'conflict',
        causes: [{ field: `.spec.${field}` }],
      });
      expect(s.apply('b', { spec: { [field]: one } })).toMatchObject({ kind: 'applied' });
      const both = { 'f:spec': { [`f:${field}`]: {} } };
      expect(s.owners()).toEqual({ 'a/Apply': both, 'b/Apply': both });
      s.apply('b', { spec: { [field]: two } }, { force: true });
      expect(getPath(s.spec, field)).toEqual(two);
      expect(s.owners()).toEqual({ 'b/Apply': both });
      s.apply('b', { spec: { n: 1 } });
      expect(getPath(s.spec, field)).toBeUndefined();
    },
  );

  test('is not held against who changes a granular neighbour', () => {
    const s = server();
    s.apply('a', { spec: { m: { a: '1' }, lm: [{ k: 'a', v: '1' }], ls: ['a'] } });
    expect(s.apply('b', { spec: { m: { b: '2' }, lm: [{ k: 'a', w: '2' }], ls: ['b'] } })).toMatchObject({
      kind: 'applied',
    });
  });
});

describe('conflicts', () => {
  test('are with every manager that owns another value, appliers and updaters, and nothing is written', () => {
    const s = server();
    s.apply('a', { spec: { n: 1, s: 'x' } });
    s.apply('b', { spec: { n: 1 } });
    s.update('u', (object) => ({ ...object, spec: { ...(object['spec'] as JsonObject), num: 1 } }));
    const before = s.object;
    const outcome = s.apply('c', { spec: { n: 2, num: 2, s: 'x' } });
    expect(outcome).toMatchObject({ kind: 'conflict' });
    expect(outcome.kind === 'conflict' && outcome.causes.map(({ message, field }) => `${message}: ${field}`)).toEqual([
      'conflict with "a": .spec.n',
      'conflict with "b": .spec.n',
      'conflict with "u" using probe.test/v1: .spec.num',
    ]);
    expect(s.object).toBe(before);
  });

  test('force takes the field from all of them and leaves them the rest', () => {
    const s = server();
    s.apply('a', { spec: { n: 1, s: 'x' } });
    s.apply('b', { spec: { n: 1 } });
    s.apply('c', { spec: { n: 2 } }, { force: true });
    expect(s.owners()).toEqual({ 'a/Apply': { 'f:spec': { 'f:s': {} } }, 'c/Apply': { 'f:spec': { 'f:n': {} } } });
    // Who lost a field and no longer applies it does not take it away.
    s.apply('a', { spec: { s: 'x' } });
    expect(s.spec).toMatchObject({ n: 2 });
  });

  test('a manager never conflicts with itself, but does with its own updates', () => {
    const s = server();
    s.apply('a', { spec: { n: 1 } });
    expect(s.apply('a', { spec: { n: 2 } })).toMatchObject({ kind: 'applied' });
    s.update('a', (object) => ({ ...object, spec: { ...(object['spec'] as JsonObject), n: 3 } }));
    expect(s.apply('a', { spec: { n: 4 } })).toMatchObject({ kind: 'conflict', causes: [{ field: '.spec.n' }] });
  });

  test('what nobody owns is taken without force', () => {
    const s = server(gadgetSchema, gadget({ spec: { n: 1 } }));
    expect(s.apply('a', { spec: { n: 2 } })).toMatchObject({ kind: 'applied' });
    expect(s.spec).toMatchObject({ n: 2 });
  });
});

describe('what a manager applied alone and leaves out', () => {
  test('goes at any depth, and an emptied map that others own stays', () => {
    const s = server();
    s.apply('a', { spec: { n: 1, m: { a: '1' }, pu: { x: { y: { z: 1 } } } } });
    s.apply('b', { spec: { n: 1, pu: { x: {} } } });
    s.apply('a', { spec: { n: 1 } });
    expect(s.spec).toEqual({ n: 1, d: 'dflt', nd: 'x', pu: { x: null } });
  });

  test('stays when an update owns it too', () => {
    const s = server();
    s.update('u', () => gadget({ spec: { n: 1, s: 'x' } }));
    s.apply('a', { spec: { n: 1, s: 'x', num: 1 } });
    s.apply('a', {});
    expect(s.spec).toMatchObject({ n: 1, s: 'x' });
    expect(getPath(s.spec, 'num')).toBeUndefined();
    expect(Object.keys(s.owners())).toEqual(['u/Update']);
  });

  test('the name and the other system fields never go, though the manager applied them', () => {
    const s = server();
    s.apply('a', { metadata: { namespace: 'ns', uid: 'u', resourceVersion: '1', generation: 1, labels: { a: 'b' } } });
    s.apply('a', {});
    expect(getPath(s.object, 'metadata')).toEqual({
      name: 's1',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
    });
    expect(s.object).toMatchObject({ apiVersion: 'probe.test/v1', kind: 'Gadget' });
  });
});

describe('null', () => {
  test('for a field is owned, and is no deletion', () => {
    const s = server();
    s.apply('a', { spec: { nul: 'x' } });
    expect(s.apply('b', { spec: { nul: null } })).toMatchObject({ kind: 'conflict', causes: [{ field: '.spec.nul' }] });
    s.apply('b', { spec: { nul: null } }, { force: true });
    expect(getPath(s.spec, 'nul')).toBeNull();
    expect(s.owners()).toEqual({ 'b/Apply': { 'f:spec': { 'f:nul': {} } } });
  });

  test('for a map leaves what others put there', () => {
    const s = server();
    s.apply('a', { spec: { m: { a: '1' }, ls: ['a'] } });
    expect(s.apply('b', { spec: { m: null, ls: null } })).toMatchObject({ kind: 'applied' });
    expect(s.spec).toMatchObject({ m: { a: '1' }, ls: ['a'] });
  });
});

describe('entries of managers', () => {
  test('have the time of the last write of their own that changed something', () => {
    const s = server();
    s.apply('a', { spec: { n: 1 } });
    s.apply('b', { spec: { s: 'x' } });
    s.apply('a', { spec: { n: 1 } });
    expect(timesOf(s.object)).toEqual({ a: '2026-01-01T00:00:01Z', b: '2026-01-01T00:00:02Z' });
    s.apply('a', { spec: { n: 2 } });
    expect(timesOf(s.object)).toEqual({ a: '2026-01-01T00:00:04Z', b: '2026-01-01T00:00:02Z' });
    s.update('u', (object) => ({ ...object, spec: { ...(object['spec'] as JsonObject), num: 1 } }));
    s.update('u', (object) => ({ ...object, spec: { ...(object['spec'] as JsonObject), ios: 1 } }));
    expect(timesOf(s.object)).toMatchObject({ a: '2026-01-01T00:00:04Z', u: '2026-01-01T00:00:06Z' });
    expect(s.owners()['u/Update']).toEqual({ 'f:spec': { 'f:ios': {}, 'f:num': {} } });
  });

  test('stay as they are when their own manager updates to what is there already', () => {
    const s = server();
    s.update('u', () => gadget({ spec: { n: 1 } }));
    const before = s.object;
    s.update('u', (object) => ({ ...object }));
    expect(s.object).toEqual(before);
  });

  test('stay as they are when a manager applies nothing that can be owned: the outcome is the live object itself', () => {
    const ownedByNobody = gadget({ spec: { n: 1 } });
    const s = server(gadgetSchema, ownedByNobody);
    expect(s.apply('a', {})).toMatchObject({ kind: 'applied' });
    expect(s.object).toEqual({ ...ownedByNobody, spec: { n: 1, d: 'dflt', nd: 'x' } });
    s.apply('a', { spec: { n: 1 } });
    for (const live of [ownedByNobody, s.object]) {
      const write = { manager: 'b', force: false, schema, apiVersion: 'probe.test/v1', time: 't' };
      const outcome = serverSideApply({ ...write, live, applied: gadget({}) });
      expect(outcome.kind === 'applied' && outcome.object).toBe(live);
    }
  });

  test('an apply under another version is the same owner under the new one', () => {
    const write = { schema, manager: 'a', force: false, applied: gadget({ spec: { n: 1 } }) };
    const first = serverSideApply({ ...write, apiVersion: 'probe.test/v1', time: 't1' });
    if (first.kind !== 'applied') throw new Error(first.kind);
    const second = serverSideApply({ ...write, live: first.object, apiVersion: 'probe.test/v2', time: 't2' });
    expect(second.kind === 'applied' && getPath(second.object, 'metadata', 'managedFields')).toMatchObject([
      { manager: 'a', apiVersion: 'probe.test/v2', time: 't2' },
    ]);
  });

  test('an update does not write what its endpoint does not', () => {
    const live = gadget({ spec: { n: 1 }, status: { ok: true } });
    const updated = gadget({ spec: { n: 2 }, status: { ok: false } });
    const write = { live, updated, manager: 'u', schema, apiVersion: 'probe.test/v1', time: 't' };
    const fields = (resetFields: readonly string[]): Json | undefined =>
      getPath(trackUpdate({ ...write, resetFields }), 'metadata', 'managedFields');
    expect(fields(['status'])).toMatchObject([{ fieldsV1: { 'f:spec': { 'f:n': {} } } }]);
    expect(fields(['absent', 'status'])).toEqual(fields(['status']));
    expect(fields(['spec'])).toEqual([expect.objectContaining({ fieldsV1: { 'f:status': { 'f:ok': {} } } })]);
  });

  test('an update that nests 500 levels deep is written, one of 501 is refused before anything walks over it', () => {
    const nested = (levels: number): JsonObject => {
      let pu: JsonObject = {};
      for (let level = 4; level <= levels; level += 1) pu = { a: pu };
      return gadget({ spec: { pu } });
    };
    const write = { manager: 'u', schema, apiVersion: 'probe.test/v1', time: 't' };
    expect(getPath(trackUpdate({ ...write, updated: nested(500) }), 'metadata', 'managedFields')).toHaveLength(1);
    expect(() => trackUpdate({ ...write, updated: nested(501) })).toThrow('object nests too deep');
  });

  test('an update of a field takes it from all that applied it, and removing it leaves it to nobody', () => {
    const s = server();
    s.apply('a', { spec: { n: 1, s: 'x' } });
    s.apply('b', { spec: { n: 1 } });
    s.update('u', (object) => ({ ...object, spec: { n: 2, s: 'x' } }));
    expect(s.owners()).toMatchObject({
      'a/Apply': { 'f:spec': { 'f:s': {} } },
      'u/Update': { 'f:spec': { 'f:n': {} } },
    });
    s.update('v', (object) => ({ ...object, spec: { s: 'x' } }));
    expect(s.owners()).toEqual({ 'a/Apply': { 'f:spec': { 'f:s': {} } } });
  });
});
