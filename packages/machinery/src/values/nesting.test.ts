import { expect, test } from 'vitest';
import { decodeFieldSet } from '../apply/field-set.ts';
import { jsonTextNestsTooDeep, nestsTooDeep } from './nesting.ts';

test.each([
  ['[[]]', 2],
  ['{"a":{"b":[1]}}', 3],
  ['[[],[],[{}]]', 3],
  ['"[[["', 0],
  [String.raw`["a\"[[[", "\\", [1]]`, 2],
  ['[1] [2] {', 1],
  ['["[', 1],
  ['', 0],
])('the text %s nests %i levels deep', (text, depth) => {
  if (depth > 0) expect(jsonTextNestsTooDeep(text, depth - 1)).toBe(true);
  expect(jsonTextNestsTooDeep(text, depth)).toBe(false);
});

test('text and value are measured alike', () => {
  for (const levels of [499, 500, 501, 100_000]) {
    const text = '['.repeat(levels) + ']'.repeat(levels);
    expect(jsonTextNestsTooDeep(text)).toBe(levels > 500);
    expect(nestsTooDeep(JSON.parse(text))).toBe(levels > 500);
  }
});

test('a field set whose elements nest too deep is none', () => {
  const element = (levels: number): string => `v:${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(decodeFieldSet({ 'f:a': { [element(3)]: {} } })).toBeDefined();
  expect(decodeFieldSet({ 'f:a': { [element(4_000)]: {} } })).toBeUndefined();
});
