import { createRetryBackoff } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createSharedRun } from './shared-run.ts';

describe('a shared run', () => {
  it('gives every caller a run that began after its call, in as few runs as that takes', async () => {
    const clock = createFakeClock(0);
    const begun: number[] = [];
    const run = createSharedRun(async () => {
      begun.push(clock.now());
      await clock.sleep(100);
    });
    const first = [run(), run()];
    await clock.advance(50);
    const second = [run(), run(), run()];
    await clock.advance(200);
    await Promise.all([...first, ...second]);
    expect(begun).toEqual([0, 100]);
  });

  it('gives an error to those who waited for that run, and to nobody else', async () => {
    let runs = 0;
    const run = createSharedRun(() => (++runs === 1 ? Promise.reject(new Error('first')) : Promise.resolve()));
    await expect(run()).rejects.toThrow('first');
    await expect(run()).resolves.toBeUndefined();
  });
});

describe('retry backoff', () => {
  it('doubles up to its cap with jitter, listens to the server within reason, and starts again', () => {
    const backoff = createRetryBackoff({ firstMs: 100, capMs: 1_000, random: () => 0.5 });
    expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(backoff.next(7_000)).toBe(7_000);
    expect(backoff.next(3_600_000)).toBe(60_000);
    backoff.reset();
    expect(backoff.next()).toBe(100);
    const plain = createRetryBackoff({ firstMs: 100, capMs: 300 });
    expect([plain.next(), plain.next(), plain.next()]).toEqual([100, 200, 300]);
    const low = createRetryBackoff({ firstMs: 100, capMs: 1_000, random: () => 0 });
    const high = createRetryBackoff({ firstMs: 100, capMs: 1_000, random: () => 0.999 });
    expect([low.next(), high.next()]).toEqual([75, 125]);
  });
});
