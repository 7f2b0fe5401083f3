import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type Change, EventWindow } from './event-window.ts';

const change = (resourceVersion: number, at = resourceVersion): Change => ({
  type: 'MODIFIED',
  resourceVersion,
  at,
  object: { apiVersion: 'v1', kind: 'X', metadata: {} },
});

test('the window keeps the last changes and knows what it lost', () => {
  const window = new EventWindow(3, 10);
  for (const version of [11, 13, 14, 20]) window.append(change(version));
  expect(window.lostVersion).toBe(11);
  expect([window.first, window.end]).toEqual([1, 4]);
  expect(window.after(10)).toBeUndefined();
  expect([11, 12, 13, 14, 19, 20, 99].map((version) => window.after(version))).toEqual([1, 1, 2, 3, 3, 4, 4]);
  expect(window.at(1)?.resourceVersion).toBe(13);
});

test('old changes expire', () => {
  const window = new EventWindow(10, 0);
  for (const at of [1, 2, 3]) window.append(change(at * 10, at));
  window.expire(3);
  expect([window.first, window.end, window.lostVersion]).toEqual([2, 3, 20]);
});

test('positions stay true however much is dropped', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 4000 }), (limit, count) => {
      const window = new EventWindow(limit, 0);
      for (let version = 1; version <= count; version++) window.append(change(version));
      const first = Math.max(0, count - limit);
      expect([window.first, window.end]).toEqual([first, count]);
      if (count > 0) expect(window.at(first)?.resourceVersion).toBe(first + 1);
      expect(window.after(count)).toBe(count);
    }),
    { numRuns: 30 },
  );
});
