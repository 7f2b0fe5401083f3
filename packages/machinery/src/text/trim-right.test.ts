import { expect, test } from 'vitest';
import { compileJsonPath } from '../jsonpath/jsonpath.ts';
import { trimRight } from './trim-right.ts';

test.each([
  ['a  ', ' ', 'a'],
  [' a', ' ', ' a'],
  ['   ', ' ', ''],
  ['', ' ', ''],
  ['a/b//', '/', 'a/b'],
  ['a/ ', '/', 'a/ '],
])('%j without %j at its end is %j', (text, character, trimmed) => {
  expect(trimRight(text, character)).toBe(trimmed);
});

test('blanks around the parts of a union do not count', () => {
  const path = compileJsonPath("{['a' , 'b' ]}");
  expect(path.find({ a: 1, b: 2 })).toEqual([[1, 2]]);
});
