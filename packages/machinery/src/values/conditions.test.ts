import { describe, expect, test } from 'vitest';
import { findCondition, isTrue, setCondition } from './conditions.ts';
import type { Condition } from './kube-object.ts';

const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Ready',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const other: Condition = { ...ready, type: 'Other', status: 'False' };
const later = '2026-01-02T00:00:00Z';

describe('conditions', () => {
  test('that say the same keep their time and their list', () => {
    const list = [other, ready];
    expect(setCondition(list, { ...ready, lastTransitionTime: later })).toBe(list);
  });

  test('that say something else replace the old one at its place', () => {
    const changed = { ...ready, message: 'new', lastTransitionTime: later };
    expect(setCondition([ready, other], changed)).toEqual([changed, other]);
  });

  test('that are new come last', () => {
    expect(setCondition(undefined, ready)).toEqual([ready]);
    expect(setCondition([other], ready)).toEqual([other, ready]);
  });

  test('are found by type', () => {
    expect(findCondition([other, ready], 'Ready')).toBe(ready);
    expect(isTrue([other, ready], 'Ready')).toBe(true);
    expect(isTrue([other, ready], 'Other')).toBe(false);
    expect(isTrue(undefined, 'Ready')).toBe(false);
  });
});
