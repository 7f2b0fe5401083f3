import type { KubeObject, WatchEvent, WireRequest } from '@cartographer/machinery';
import { createFakeClock, errorEvent } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import { things } from '../testing/scripted-collection.ts';
import { createObjectMirror } from './object-mirror.ts';
import { createObjectStore } from './object-store.ts';
import { watchOnce } from './watch-once.ts';

const SECONDS = 40;
const GRACE_MS = 5_000;

const thing = (name: string | undefined, resourceVersion: string): KubeObject => ({
  apiVersion: 'acme.dev/v1',
  kind: 'Thing',
  metadata: { namespace: 'team', ...(name === undefined ? {} : { name }), resourceVersion },
});
const event = (type: string, object: unknown): WatchEvent => ({ type, object }) as WatchEvent;

/** A watch from position 10 over the events that the test sends, until it ends it. */
function start(options: { readonly random?: number; readonly signal?: AbortSignal } = {}) {
  const clock = createFakeClock();
  const requests: WireRequest[] = [];
  const told: string[] = [];
  const queue: WatchEvent[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  async function* events(signal: AbortSignal | undefined): AsyncGenerator<WatchEvent> {
    signal?.addEventListener('abort', () => wake());
    for (;;) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next;
      if (isOver || signal?.aborted === true) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const transport = {
    request: async (request: WireRequest) => {
      requests.push(request);
      return { status: 200, headers: {}, events: events(request.signal) };
    },
    close: async () => undefined,
  };
  const mirror = createObjectMirror(createObjectStore({}, () => undefined));
  mirror.replace([thing('a', '5')], '10');
  let progressed = 0;
  const end = watchOnce({
    client: createClient({ transport, clock }),
    type: things,
    selection: { namespace: 'team', labelSelector: 'a=b' },
    mirror,
    transform: (object) => ({ ...object, seen: true }),
    onChange: ({ type, object }) => told.push(`${type} ${object.metadata.name} ${JSON.stringify(object['seen'])}`),
    progress: () => (progressed += 1),
    watchSeconds: SECONDS,
    stallGraceMs: GRACE_MS,
    clock,
    random: () => options.random ?? 0,
    signal: options.signal ?? new AbortController().signal,
  });
  const ended = end.catch((error: unknown) => error);
  const send = async (...sent: WatchEvent[]): Promise<void> => {
    queue.push(...sent);
    wake();
    await clock.settle();
  };
  const close = async (): Promise<void> => {
    isOver = true;
    wake();
    await clock.settle();
  };
  return { clock, requests, told, mirror, end: ended, send, close, progressed: () => progressed };
}

describe('one watch', () => {
  it('starts at the position of the mirror, with bookmarks, for as long as is asked', async () => {
    const { clock, requests, close, end } = start();
    await clock.settle();
    await close();
    await end;
    expect(requests.map(({ path, query }) => [path, query])).toEqual([
      [
        '/apis/acme.dev/v1/namespaces/team/things',
        {
          watch: 'true',
          labelSelector: 'a=b',
          resourceVersion: '10',
          allowWatchBookmarks: 'true',
          timeoutSeconds: '40',
        },
      ],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('tells each change, reduced, and moves the position on; a bookmark moves it and tells nothing', async () => {
    const { told, mirror, send, close, end, progressed } = start();
    await send(event('MODIFIED', thing('a', '11')), event('ADDED', thing('b', '12')));
    expect(mirror.position).toBe('12');
    await send(event('BOOKMARK', thing(undefined, '20')));
    expect([mirror.position, progressed()]).toEqual(['20', 3]);
    await send(event('DELETED', thing('b', '21')), event('DELETED', thing('b', '21')));
    await close();
    expect([await end, told]).toEqual(['early', ['updated a true', 'added b true', 'deleted b true']]);
  });

  it('takes an event for old news that is older than the position, though not than the start', async () => {
    const { told, mirror, send, close, end } = start();
    await send(event('BOOKMARK', thing(undefined, '20')));
    await send(event('ADDED', thing('b', '15')), event('BOOKMARK', thing(undefined, '15')));
    await close();
    expect([await end, told, mirror.position]).toEqual(['early', [], '20']);
  });

  it.each(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])(
    'ends, and takes nothing, when a %s is older than its start',
    async (type) => {
      const { told, mirror, send, close, end, progressed } = start();
      await send(event(type, thing('a', '9')));
      await close();
      expect([await end, told, mirror.position, progressed()]).toEqual(['regressed', [], '10', 0]);
    },
  );

  it.each(['ADDED', 'BOOKMARK'])('goes on when a %s is as old as its start', async (type) => {
    const { send, close, end, progressed } = start();
    await send(event(type, thing('z', '10')));
    expect(progressed()).toBe(1);
    await close();
    expect(await end).toBe('early');
  });

  it.each<[string, WatchEvent, unknown]>([
    ['410', errorEvent(410, 'Expired', 'too old resource version'), 'expired'],
    ['500', errorEvent(500, 'InternalError', 'etcd: leader changed'), { message: 'etcd: leader changed' }],
    ['an unknown type', event('CHANGED', thing('a', '11')), { code: 'CARTO_ANSWER_MALFORMED' }],
    ['a type every object has', event('toString', thing('a', '11')), { code: 'CARTO_ANSWER_MALFORMED' }],
    ['an object without a name', event('ADDED', thing(undefined, '11')), { code: 'CARTO_ANSWER_MALFORMED' }],
    ['no object', event('ADDED', null), { code: 'CARTO_ANSWER_MALFORMED' }],
    ['an object without metadata', event('ADDED', {}), { code: 'CARTO_ANSWER_MALFORMED' }],
  ])('ends with an event that has %s, and leaves no timer', async (_what, bad, expected) => {
    const { clock, send, close, end, told, progressed } = start();
    await send(bad);
    await close();
    if (typeof expected === 'string') expect(await end).toBe(expected);
    else expect(await end).toMatchObject(expected as object);
    expect([told, progressed(), clock.pending]).toEqual([[], 0, 0]);
  });

  it.each([
    [0, 36_999, 'early'],
    [0, 37_000, 'done'],
    [0.999, 46_999, 'early'],
    [0.999, 47_000, 'done'],
  ])('with jitter %d is closed in time or early: after %d ms it is %s', async (random, afterMs, expected) => {
    const { clock, close, end } = start({ random });
    await clock.advance(afterMs);
    await close();
    expect(await end).toBe(expected);
  });

  it('is dead after silence that is longer than the server lets it live, counted from the last event', async () => {
    const { clock, send, end } = start();
    let result: unknown = 'open';
    void end.then((value) => (result = value));
    await clock.advance(30_000);
    await send(event('BOOKMARK', thing(undefined, '11')));
    await clock.advance(SECONDS * 1_000 + GRACE_MS - 1);
    expect(result).toBe('open');
    await clock.advance(1);
    expect(result).toMatchObject({ code: 'CARTO_TIMEOUT' });
    expect(clock.pending).toBe(0);
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const { clock, end } = start({ signal: abort.signal });
    await clock.settle();
    abort.abort();
    await end;
    expect(clock.pending).toBe(0);
  });
});
