import { expect, it } from 'vitest';
import { CONDITION_REASON, CONDITION_TYPES, REASONS } from '../index.ts';

it('every reason is one that the schema of a status allows', () => {
  const pattern = new RegExp(CONDITION_REASON);
  for (const reason of Object.values(REASONS).flatMap((table) => Object.keys(table))) expect(reason).toMatch(pattern);
});

it('every condition type but Ready has reasons of its own', () => {
  const types = new Set<string>(Object.values(CONDITION_TYPES).flat());
  types.delete('Ready');
  expect(Object.keys(REASONS).toSorted()).toEqual([...types].toSorted());
});
