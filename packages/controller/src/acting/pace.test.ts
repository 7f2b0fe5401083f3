import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { PaceCounter } from './pace.ts';

type Cause = Parameters<PaceCounter['count']>[2];

function counting() {
  const clock = createFakeClock(0);
  const pace = new PaceCounter(clock);
  const count = async (cause: Cause, times: number, everyMs = 0): Promise<void> => {
    for (let i = 0; i < times; i += 1) {
      pace.count('Workload/a', 'step', cause);
      if (everyMs > 0) await clock.advance(everyMs);
    }
  };
  const rest = (cause: Cause): number | undefined => pace.pace('Workload/a', 'step')[cause]?.restMs;
  return { clock, pace, count, rest };
}

describe('a step', () => {
  it.each([
    ['created', 50],
    ['changed', 240],
    ['restored', 10],
    ['reported', 1_200],
  ] as const)('is stopped for a minute by so many writes of cause %s within a minute: %i', async (cause, most) => {
    const { clock, pace, count, rest } = counting();
    await count(cause, most - 1);
    expect(pace.pace('Workload/a', 'step')).toEqual({});
    await count(cause, 1);
    expect(pace.pace('Workload/a', 'step')).toEqual({ [cause]: { writes: most, restMs: 60_000 } });
    await clock.advance(59_999);
    expect(rest(cause)).toBe(1);
    await clock.advance(1);
    expect(rest(cause)).toBeUndefined();
  });

  it('is not stopped by as many within more than a minute', async () => {
    const { count, rest } = counting();
    await count('changed', 1_000, 252);
    expect(rest('changed')).toBeUndefined();
  });

  it.each([
    [59_999, true],
    [60_000, false],
  ])(
    'counts a write for less than a minute: stopped by the last that comes %i ms after the others: %j',
    async (ms, isStopped) => {
      const { clock, count, rest } = counting();
      await count('changed', 239);
      await clock.advance(ms);
      await count('changed', 1);
      expect(rest('changed') !== undefined).toBe(isStopped);
    },
  );

  it('that goes on is stopped by no single write, however few are allowed, and only by what comes within six seconds', async () => {
    const { clock, count, rest } = counting();
    await count('restored', 10);
    await clock.advance(60_000);
    await count('restored', 1);
    expect(rest('restored')).toBeUndefined();
    await clock.advance(6_000);
    await count('restored', 1);
    expect(rest('restored')).toBeUndefined();
    await clock.advance(5_999);
    await count('restored', 1);
    expect(rest('restored')).toBe(120_000);
  });

  it.each([
    [49_999, true],
    [50_000, false],
  ])('is remembered beside %i others: %j', (others, isKnown) => {
    const pace = new PaceCounter(createFakeClock(0));
    for (let i = 0; i < 10; i += 1) pace.count('Workload/a', 'step', 'restored');
    for (let i = 0; i < others; i += 1) pace.count(`Workload/${i}`, 'step', 'changed');
    expect('restored' in pace.pace('Workload/a', 'step')).toBe(isKnown);
  });

  it('is not stopped a second time by a write that was on its way', async () => {
    const { count, rest } = counting();
    await count('changed', 241);
    expect(rest('changed')).toBe(60_000);
  });

  it('has its row of stops ended by a minute after the rest, and by no less', async () => {
    for (const [afterMs, share] of [
      [59_999, 24],
      [60_000, 240],
    ] as const) {
      const { clock, count, rest } = counting();
      await count('changed', 240);
      await clock.advance(60_000 + afterMs);
      await count('changed', share - 1);
      expect(rest('changed')).toBeUndefined();
      await count('changed', 1);
      expect(rest('changed')).toBeDefined();
    }
  });

  it('is stopped for one cause alone, and alone', async () => {
    const { pace, count } = counting();
    await count('restored', 10);
    await count('changed', 1);
    expect(Object.keys(pace.pace('Workload/a', 'step'))).toEqual(['restored']);
    expect(pace.pace('Workload/a', 'other')).toEqual({});
    expect(pace.pace('Workload/b', 'step')).toEqual({});
  });

  it('that goes on at the same rate is stopped after a tenth of the writes, each time for twice as long', async () => {
    const { clock, count, rest } = counting();
    await count('changed', 240);
    const rests: (number | undefined)[] = [];
    for (let i = 0; i < 7; i += 1) {
      await clock.advance(rest('changed') ?? 0);
      await count('changed', 23);
      expect(rest('changed')).toBeUndefined();
      await count('changed', 1);
      rests.push(rest('changed'));
    }
    expect(rests.map((ms) => (ms ?? 0) / 60_000)).toEqual([2, 4, 8, 16, 30, 30, 30]);
  });

  it('that goes on more slowly, or rests for a minute, is free again', async () => {
    const { clock, count, rest } = counting();
    await count('changed', 240);
    await clock.advance(60_000);
    await count('changed', 100, 300);
    expect(rest('changed')).toBeUndefined();
    await clock.advance(60_000);
    await count('changed', 239);
    expect(rest('changed')).toBeUndefined();
    await count('changed', 1);
    expect(rest('changed')).toBe(60_000);
  });

  it('rests no longer than after a first stop once a template or blueprint was edited', async () => {
    const { clock, pace, count, rest } = counting();
    await count('changed', 240);
    await clock.advance(60_000);
    await count('changed', 24);
    await clock.advance(30_000);
    expect(rest('changed')).toBe(90_000);
    expect([...pace.relent()]).toEqual(['Workload/a']);
    expect(rest('changed')).toBe(30_000);
    await clock.advance(30_000);
    expect([...pace.relent()]).toEqual([]);
  });

  it('rests no longer for a clock that was set back', async () => {
    const { clock, count, rest } = counting();
    await count('changed', 240);
    clock.jump(-86_400_000);
    expect(rest('changed')).toBe(60_000);
  });

  it('of each owner that is stopped now is named by an edit, that owner once, and no other', async () => {
    const { clock, pace } = counting();
    const stop = (owner: string, step: string): void => {
      for (let i = 0; i < 10; i += 1) pace.count(owner, step, 'restored');
    };
    stop('Workload/past', 'step');
    await clock.advance(60_000);
    stop('Workload/a', 'one');
    stop('Workload/a', 'two');
    stop('Runnable/b', 'step');
    pace.count('Workload/calm', 'step', 'restored');
    expect([...pace.relent()]).toEqual(['Workload/a', 'Runnable/b']);
    expect([...pace.relent()]).toEqual(['Workload/a', 'Runnable/b']);
    stop('Workload/past', 'step');
    expect([...pace.relent()].toSorted()).toEqual(['Runnable/b', 'Workload/a', 'Workload/past']);
  });
});
