import { expect, test } from 'vitest';
import { conditionLines } from '../testing/builders.ts';
import type { ConditionDraft } from './condition-list.ts';
import { conditionList } from './condition-list.ts';

const is = (type: string, status: ConditionDraft['status'], reason = 'R', message = ''): ConditionDraft => ({
  type,
  status,
  reason,
  message,
});

test.each([
  [[is('A', 'True'), is('B', 'True')], 'Ready True Ready'],
  [[is('A', 'False', 'First'), is('B', 'False', 'Last', 'why')], 'Ready False Last: why'],
  [[is('A', 'Unknown', 'First'), is('B', 'Unknown', 'Last')], 'Ready Unknown First'],
  [[is('A', 'Unknown'), is('B', 'False', 'Decides')], 'Ready False Decides'],
  [[is('A', 'False', 'Decides'), is('B', 'Unknown')], 'Ready False Decides'],
  [[], 'Ready Unknown Unknown'],
])('Ready sums up %j as %s', (drafts, expected) => {
  expect(conditionLines(conditionList(drafts, [], 'now')).at(-1)).toBe(expected);
});

test('a condition keeps its time until status, reason or message differs', () => {
  const before = conditionList([is('A', 'True'), is('B', 'Unknown', 'R', 'one')], undefined, 'then');
  const after = conditionList([is('A', 'True'), is('B', 'Unknown', 'R', 'two')], before, 'now');
  expect(after.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(['then', 'now', 'now']);
});

test('two conditions of one type keep their times each', () => {
  const drafts = [is('A', 'True'), is('A', 'False', 'PassThrough')];
  const before = conditionList(drafts, undefined, 'then');
  expect(conditionList(drafts, before, 'now')).toEqual(before);
});

test('a reason or message that the schema refuses is made fit', () => {
  const [condition] = conditionList([is('A', 'True', 'foo.io/ReadyCondition', 'x'.repeat(40_000))], undefined, 'now');
  expect(condition).toMatchObject({ reason: 'foo_io_ReadyCondition' });
  expect(condition?.message).toHaveLength(32_768);
  expect(conditionLines(conditionList([is('A', 'True', '1-')], undefined, 'now'))).toEqual([
    'A True Unknown',
    'Ready True Ready',
  ]);
});
