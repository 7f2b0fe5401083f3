import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetryBackoff } from './retry-backoff.ts';

describe('the wait between attempts', () => {
  it('never leaves a quarter around its step, never goes below what the server asks, nor beyond a minute for it', () => {
    const bounds = fc.record({ firstMs: fc.integer({ min: 1, max: 1_000 }), doublings: fc.nat(6) });
    const below1 = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const asks = stepsOf(fc.record({ random: below1, atLeastMs: fc.nat(120_000) }), { max: 20 });
    fc.assert(
      fc.property(bounds, asks, ({ firstMs, doublings }, each) => {
        const capMs = firstMs * 2 ** doublings;
        let random = 0;
        const backoff = createRetryBackoff({ firstMs, capMs, random: () => random });
        for (const [n, { atLeastMs, random: chance }] of each.entries()) {
          random = chance;
          const waitMs = backoff.next(atLeastMs);
          const stepMs = Math.min(firstMs * 2 ** n, capMs);
          const askedMs = Math.min(atLeastMs, 60_000);
          expect(waitMs).toBeGreaterThanOrEqual(Math.max(Math.round(stepMs * 0.75), askedMs));
          expect(waitMs).toBeLessThanOrEqual(Math.max(Math.round(stepMs * 1.25), askedMs));
        }
      }),
    );
  });

  it.each([
    [59_999, 59_999],
    [60_000, 60_000],
    [60_001, 60_000],
    [99, 100],
    [0, 100],
    [undefined, 100],
  ])(
    'is what the server asks when that is longer, a minute at most: asked for %s ms it is %d',
    (atLeastMs, expected) => {
      const backoff = createRetryBackoff({ firstMs: 100, capMs: 1_000, random: () => 0.5 });
      expect(backoff.next(atLeastMs)).toBe(expected);
    },
  );

  it('grows with each attempt, though the server named the wait, and begins again after one that worked', () => {
    const backoff = createRetryBackoff({ firstMs: 100, capMs: 1_000, random: () => 0.5 });
    expect([backoff.next(5_000), backoff.next(5_000), backoff.next()]).toEqual([5_000, 5_000, 400]);
    backoff.reset();
    expect([backoff.next(), backoff.next()]).toEqual([100, 200]);
  });
});
