import { getEventListeners } from 'node:events';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { TransportError } from './api-error.ts';
import { createDeadline, noSignOfLife } from './deadline.ts';

const SILENCE_MS = 10_000;

function setUp(parent?: AbortSignal) {
  const clock = createFakeClock();
  const expire = (): Error => noSignOfLife('watching things', SILENCE_MS);
  return { clock, deadline: createDeadline({ clock, limitMs: SILENCE_MS, parent, expire }) };
}

describe('a deadline', () => {
  it('fires after so much silence, to the millisecond, and says for what', async () => {
    const { clock, deadline } = setUp();
    await clock.advance(SILENCE_MS - 1);
    expect([deadline.signal.aborted, deadline.expired]).toEqual([false, undefined]);
    await clock.advance(1);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.expired).toBeInstanceOf(TransportError);
    expect(deadline.expired).toMatchObject({
      code: 'CARTO_TIMEOUT',
      message: 'watching things: no sign of life for 10 s',
    });
    expect(deadline.signal.reason).toBe(deadline.expired);
    expect(clock.pending).toBe(0);
  });

  it('counts from the last sign of life, however many there were, with one timer', async () => {
    const { clock, deadline } = setUp();
    for (let i = 0; i < 5; i += 1) {
      await clock.advance(7_000);
      deadline.touch();
      expect(clock.pending).toBe(1);
    }
    await clock.advance(SILENCE_MS - 1);
    expect(deadline.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(deadline.expired).toMatchObject({ code: 'CARTO_TIMEOUT' });
  });

  it('fires at its time though the time of day jumps back', async () => {
    const clock = createFakeClock();
    const deadline = createDeadline({ clock, limitMs: 1_000, expire: () => new Error('too late') });
    const touched = createDeadline({ clock, limitMs: 1_000, expire: () => new Error('too late') });
    touched.touch();
    clock.jump(-3_600_000);
    await clock.advance(1_000);
    expect(deadline.signal.aborted).toBe(true);
    await clock.advance(1_000);
    expect(touched.signal.aborted).toBe(true);
  });

  it('fires with its parent, for the parent’s reason, which is no silence', () => {
    const parent = new AbortController();
    const { deadline } = setUp(parent.signal);
    const reason = new Error('stop');
    parent.abort(reason);
    expect([deadline.signal.reason, deadline.expired]).toEqual([reason, undefined]);
  });

  it('has fired from the start when its parent has', () => {
    const reason = new Error('stop');
    const { deadline } = setUp(AbortSignal.abort(reason));
    expect([deadline.signal.aborted, deadline.signal.reason]).toEqual([true, reason]);
  });

  it.each([
    ['at once', 0],
    ['after a sign of life', 9_000],
    ['after a first look at the time', 17_000],
  ])('leaves nothing behind once it has ended, and lets go what hangs on it: %s', async (_when, afterMs) => {
    const parent = new AbortController();
    const { clock, deadline } = setUp(parent.signal);
    await clock.advance(Math.min(afterMs, 9_000));
    deadline.touch();
    await clock.advance(afterMs - Math.min(afterMs, 9_000));
    expect(deadline.signal.aborted).toBe(false);
    deadline.end();
    expect([deadline.signal.aborted, deadline.expired, clock.pending]).toEqual([true, undefined, 0]);
    expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
  });

  it('listens to its parent once', () => {
    const parent = new AbortController();
    setUp(parent.signal);
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1);
    parent.abort();
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
  });
});
