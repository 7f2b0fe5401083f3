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

describe('the wait of a key', () => {
  it('has client-go’s defaults: five milliseconds at first, a thousand seconds at most', () => {
    const limiter = createRateLimiter({ clock: createFakeClock() });
    const waits = Array.from({ length: 60 }, () => limiter.next('a'));
    expect(waits.slice(0, 3)).toEqual([5, 10, 20]);
    expect([waits[17], waits[18], waits[59]]).toEqual([655_360, 1_000_000, 1_000_000]);
  });

  it('is its own: failures of another key do not make it longer, and a success of another does not end it', () => {
    const limiter = createRateLimiter({ clock: createFakeClock() });
    limiter.next('a');
    limiter.next('a');
    expect([limiter.failures('b'), limiter.next('b')]).toEqual([0, 5]);
    limiter.forget('b');
    expect([limiter.failures('a'), limiter.next('a')]).toEqual([2, 20]);
  });

  it('stays finite however long it fails', () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), maxMs: Number.MAX_VALUE });
    for (let n = 0; n < 2_000; n += 1) limiter.next('a');
    expect(limiter.next('a')).toBe(5 * 2 ** 40);
  });
});

describe('the bucket of all keys', () => {
  it('lets a hundred retries through, then ten a second, by default', () => {
    const limiter = createRateLimiter({ clock: createFakeClock() });
    const waits = Array.from({ length: 103 }, (_, n) => limiter.next(`key-${n}`));
    expect(waits.slice(98)).toEqual([5, 5, 100, 200, 300]);
  });

  it('is never fuller than its burst, however long nothing fails', async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, burst: 2, ratePerSecond: 10 });
    await clock.advance(3_600_000);
    expect(['a', 'b', 'c', 'd'].map((key) => limiter.next(key))).toEqual([5, 5, 100, 200]);
  });

  it('owes what was promised: who comes later waits behind those who wait', async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, burst: 1, ratePerSecond: 10 });
    expect(['a', 'b', 'c'].map((key) => limiter.next(key))).toEqual([5, 100, 200]);
    await clock.advance(150);
    expect(limiter.next('d')).toBe(150);
    await clock.advance(250);
    expect(limiter.next('e')).toBe(5);
  });

  it('counts time once', async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, burst: 1, ratePerSecond: 10 });
    await clock.advance(1_000);
    limiter.next('a');
    expect(limiter.next('b')).toBe(100);
  });

  it('owes nothing for a clock that was set back', () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock });
    clock.jump(-86_400_000);
    expect(limiter.next('a')).toBe(5);
  });

  it('does not shorten the wait of a key', () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), burst: 1, ratePerSecond: 10, baseMs: 250 });
    expect(['a', 'b', 'c', 'd'].map((key) => limiter.next(key))).toEqual([250, 250, 250, 300]);
  });
});
