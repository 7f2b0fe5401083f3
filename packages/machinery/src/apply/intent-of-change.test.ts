import { describe, expect, test } from 'vitest';
import { gadgetSchema, gadgetServer } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath, isObject } from '../values/json.ts';
import { intentOfChange } from './intent-of-change.ts';
import { mergeSchemaOf } from './merge-schema.ts';

const schema = mergeSchemaOf(gadgetSchema);

function withSpec(object: JsonObject, spec: Json): JsonObject {
  return { ...object, spec };
}

describe('the intent of a change', () => {
  const OWN = { m: { a: '1', b: '2' }, ls: ['x', 'y'], lm: [{ k: 'a', v: '1' }], la: ['1'], at: { a: '1', b: '2' } };

  test.each<[string, JsonObject, JsonObject]>([
    ['nothing: what is owned', {}, OWN],
    ['a key of a map', { m: { a: '9', b: '2', foreign: 'f' } }, { ...OWN, m: { a: '9', b: '2' } }],
    ['a key that goes', { m: { a: '1', foreign: 'f' } }, { ...OWN, m: { a: '1' } }],
    ['what another owns, which becomes ours too', { s: 'mine' }, { ...OWN, s: 'mine' }],
    ['an item of a set', { ls: ['x', 'y', 'f', 'z'] }, { ...OWN, ls: ['x', 'y', 'z'] }],
    [
      'a field of an item with keys, which are said',
      {
        lm: [
          { k: 'a', v: '1', w: 'f' },
          { k: 'f', v: 'mine', w: 'f' },
        ],
      },
      {
        ...OWN,
        lm: [
          { k: 'a', v: '1' },
          { k: 'f', v: 'mine' },
        ],
      },
    ],
    ['a list that is owned as a whole', { la: ['1', '2'] }, { ...OWN, la: ['1', '2'] }],
    ['a map that is owned as a whole', { at: { a: '9', b: '2' } }, { ...OWN, at: { a: '9', b: '2' } }],
  ])('of %s', (_, change, expected) => {
    const server = gadgetServer();
    server.apply('us', { spec: OWN });
    server.apply('them', {
      spec: {
        m: { foreign: 'f' },
        ls: ['f'],
        lm: [
          { k: 'a', w: 'f' },
          { k: 'f', v: 'f', w: 'f' },
        ],
        s: 'theirs',
      },
    });
    const live = server.object;
    const changed = withSpec(live, { ...(live['spec'] as JsonObject), ...change });
    const intent = intentOfChange({ live, changed, manager: 'us', schema });
    expect(intent['spec']).toEqual(expected);
    expect(server.apply('us', intent, { force: true })).toMatchObject({ kind: 'applied' });
    expect(server.spec).toEqual(changed['spec']);
  });

  test('of one who owns nothing and changes nothing is nothing', () => {
    const server = gadgetServer();
    server.apply('them', { spec: OWN });
    const live = server.object;
    expect(intentOfChange({ live, changed: live, manager: 'us', schema })).toEqual({});
  });

  test('leaves out a map of which nothing is left', () => {
    const server = gadgetServer();
    server.apply('us', { spec: { s: 'a', m: { a: '1' } } });
    const live = server.object;
    const { m: _, ...rest } = live['spec'] as JsonObject;
    const intent = intentOfChange({ live, changed: withSpec(live, rest), manager: 'us', schema });
    expect(getPath(intent, 'spec')).toEqual({ s: 'a' });
  });

  test('keeps a field whole that the schema does not know: a newer server may', () => {
    const managedFields = [
      {
        manager: 'us',
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:new': { 'f:a': {} } } },
      },
    ];
    const live: JsonObject = { metadata: { name: 'x', managedFields }, spec: { new: { a: 1, b: 2 }, other: 3 } };
    const intent = intentOfChange({ live, changed: live, manager: 'us', schema });
    expect(isObject(intent) && intent['spec']).toEqual({ new: { a: 1, b: 2 } });
  });
});
