import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { droppedFields, lostFields, withoutDropped } from './dropped-fields.ts';

const object = (fields: JsonObject): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  ...fields,
});
const UNDECLARED = 'failed to create typed patch object (ns/a; /v1, Kind=Pod): .foo: field not declared in schema';

describe('an empty field that the server left out', () => {
  test.each([{}, [], '', 0, false])('%j is left out, and named when the server warned of it', (value) => {
    const sent = object({ foo: value, data: { a: 'b' } });
    const dropped = droppedFields(sent, object({ data: { a: 'b' } }), UNDECLARED);
    expect(dropped).toEqual({ unknown: [], nulls: [], empty: [['foo']] });
    expect(lostFields(dropped as never, ['foo'])).toEqual(['foo']);
    expect(withoutDropped(sent, dropped)).toEqual(object({ data: { a: 'b' } }));
  });

  test('is not named when it is one that the kind has', () => {
    const dropped = droppedFields(object({ foo: {}, data: {} }), object({}), UNDECLARED);
    expect(dropped?.empty).toEqual([['foo'], ['data']]);
    expect(lostFields(dropped as never, ['foo'])).toEqual(['foo']);
    expect(lostFields(dropped as never)).toEqual([]);
  });

  test('is found in lists', () => {
    const sent = object({
      spec: {
        items: [
          { name: 'a', x: 1 },
          { name: 'b', nope: [] },
        ],
        plain: [{ nope: '' }],
      },
    });
    const kept = object({ spec: { items: [{ name: 'a', x: 1 }, { name: 'b' }], plain: [{}] } });
    const dropped = droppedFields(sent, kept, UNDECLARED);
    const warned = ['spec.items[1].nope', 'spec.plain[0].nope'];
    expect(lostFields(dropped as never, warned)).toEqual(warned);
    expect(withoutDropped(sent, dropped)).toEqual(kept);
  });

  test('stays where it is not empty the next time', () => {
    const dropped = { unknown: [], nulls: [], empty: [['data']] };
    expect(withoutDropped(object({ data: { a: 'b' } }), dropped)).toEqual(object({ data: { a: 'b' } }));
  });

  test('is no reason for another try when apply was refused for something else', () => {
    const message = '.spec.ports: duplicate entries for key [port=80]';
    expect(droppedFields(object({ data: {} }), object({}), message)).toBeUndefined();
  });
});

test('a field with a value is named whatever apply said, a null is not', () => {
  const sent = object({ foo: { bar: {} }, nil: null, both: { nil: null, x: 1 } });
  const dropped = droppedFields(sent, object({ both: { x: 1 } }), 'no');
  expect(dropped).toEqual({ unknown: [['foo']], nulls: [['nil'], ['both', 'nil']], empty: [] });
  expect(lostFields(dropped as never)).toEqual(['foo']);
  expect(withoutDropped(sent, dropped)).toEqual(object({ both: { x: 1 } }));
});

test('more than 200 fields are no slip of the pen', () => {
  const many = (count: number) =>
    object({ spec: Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, {}])) });
  expect(droppedFields(many(200), object({ spec: {} }), UNDECLARED)?.empty).toHaveLength(200);
  expect(droppedFields(many(201), object({ spec: {} }), UNDECLARED)).toBeUndefined();
});
