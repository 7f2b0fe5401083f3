import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';

describe('a rate limiter', () => {
  it('doubles the wait of a key with each failure up to the cap, and starts over once forgotten', () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), maxMs: 30 });
    expect([1, 2, 3, 4, 5].map(() => limiter.next('a'))).toEqual([5, 10, 20, 30, 30]);
    expect(limiter.failures('a')).toBe(5);
    limiter.forget('a');
    expect([limiter.failures('a'), limiter.next('a')]).toEqual([0, 5]);
  });

  it('spreads many failing keys over time once the burst is used up', () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), burst: 2, ratePerSecond: 10 });
    expect(['a', 'b', 'c', 'd'].map((key) => limiter.next(key))).toEqual([5, 5, 100, 200]);
  });

  it('fills the bucket again as time passes', async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, burst: 1, ratePerSecond: 10 });
    limiter.next('a');
    await clock.advance(100);
    expect(limiter.next('b')).toBe(5);
  });
});
