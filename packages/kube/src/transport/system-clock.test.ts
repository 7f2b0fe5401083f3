import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

const START_MS = Date.UTC(2026, 0, 2);

beforeEach(() => void vi.useFakeTimers({ now: START_MS }));
afterEach(() => void vi.useRealTimers());

describe('the clock of the machine', () => {
  it('tells the time of day', () => {
    expect(systemClock.now()).toBe(START_MS);
    vi.advanceTimersByTime(1_500);
    expect(systemClock.now()).toBe(START_MS + 1_500);
  });

  it('does what is scheduled in its time, and not what was cancelled', () => {
    const done: string[] = [];
    systemClock.schedule(100, () => done.push('kept'));
    const cancel = systemClock.schedule(50, () => done.push('cancelled'));
    cancel();
    vi.advanceTimersByTime(99);
    expect(done).toEqual([]);
    vi.advanceTimersByTime(1);
    expect([done, vi.getTimerCount()]).toEqual([['kept'], 0]);
  });

  it('sleeps as long as it is told, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    let isAwake = false;
    const sleeping = systemClock.sleep(100, signal).then(() => (isAwake = true));
    await vi.advanceTimersByTimeAsync(99);
    expect(isAwake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect([getEventListeners(signal, 'abort'), vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('wakes with the signal’s reason, and leaves no timer behind', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(100, abort.signal);
    abort.abort(new Error('stop'));
    await expect(sleeping).rejects.toThrow('stop');
    expect(vi.getTimerCount()).toBe(0);
    await expect(systemClock.sleep(100, abort.signal)).rejects.toThrow('stop');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a timer of the machine', () => {
  it.each(['schedule', 'sleep'])('keeps no process alive: %s', (how) => {
    const hasRef: unknown[] = [];
    const real = globalThis.setTimeout;
    const watched = ((task: () => void, ms: number) => {
      const timer = real(task, ms);
      const { unref } = timer;
      timer.unref = () => (hasRef.push('let go'), unref.call(timer));
      return timer;
    }) as typeof setTimeout;
    vi.stubGlobal('setTimeout', watched);
    try {
      if (how === 'schedule') systemClock.schedule(100, () => undefined);
      else void systemClock.sleep(100);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(hasRef).toEqual(['let go']);
  });
});
