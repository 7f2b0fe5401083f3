import type {
  KubeObject,
  ResourceType,
  Transport,
  WatchEvent,
  WireRequest,
  WireResponse,
} from '@cartographer/machinery';
import { failure } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { Client, ClientOptions } from './client.ts';
import { createClient } from './client.ts';

const things: ResourceType = { group: 'acme.dev', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const key = { namespace: 'team', name: 'a' };
const object: KubeObject = { apiVersion: 'acme.dev/v1', kind: 'Thing', metadata: key };
const collection = '/apis/acme.dev/v1/namespaces/team/things';

function setUp(answer: Partial<WireResponse> = {}, options: Partial<ClientOptions> = {}) {
  const requests: WireRequest[] = [];
  const transport: Transport = {
    async request(request) {
      requests.push(request);
      return { status: 200, headers: {}, body: {}, ...answer };
    },
    close: async () => undefined,
  };
  return { client: createClient({ transport, clock: createFakeClock(), ...options }), requests };
}

const VERBS: Readonly<Record<string, (client: Client, signal?: AbortSignal) => Promise<unknown>>> = {
  get: (client, signal) => client.get(things, key, { signal }),
  list: (client, signal) => client.list(things, { signal }),
  create: (client, signal) => client.create(things, object, { signal }),
  update: (client, signal) => client.update(things, object, { signal }),
  updateStatus: (client, signal) => client.updateStatus(things, object, { signal }),
  patch: (client, signal) => client.patch(things, key, { kind: 'merge', body: {}, signal }),
  apply: (client, signal) => client.apply(things, object, { fieldManager: 'me', signal }),
  delete: (client, signal) => client.delete(things, key, { signal }),
  createToken: (client, signal) => client.createToken(key, { signal }),
  watch: (client, signal) => client.watch(things, { signal })[Symbol.asyncIterator]().next(),
  raw: (client, signal) => client.raw({ method: 'GET', path: '/x', signal }),
};
const verbs = Object.keys(VERBS).filter((verb) => verb !== 'raw');

describe('a request of the client', () => {
  it.each(Object.keys(VERBS))('ends with the caller’s signal: %s', async (verb) => {
    const { client, requests } = setUp();
    const { signal } = new AbortController();
    await VERBS[verb]?.(client, signal).catch(() => undefined);
    expect(requests.map((request) => request.signal)).toEqual([signal]);
  });

  it.each(verbs)('fails with every status that is no success: %s', async (verb) => {
    for (const status of [199, 300, 304, 400, 404, 409, 500]) {
      const { client } = setUp({ status, body: failure(status, undefined, 'no') });
      await expect(VERBS[verb]?.(client)).rejects.toMatchObject({ status: { code: status } });
    }
  });

  it.each(verbs.filter((verb) => verb !== 'watch' && verb !== 'createToken'))(
    'gives the answer of every success: %s',
    async (verb) => {
      for (const status of [200, 201, 202, 299]) {
        const { client } = setUp({ status, body: { kind: 'Thing' } });
        expect(await VERBS[verb]?.(client)).toEqual({ kind: 'Thing' });
      }
    },
  );

  it('is never sent twice, whatever comes of it', async () => {
    for (const status of [401, 409, 429, 500, 503, 504]) {
      for (const verb of verbs) {
        const { client, requests } = setUp({ status, body: failure(status, undefined, 'no') });
        await VERBS[verb]?.(client).catch(() => undefined);
        expect(requests).toHaveLength(1);
      }
    }
  });

  it('gives a failure as it is to who asks for the raw answer', async () => {
    const { client } = setUp({ status: 404, body: failure(404, 'NotFound', 'no') });
    expect((await client.raw({ method: 'GET', path: '/x' })).status).toBe(404);
  });

  it('asks for JSON under a name, which the request may set itself', async () => {
    const { client, requests } = setUp({}, { token: 'mine' });
    await client.raw({ method: 'GET', path: '/x' });
    const headers = { accept: 'text/plain', 'user-agent': 'other', authorization: 'Bearer other' };
    await client.raw({ method: 'GET', path: '/x', headers });
    expect(requests.map((request) => request.headers)).toEqual([
      { accept: 'application/json', 'user-agent': 'cartographer', authorization: 'Bearer mine' },
      headers,
    ]);
  });

  it('of another identity shows that one, and is otherwise the same', async () => {
    const { client, requests } = setUp(
      {},
      {
        token: 'mine',
        userAgent: 'test',
      },
    );
    await client.withToken('abc').get(things, key);
    expect(requests[0]?.headers).toEqual({
      accept: 'application/json',
      'user-agent': 'test',
      authorization: 'Bearer abc',
    });
  });
});

describe('what the client asks for', () => {
  it.each<[string, (client: Client) => Promise<unknown>, Partial<WireRequest>]>([
    ['a get', (client) => client.get(things, key), { method: 'GET', path: `${collection}/a`, query: undefined }],
    [
      'a get that may be older',
      (client) => client.get(things, key, { resourceVersion: '0' }),
      { method: 'GET', path: `${collection}/a`, query: { resourceVersion: '0' } },
    ],
    [
      'a list',
      (client) =>
        client.list(things, {
          namespace: 'team',
          labelSelector: 'a=b',
          fieldSelector: 'c=d',
          limit: 5,
          continue: 'next',
          resourceVersion: '7',
        }),
      {
        method: 'GET',
        path: collection,
        query: { labelSelector: 'a=b', fieldSelector: 'c=d', limit: '5', continue: 'next', resourceVersion: '7' },
      },
    ],
    [
      'a list of all',
      (client) => client.list(things, { labelSelector: '', continue: '' }),
      { method: 'GET', path: '/apis/acme.dev/v1/things', query: undefined },
    ],
    ['a dry run', (client) => client.update(things, object, { dryRun: true }), { query: { dryRun: 'All' } }],
    ['a true run', (client) => client.update(things, object, { dryRun: false }), { query: undefined }],
    [
      'a patch in JSON of a subresource',
      (client) =>
        client.patch(things, key, { kind: 'json', body: [], subresource: 'status', fieldManager: 'me', dryRun: true }),
      {
        method: 'PATCH',
        path: `${collection}/a/status`,
        query: { fieldManager: 'me', dryRun: 'All' },
        headers: expect.objectContaining({ 'content-type': 'application/json-patch+json' }) as Record<string, string>,
        body: [],
      },
    ],
    [
      'a strategic patch',
      (client) => client.patch(things, key, { kind: 'strategic', body: { a: 1 } }),
      {
        path: `${collection}/a`,
        headers: expect.objectContaining({ 'content-type': 'application/strategic-merge-patch+json' }) as Record<
          string,
          string
        >,
        body: { a: 1 },
      },
    ],
    [
      'an apply that gives way',
      (client) => client.apply(things, object, { fieldManager: 'me', fieldValidation: 'Strict' }),
      {
        method: 'PATCH',
        path: `${collection}/a`,
        query: { fieldManager: 'me', fieldValidation: 'Strict' },
        body: object,
      },
    ],
    [
      'an apply that does not force',
      (client) => client.apply(things, object, { fieldManager: 'me', force: false }),
      { query: { fieldManager: 'me' } },
    ],
    [
      'an apply of a subresource, by force, that is not kept',
      (client) =>
        client.apply(things, object, { fieldManager: 'me', force: true, subresource: 'status', dryRun: true }),
      { path: `${collection}/a/status`, query: { fieldManager: 'me', dryRun: 'All', force: 'true' } },
    ],
    [
      'a delete',
      (client) => client.delete(things, key),
      { method: 'DELETE', path: `${collection}/a`, body: { kind: 'DeleteOptions', apiVersion: 'v1' } },
    ],
    [
      'a delete of this very object and version',
      (client) =>
        client.delete(things, key, {
          propagationPolicy: 'Foreground',
          preconditions: { uid: 'u1', resourceVersion: '7' },
          gracePeriodSeconds: 0,
          dryRun: true,
        }),
      {
        body: {
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          propagationPolicy: 'Foreground',
          preconditions: { uid: 'u1', resourceVersion: '7' },
          gracePeriodSeconds: 0,
          dryRun: ['All'],
        },
      },
    ],
    [
      'a delete in earnest',
      (client) => client.delete(things, key, { dryRun: false }),
      { body: { kind: 'DeleteOptions', apiVersion: 'v1' } },
    ],
    [
      'a watch',
      (client) => {
        const events = client.watch(things, {
          namespace: 'team',
          labelSelector: 'a=b',
          resourceVersion: '7',
          allowWatchBookmarks: true,
          timeoutSeconds: 40,
        });
        return events[Symbol.asyncIterator]()
          .next()
          .catch(() => undefined);
      },
      {
        method: 'GET',
        path: collection,
        query: {
          watch: 'true',
          labelSelector: 'a=b',
          resourceVersion: '7',
          allowWatchBookmarks: 'true',
          timeoutSeconds: '40',
        },
      },
    ],
  ])('is %s', async (_what, ask, expected) => {
    const { client, requests } = setUp();
    await ask(client);
    expect(requests).toEqual([expect.objectContaining(expected)]);
  });

  it('is a token for these audiences', async () => {
    const status = { token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' };
    const { client, requests } = setUp({ status: 201, body: { status } });
    expect(await client.createToken(key, { audiences: ['a'], expirationSeconds: 600 })).toEqual(status);
    expect(requests[0]?.body).toMatchObject({ spec: { audiences: ['a'], expirationSeconds: 600 } });
  });
});

describe('a watch of the client', () => {
  const event: WatchEvent = { type: 'ADDED', object: { metadata: { name: 'a' } } };

  it('asks at its first event, once, and closes what it opened when its reader leaves', async () => {
    let returned = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: event }),
        return: async () => ((returned += 1), { done: true as const, value: undefined }),
      }),
    };
    const { client, requests } = setUp({ events: source });
    const events = client.watch(things)[Symbol.asyncIterator]();
    expect(requests).toEqual([]);
    for (let n = 0; n < 3; n += 1) expect(await events.next()).toEqual({ done: false, value: event });
    expect([requests.length, returned]).toEqual([1, 0]);
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect([requests.length, returned]).toEqual([1, 1]);
  });

  it('asks for nothing when its reader leaves before', async () => {
    const { client, requests } = setUp();
    expect(await client.watch(things)[Symbol.asyncIterator]().return?.()).toEqual({ done: true, value: undefined });
    expect(requests).toEqual([]);
  });
});

describe('the warnings of an answer', () => {
  it.each<[string, string | undefined, readonly string[]]>([
    ['none', undefined, []],
    ['one', '299 - "old"', ['old']],
    ['several', '299 - "a", 299 kube "b"', ['a', 'b']],
    ['quoted text', '299 - "say \\"no\\" to \\\\ it"', ['say "no" to \\ it']],
    ['an empty one', '299 - ""', ['']],
    ['another code', '199 - "x"', []],
  ])('are read from the header: %s', async (_what, warning, expected) => {
    const { client } = setUp({ headers: warning === undefined ? {} : { warning } });
    expect(await client.attempt.create(things, object)).toMatchObject({ kind: 'done', warnings: expected });
  });
});
