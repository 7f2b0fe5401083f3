import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stepsOf } from './steps-of.ts';

it('yields lists as long as they may be, and none longer or shorter', () => {
  const lengths = fc
    .sample(stepsOf(fc.nat(), { min: 2, max: 60 }), { numRuns: 500, seed: 1 })
    .map((list) => list.length);
  expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([2, 60]);
  expect(lengths.filter((length) => length > 20).length).toBeGreaterThan(100);
});
