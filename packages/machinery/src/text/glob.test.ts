import { expect, it } from 'vitest';
import { globMatches } from './glob.ts';

it.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/bc', false],
  ['a/*', 'a/b', true],
  ['a/*', 'a/', true],
  ['a/*', 'a/b/c', false],
  ['a/**', 'a/b/c', true],
  ['**', 'a/b/c', true],
  ['*', 'a/b', false],
  ['*/*', 'a/b', true],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'aXbY', false],
  ['**/app', 'registry.example.com/team/app', true],
  ['registry.example.com/*', 'registryXexample.com/a', false],
  ['a.b', 'axb', false],
  ['', '', true],
  ['', 'a', false],
])('%j takes %j: %s', (pattern, text, matches) => {
  expect(globMatches(pattern, text)).toBe(matches);
});

it('many stars take no longer than their number times the text', () => {
  expect(globMatches('*a'.repeat(120), 'a'.repeat(500).concat('b'))).toBe(false);
  expect(globMatches('**a'.repeat(80), 'a'.repeat(500))).toBe(true);
});
