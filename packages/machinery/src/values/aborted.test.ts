import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { orAborted, whenAborted } from './aborted.ts';

/** What a promise has come to by now. */
function stateOf(promise: Promise<unknown>): Promise<string> {
  const settled = promise.then(
    () => 'resolved',
    () => 'rejected',
  );
  return Promise.race([settled, new Promise<string>((resolve) => setImmediate(() => resolve('waiting')))]);
}

describe('waiting for a signal', () => {
  it('ends when the signal fires', async () => {
    const abort = new AbortController();
    const waiting = whenAborted(abort.signal);
    expect(await stateOf(waiting)).toBe('waiting');
    abort.abort();
    expect(await stateOf(waiting)).toBe('resolved');
  });

  it('ends at once when the signal has fired, and never without one', async () => {
    expect(await stateOf(whenAborted(AbortSignal.abort()))).toBe('resolved');
    expect(await stateOf(whenAborted(undefined))).toBe('waiting');
  });
});

describe('waiting for work unless a signal fires', () => {
  it('may be left by one who waits, without harm to the others', async () => {
    const abort = new AbortController();
    const work = Promise.withResolvers<string>();
    const left = orAborted(work.promise, abort.signal);
    const kept = orAborted(work.promise, undefined);
    abort.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    work.resolve('done');
    expect(await kept).toBe('done');
  });

  it('does not begin once the signal has fired', async () => {
    await expect(orAborted(new Promise(() => undefined), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });

  it.each([
    ['has its result', () => Promise.resolve('done')],
    ['has failed', () => Promise.reject(new Error('failed'))],
  ])('leaves nothing on the signal when the work %s', async (_, work) => {
    const { signal } = new AbortController();
    await orAborted(work(), signal).catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
