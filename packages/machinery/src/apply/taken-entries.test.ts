import { expect, test } from 'vitest';
import type { ManagedFieldsEntry } from '../values/kube-object.ts';
import { withTakenEntries } from './taken-entries.ts';

const entry = (manager: string, operation: 'Apply' | 'Update', fields: readonly string[]): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: 'v1',
  time: `of ${manager}`,
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': Object.fromEntries(fields.map((name) => [`f:${name}`, {}])) },
});

test('what is taken becomes one entry of operation Apply, and the others stay in their order', () => {
  const [first, second, other] = [
    entry('one', 'Update', ['a', 'b']),
    entry('two', 'Update', ['b', 'c']),
    entry('x', 'Apply', ['d']),
  ];
  expect(withTakenEntries([first, other, second], { own: undefined, taken: [first, second], manager: 'us' })).toEqual([
    other,
    { ...second, manager: 'us', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:a': {}, 'f:b': {}, 'f:c': {} } } },
  ]);
});

test('an entry that is there takes in the others and keeps its time', () => {
  const [own, taken] = [entry('us', 'Apply', ['a']), entry('us', 'Update', ['b'])];
  expect(withTakenEntries([own, taken], { own, taken: [taken] })).toEqual([
    { ...own, fieldsV1: { 'f:spec': { 'f:a': {}, 'f:b': {} } } },
  ]);
});

test('without anything to take there is nothing to write', () => {
  const own = entry('us', 'Apply', ['a']);
  expect(withTakenEntries([own], { own, taken: [] })).toBeUndefined();
});
