import { getEventListeners } from 'node:events';
import type { Json, WireRequest, WireResponse } from '@cartographer/machinery';
import { failure } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { things } from '../testing/scripted-collection.ts';
import { TransportError } from '../transport/api-error.ts';
import { createClient } from './client.ts';
import type { ListPagesOptions } from './list-pages.ts';
import { listPages } from './list-pages.ts';

type Answer = (request: WireRequest, page: number) => WireResponse | Promise<WireResponse>;

const ok = (body: Json): WireResponse => ({ status: 200, headers: {}, body });
const page = (names: readonly string[], resourceVersion: string, next?: string): WireResponse =>
  ok({
    metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) },
    items: names.map((name) => ({ metadata: { name } })),
  });
const tooLarge = (): never => {
  throw new TransportError('CARTO_ANSWER_TOO_LARGE', 'too large');
};
const expired: WireResponse = { status: 410, headers: {}, body: failure(410, 'Expired', 'too old') };

function setUp(answer: Answer, options: Partial<ListPagesOptions> = {}) {
  const clock = createFakeClock();
  const requests: WireRequest[] = [];
  const transport = {
    request: async (request: WireRequest) => {
      requests.push(request);
      return answer(request, requests.length);
    },
    close: async () => undefined,
  };
  const abort = new AbortController();
  const list = () =>
    listPages({
      client: createClient({ transport, clock }),
      type: things,
      selection: { namespace: 'team', labelSelector: 'a=b' },
      clock,
      pageSize: 100,
      timeoutMs: 1_000,
      transform: (object) => ({ ...object, seen: true }),
      signal: abort.signal,
      ...options,
    });
  /** `limit@continue` of each request. */
  const asked = (): string[] =>
    requests.map(({ query }) => `${query?.['limit'] ?? 'all'}@${query?.['continue'] ?? ''}`);
  return { clock, requests, abort, list, asked };
}

describe('a list in pages', () => {
  it('is all pages, reduced, at the version of the first, and asks for the newest state', async () => {
    const { list, requests, clock, abort } = setUp((_request, n) =>
      n === 1 ? page(['a', 'b'], '10', 'next') : n === 2 ? page(['c'], '12', 'last') : page(['d'], '13', ''),
    );
    const { resourceVersion, objects } = await list();
    expect(resourceVersion).toBe('10');
    expect(objects.map(({ metadata, ...rest }) => [metadata.name, rest['seen']])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
      ['d', true],
    ]);
    expect(requests.map(({ path, query }) => [path, query])).toEqual(
      [undefined, 'next', 'last'].map((next) => [
        '/apis/acme.dev/v1/namespaces/team/things',
        { labelSelector: 'a=b', limit: '100', ...(next === undefined ? {} : { continue: next }) },
      ]),
    );
    expect([clock.pending, getEventListeners(abort.signal, 'abort')]).toEqual([0, []]);
  });

  it('leaves out what is no object, and is empty without items', async () => {
    const items = [null, {}, { metadata: {} }, { metadata: { name: 7 } }, { metadata: { name: 'a' } }];
    const { list } = setUp(() => ok({ metadata: { resourceVersion: '10' }, items }));
    expect((await list()).objects).toEqual([{ metadata: { name: 'a' }, seen: true }]);
    const empty = setUp(() => ok({ metadata: {}, items: null }));
    expect(await empty.list()).toEqual({ resourceVersion: undefined, objects: [] });
  });

  it.each<[string, Json]>([
    ['nothing', null],
    ['no metadata', {}],
    ['metadata that are null', { metadata: null }],
    ['metadata that are a text', { metadata: 'x' }],
  ])('is malformed with %s, and never taken for an empty one', async (_what, body) => {
    const { list, clock } = setUp(() => ok(body));
    await expect(list()).rejects.toMatchObject({
      code: 'CARTO_ANSWER_MALFORMED',
      message: 'listing things: the answer is not a list',
    });
    expect(clock.pending).toBe(0);
  });

  it('is read again in one piece, from the start, when its snapshot expires, and only once', async () => {
    const { list, asked } = setUp((_request, n) =>
      n === 1 ? page(['a'], '10', 'next') : n === 2 ? expired : page(['a', 'b'], '20'),
    );
    const { resourceVersion, objects } = await list();
    expect([resourceVersion, objects.length, asked()]).toEqual(['20', 2, ['100@', '100@next', 'all@']]);
    const always = setUp(() => expired);
    await expect(always.list()).rejects.toMatchObject({ status: { code: 410 } });
    expect(always.asked()).toEqual(['100@', 'all@']);
  });

  it('is read again in smaller pages, from the start, while one is too large', async () => {
    const { list, asked } = setUp(({ query }) => (Number(query?.['limit']) > 7 ? tooLarge() : page(['a'], '10')));
    expect((await list()).objects).toHaveLength(1);
    expect(asked()).toEqual(['100@', '25@', '7@']);
  });

  it.each([
    [9, ['9@', '3@']],
    [8, ['8@']],
    [32, ['32@', '8@']],
    [33, ['33@', '9@', '3@']],
  ])('gives up when pages of %d and smaller ones are too large', async (pageSize, expected) => {
    const { list, asked } = setUp(tooLarge, { pageSize });
    await expect(list()).rejects.toMatchObject({ code: 'CARTO_ANSWER_TOO_LARGE' });
    expect(asked()).toEqual(expected);
  });

  it('is not read in smaller pages once it had to be read in one piece', async () => {
    const { list, asked } = setUp((_request, n) => (n === 1 ? expired : tooLarge()));
    await expect(list()).rejects.toMatchObject({ code: 'CARTO_ANSWER_TOO_LARGE' });
    expect(asked()).toEqual(['100@', 'all@']);
  });

  it.each([
    ['a refusal', { status: 403, headers: {}, body: failure(403, 'Forbidden', 'no') }, { status: { code: 403 } }],
    ['an outage', { status: 503, headers: {}, body: {} }, { status: { code: 503 } }],
  ])('is not asked for again after %s', async (_what, answer, expected) => {
    const { list, asked } = setUp(() => answer);
    await expect(list()).rejects.toMatchObject(expected);
    expect(asked()).toEqual(['100@']);
  });

  it('gives each page its time anew', async () => {
    const { list, clock } = setUp(async ({ signal }, n) => {
      await clock.sleep(999, signal);
      return n === 3 ? page(['c'], '10') : page(['a'], '10', 'next');
    });
    const listed = list();
    await clock.advance(3 * 999);
    expect((await listed).objects).toHaveLength(3);
  });

  it('gives up a page that is not answered in time', async () => {
    const { list, clock } = setUp(
      ({ signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    let end: unknown = 'open';
    const listed = list().catch((error: unknown) => (end = error));
    await clock.advance(999);
    expect(end).toBe('open');
    await clock.advance(1);
    await listed;
    expect(end).toMatchObject({ code: 'CARTO_TIMEOUT', message: 'listing things: no sign of life for 1 s' });
    expect(clock.pending).toBe(0);
  });

  it('ends with its signal', async () => {
    const { list, abort } = setUp(
      ({ signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const listed = list();
    abort.abort(new Error('stop'));
    await expect(listed).rejects.toThrow('stop');
  });

  it('does not follow a server that never ends its list', async () => {
    const { list, requests } = setUp(() => page([], '10', 'next'));
    await expect(list()).rejects.toMatchObject({
      code: 'CARTO_ANSWER_MALFORMED',
      message: 'the list of things does not end',
    });
    expect(requests).toHaveLength(10_000);
  });
});
