import { expect, it } from 'vitest';
import { firstMismatch } from './subset.ts';

it('lets fields be that nobody asked for', () => {
  expect(firstMismatch({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 })).toBeUndefined();
});

it('says where a field is missing or another', () => {
  expect(firstMismatch({ a: { b: 1 } }, { a: {} })).toEqual({ at: '.a.b', expected: 1, actual: undefined });
  expect(firstMismatch({ a: [{ b: 1n }] }, { a: [{ b: 2 }] })).toEqual({ at: '.a[0].b', expected: 1n, actual: 2 });
});

it('wants lists to be of the same length, and their items to match in their places', () => {
  expect(firstMismatch({ a: [{ b: 1 }, {}] }, { a: [{ b: 1, c: 2 }, { d: 1 }] })).toBeUndefined();
  expect(firstMismatch({ a: [1] }, { a: [1, 2] })?.at).toBe('.a');
  expect(firstMismatch([], [1])?.at).toBe('');
});

it('takes keys like __proto__ for what they are', () => {
  const expected = JSON.parse('{"__proto__":{"a":1}}') as { a: number };
  expect(firstMismatch(expected, {})?.at).toBe('.__proto__');
  expect(firstMismatch(expected, JSON.parse('{"__proto__":{"a":1}}') as { a: number })).toBeUndefined();
});
