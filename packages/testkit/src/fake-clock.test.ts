import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';

describe('fake clock', () => {
  it('runs timers at their own time and in order', async () => {
    const clock = createFakeClock(1_000);
    const seen: [string, number][] = [];
    clock.schedule(20, () => seen.push(['b', clock.now()]));
    clock.schedule(10, () => seen.push(['a', clock.now()]));
    clock.schedule(20, () => seen.push(['c', clock.now()]));
    clock.schedule(500, () => seen.push(['late', clock.now()]));
    await clock.advance(100);
    expect(seen).toEqual([
      ['a', 1_010],
      ['b', 1_020],
      ['c', 1_020],
    ]);
    expect(clock.now()).toBe(1_100);
    expect(clock.pending).toBe(1);
  });

  it('runs timers that a sleeper sets while time moves', async () => {
    const clock = createFakeClock(0);
    const seen: number[] = [];
    const work = (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        seen.push(clock.now());
      }
    })();
    await clock.advance(30);
    await work;
    expect(seen).toEqual([10, 20, 30]);
  });

  it('forgets a cancelled timer, and an aborted sleep rejects with the reason', async () => {
    const clock = createFakeClock();
    const cancel = clock.schedule(1, () => {
      throw new Error('must not run');
    });
    cancel();
    const abort = new AbortController();
    const sleeping = clock.sleep(50, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(5, abort.signal)).rejects.toThrow('enough');
    await clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it('tells another time after a jump, and timers run when they would have', async () => {
    const clock = createFakeClock(1_000);
    const seen: number[] = [];
    clock.schedule(100, () => seen.push(clock.now()));
    clock.jump(-500);
    clock.jump(5_000);
    expect([clock.now(), seen]).toEqual([5_500, []]);
    await clock.advance(100);
    expect(seen).toEqual([5_600]);
  });

  it('moves until a condition holds, and says so when it never does', async () => {
    const clock = createFakeClock(0);
    let done = false;
    clock.schedule(250, () => {
      done = true;
    });
    await clock.advanceUntil(() => done);
    expect(clock.now()).toBe(300);
    await expect(clock.advanceUntil(() => false, 200)).rejects.toThrow('did not hold within 200 ms');
  });

  it('stands still while work goes on elsewhere, and lets its end settle', async () => {
    let busy = true;
    const clock = createFakeClock(0, () => busy);
    const seen: [string, number][] = [];
    clock.schedule(1, () => seen.push(['timer', clock.now()]));
    const elsewhere = readFile(import.meta.filename).then(() => {
      busy = false;
      setImmediate(() => seen.push(['answer', clock.now()]));
    });
    await clock.advance(10);
    await elsewhere;
    expect(seen).toEqual([
      ['answer', 0],
      ['timer', 1],
    ]);
  });
});
