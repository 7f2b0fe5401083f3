import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createLeaseProof } from './lease-proof.ts';

const HOUR_MS = 3_600_000;

/** A proof that is good for ten seconds, by two clocks that a test sets apart from each other. */
function setUp() {
  const time = { wallMs: 5 * HOUR_MS, monotonicMs: 700 };
  const clock = { ...createFakeClock(), now: () => time.wallMs };
  const proof = createLeaseProof({ clock, monotonicMs: () => time.monotonicMs, validMs: 10_000 });
  const pass = (wallMs: number, monotonicMs: number): void => {
    time.wallMs += wallMs;
    time.monotonicMs += monotonicMs;
  };
  return { proof, pass };
}

describe('the proof of a lease', () => {
  it.each([
    ['both clocks agree', 4_000, 4_000, 6_000],
    ['both agree on the last millisecond', 9_999, 9_999, 1],
    ['both agree on the end', 10_000, 10_000, 0],
    ['the machine was suspended, so the monotonic clock stood still', 4_000, 0, 6_000],
    ['it was suspended for all but a millisecond', 9_999, 0, 1],
    ['it was suspended for as long as the proof is good', 10_000, 0, 0],
    ['it was suspended for an hour', HOUR_MS, 0, 0],
    ['the wall clock was set back an hour', -HOUR_MS, 4_000, 6_000],
    ['it was set back, and a millisecond is left', -HOUR_MS, 9_999, 1],
    ['it was set back, and the time is over', -HOUR_MS, 10_000, 0],
    ['it was set back, and the time is long over', -HOUR_MS, 2 * HOUR_MS, 0],
    ['the wall clock was set forward', HOUR_MS, 1, 0],
  ])('is as old as the clock says that makes it older: %s', (_what, wallMs, monotonicMs, remainingMs) => {
    const { proof, pass } = setUp();
    proof.renew(proof.mark());
    pass(wallMs, monotonicMs);
    expect([proof.remainingMs(), proof.holds()]).toEqual([remainingMs, remainingMs > 0]);
  });

  it('counts from when the request was sent, by both clocks, not from when it was answered', () => {
    for (const [wallMs, monotonicMs] of [
      [3_000, 0],
      [0, 3_000],
    ] as const) {
      const { proof, pass } = setUp();
      const sent = proof.mark();
      pass(wallMs, monotonicMs);
      proof.renew(sent);
      expect(proof.remainingMs()).toBe(7_000);
    }
  });

  it('is not there before the first renewal, nor after it was dropped', () => {
    const { proof } = setUp();
    const state = (): unknown => [proof.remainingMs(), proof.holds()];
    const sent = proof.mark();
    expect(state()).toEqual([0, false]);
    proof.renew(sent);
    expect(state()).toEqual([10_000, true]);
    proof.drop();
    expect(state()).toEqual([0, false]);
  });

  it('starts again with each renewal', () => {
    const { proof, pass } = setUp();
    proof.renew(proof.mark());
    pass(9_000, 9_000);
    proof.renew(proof.mark());
    pass(9_000, 9_000);
    expect(proof.remainingMs()).toBe(1_000);
  });
});
