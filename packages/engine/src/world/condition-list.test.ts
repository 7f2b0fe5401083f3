import { expect, test } from 'vitest';
import { conditionLines } from '../testing/builders.ts';
import type { ConditionDraft } from './condition-list.ts';
import { conditionList } from './condition-list.ts';

/** A draft of any type with any reason: the rules look at neither. */
const is = (type: string, status: ConditionDraft['status'], reason = 'R', message = ''): ConditionDraft =>
  ({ type, status, reason, message }) as ConditionDraft;

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

test.each(['type', 'status', 'reason', 'message'])('a condition of another %s gets a new time', (field) => {
  const draft = is('A', 'False', 'R', 'm');
  const [before] = conditionList([draft], undefined, 'then');
  const other = { ...before, [field]: 'other' };
  expect(conditionList([draft], [other], 'now')[0]?.lastTransitionTime).toBe('now');
  expect(conditionList([draft], [other, before], 'now')[0]?.lastTransitionTime).toBe('then');
});

test('a condition without a time gets one, and what is no list of conditions is none', () => {
  const draft = is('A', 'True');
  for (const before of [[{ ...draft }], undefined, null, {}, 'x']) {
    expect(conditionList([draft], before, 'now')[0]).toEqual({ ...draft, lastTransitionTime: 'now' });
  }
});

test.each([
  ['R', 'R'],
  ['9abc', 'abc'],
  ['_abc_', 'abc_'],
  ['a b/c', 'a_b_c'],
  ['abc:,', 'abc'],
  ['a:b,c', 'a:b,c'],
  ['', 'Unknown'],
  ['123', 'Unknown'],
  ['x'.repeat(1024), 'x'.repeat(1024)],
  ['x'.repeat(1025), 'x'.repeat(1024)],
])('the reason %s stands as %s', (reason, expected) => {
  expect(conditionList([is('A', 'True', reason)], [], 'now')[0]?.reason).toBe(expected);
});

test('a message may have 32768 characters, not one more', () => {
  const length = (count: number): number | undefined =>
    conditionList([is('A', 'True', 'R', 'x'.repeat(count))], [], 'now')[0]?.message.length;
  expect([length(32_768), length(32_769)]).toEqual([32_768, 32_768]);
});
