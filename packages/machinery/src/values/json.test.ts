import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, clone, deepEqual, isObject, type Json, textAt, textsAt } from './json.ts';

const values = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

test('canonical JSON is JSON of the same value, with its keys in order', () => {
  fc.assert(
    fc.property(values, (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(text).toBe(slowly(value));
    }),
  );
});

test('values are equal exactly when their canonical JSON is', () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      expect(deepEqual(left, clone(left))).toBe(true);
      expect(deepEqual(left, right)).toBe(canonicalJson(left) === canonicalJson(right));
    }),
  );
});

test('keys that hold undefined count for nothing, and __proto__ is a key', () => {
  const proto = JSON.parse('{"__proto__":1}') as Json;
  expect(canonicalJson({ b: undefined, a: 1n })).toBe('{"a":1}');
  expect(canonicalJson(proto)).toBe('{"__proto__":1}');
  expect(deepEqual({ a: 1, b: undefined }, { a: 1n })).toBe(true);
  expect(deepEqual({ a: undefined }, { b: undefined })).toBe(true);
  expect(deepEqual({ a: undefined, b: 1 }, { a: 1, b: undefined })).toBe(false);
  expect(deepEqual({}, proto)).toBe(false);
  expect(deepEqual(proto, {})).toBe(false);
  expect(deepEqual([], {})).toBe(false);
});

test('texts are found at a path, and what is no text is none', () => {
  const value = { a: { b: 'x', n: 1, list: ['y', 2, null, 'z'] } };
  expect([textAt(value, 'a', 'b'), textAt(value, 'a', 'n'), textAt(value, 'constructor', 'name')]).toEqual([
    'x',
    '',
    '',
  ]);
  expect([textAt('x'), textAt(undefined), textAt(['x'])]).toEqual(['x', '', '']);
  expect([textsAt(value, 'a', 'list'), textsAt(value, 'a', 'b'), textsAt(['x'])]).toEqual([['y', 'z'], [], ['x']]);
});

function slowly(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => slowly(item)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${slowly(item ?? null)}`).join(',')}}`;
}
