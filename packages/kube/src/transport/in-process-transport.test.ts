import { getEventListeners } from 'node:events';
import type { WatchEvent, WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { createInProcessTransport } from './in-process-transport.ts';

const event = (name: string): WatchEvent => ({ type: 'ADDED', object: { metadata: { name } } });

/** A transport to a server whose watch gives what the test pushes. */
function setUp(token?: string) {
  const requests: WireRequest[] = [];
  const waiting: PromiseWithResolvers<IteratorResult<WatchEvent>>[] = [];
  let returned = 0;
  const events: AsyncIterable<WatchEvent> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const next = Promise.withResolvers<IteratorResult<WatchEvent>>();
        waiting.push(next);
        return next.promise;
      },
      return() {
        returned += 1;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const transport = createInProcessTransport(async (request) => {
    requests.push(request);
    return { status: 200, headers: {}, ...(request.query?.['watch'] === 'true' ? { events } : { body: 'fine' }) };
  }, token);
  const open = async (signal?: AbortSignal): Promise<AsyncIterator<WatchEvent>> => {
    const answer = await transport.request({ method: 'GET', path: '/x', query: { watch: 'true' }, signal });
    return (answer.events ?? events)[Symbol.asyncIterator]();
  };
  return { transport, requests, waiting, open, returned: () => returned };
}

describe('an in-process transport', () => {
  it('hands a request over as it is when it has no token', async () => {
    const { transport, requests } = setUp();
    const request = { method: 'POST', path: '/x', body: { a: 1 } } as const;
    expect((await transport.request(request)).body).toBe('fine');
    expect(requests[0]).toBe(request);
    await expect(transport.close()).resolves.toBeUndefined();
  });

  it('hands an answer back as it is, a watch without a signal included', async () => {
    const { transport, waiting } = setUp();
    const query = { watch: 'true' };
    const answer = await transport.request({ method: 'GET', path: '/x', query });
    const next = answer.events?.[Symbol.asyncIterator]().next();
    waiting[0]?.resolve({ done: false, value: event('a') });
    expect([answer.status, await next]).toEqual([200, { done: false, value: event('a') }]);
    const { signal } = new AbortController();
    const plain = await transport.request({ method: 'GET', path: '/x', signal });
    expect(plain).toEqual({ status: 200, headers: {}, body: 'fine' });
    expect(await transport.request({ method: 'GET', path: '/x', query, signal })).toMatchObject({
      status: 200,
      headers: {},
    });
  });

  it('shows its token, beside the other headers, unless the request brings an identity', async () => {
    const { transport, requests } = setUp('mine');
    const headers: Record<string, string>[] = [{ accept: 'a' }, { accept: 'a', authorization: 'Bearer other' }];
    for (const each of headers) await transport.request({ method: 'GET', path: '/x', headers: each });
    await transport.request({ method: 'GET', path: '/x' });
    expect(requests[2]).toMatchObject({ method: 'GET', path: '/x' });
    expect(requests.map((request) => request.headers)).toEqual([
      { accept: 'a', authorization: 'Bearer mine' },
      { accept: 'a', authorization: 'Bearer other' },
      { authorization: 'Bearer mine' },
    ]);
  });

  it('asks nothing for a signal that has fired', async () => {
    const { transport, requests } = setUp();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(transport.request({ method: 'GET', path: '/x', signal })).rejects.toThrow('too late');
    expect(requests).toEqual([]);
  });

  it('passes events on as they come, and the end, with nothing left on the signal', async () => {
    const { open, waiting } = setUp();
    const { signal } = new AbortController();
    const events = await open(signal);
    const first = events.next();
    waiting[0]?.resolve({ done: false, value: event('a') });
    expect(await first).toEqual({ done: false, value: event('a') });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    const last = events.next();
    waiting[1]?.resolve({ done: true, value: undefined });
    expect(await last).toEqual({ done: true, value: undefined });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('passes on what breaks a watch', async () => {
    const { open, waiting } = setUp();
    const events = await open(new AbortController().signal);
    const next = events.next();
    waiting[0]?.reject(new Error('broken'));
    await expect(next).rejects.toThrow('broken');
  });

  it('ends a watch at once when its signal fires, though the server is silent, and closes it', async () => {
    const { open, waiting, returned } = setUp();
    const abort = new AbortController();
    const events = await open(abort.signal);
    const next = events.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(returned()).toBe(1);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(waiting).toHaveLength(1);
  });

  it('closes a watch whose reader stops, and does so once', async () => {
    const { open, returned } = setUp();
    const abort = new AbortController();
    const events = await open(abort.signal);
    await events.return?.();
    expect([returned(), getEventListeners(abort.signal, 'abort')]).toEqual([1, []]);
    abort.abort();
    expect(returned()).toBe(1);
  });

  it('survives a server that fails to close its watch', async () => {
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<WatchEvent>>(() => undefined),
        return: () => Promise.reject(new Error('cannot close')),
      }),
    };
    const transport = createInProcessTransport(async () => ({ status: 200, headers: {}, events: source }));
    const abort = new AbortController();
    const { events } = await transport.request({ method: 'GET', path: '/x', signal: abort.signal });
    const next = events?.[Symbol.asyncIterator]().next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
