import type { ResourceType, Transport, WireRequest, WireResponse } from '@cartographer/machinery';
import { failure } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import {
  ApiError,
  isAlreadyExists,
  isAmbiguous,
  isConflict,
  isExpired,
  isForbidden,
  isNotFound,
  TransportError,
} from '../transport/api-error.ts';
import type { Client } from './client.ts';
import { createClient } from './client.ts';
import type { Writes } from './writes.ts';

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};
const workloads: ResourceType = {
  group: 'carto.run',
  version: 'v1alpha1',
  kind: 'Workload',
  resource: 'workloads',
  namespaced: true,
};
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'team', name: 'web' } };

function recording(answer: Partial<WireResponse> = {}): { client: Client; requests: WireRequest[] } {
  const requests: WireRequest[] = [];
  const transport: Transport = {
    request(request) {
      requests.push(request);
      return Promise.resolve({ status: 200, headers: {}, body: {}, ...answer });
    },
    close: () => Promise.resolve(),
  };
  return { client: createClient({ transport, clock: createFakeClock(), userAgent: 'test' }), requests };
}

const summary = ({ method, path, query, headers, body }: WireRequest): unknown => [
  method,
  path,
  query ?? {},
  headers?.['content-type'] ?? '',
  body ?? null,
];

describe('client', () => {
  it('speaks the API’s URLs for every verb', async () => {
    const { client, requests } = recording();
    await client.get(configMaps, { namespace: 'team', name: 'web' });
    await client.list(workloads, { labelSelector: 'a=b', limit: 5, continue: 'next' });
    await client.list(workloads, { namespace: 'team' });
    await client.create(configMaps, object, { fieldManager: 'me', dryRun: true });
    await client.update(configMaps, object);
    await client.updateStatus(workloads, { ...object, kind: 'Workload' }, { fieldValidation: 'Strict' });
    await client.patch(configMaps, { namespace: 'team', name: 'web' }, { kind: 'merge', body: { a: null } });
    await client.apply(configMaps, object, { fieldManager: 'me', force: true });
    await client.delete(configMaps, { namespace: 'team', name: 'web' }, { preconditions: { uid: 'u1' } });
    await client
      .createToken({ namespace: 'team', name: 'default' }, { expirationSeconds: 7200 })
      .catch(() => undefined);
    const one = '/api/v1/namespaces/team/configmaps/web';
    expect(requests.map(summary)).toEqual([
      ['GET', one, {}, '', null],
      ['GET', '/apis/carto.run/v1alpha1/workloads', { labelSelector: 'a=b', limit: '5', continue: 'next' }, '', null],
      ['GET', '/apis/carto.run/v1alpha1/namespaces/team/workloads', {}, '', null],
      ['POST', '/api/v1/namespaces/team/configmaps', { fieldManager: 'me', dryRun: 'All' }, '', object],
      ['PUT', one, {}, '', object],
      [
        'PUT',
        '/apis/carto.run/v1alpha1/namespaces/team/workloads/web/status',
        { fieldValidation: 'Strict' },
        '',
        { ...object, kind: 'Workload' },
      ],
      ['PATCH', one, {}, 'application/merge-patch+json', { a: null }],
      ['PATCH', one, { fieldManager: 'me', force: 'true' }, 'application/apply-patch+yaml', object],
      ['DELETE', one, {}, '', { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'u1' } }],
      [
        'POST',
        '/api/v1/namespaces/team/serviceaccounts/default/token',
        {},
        '',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } },
      ],
    ]);
  });

  it('sends another identity over the same transport', async () => {
    const { client, requests } = recording();
    await client.withToken('abc').get(configMaps, { name: 'x' });
    await client.get(configMaps, { name: 'x' });
    expect(requests.map((request) => request.headers?.['authorization'])).toEqual(['Bearer abc', undefined]);
    expect(requests[0]?.headers?.['user-agent']).toBe('test');
  });

  it('never shows a name as more than one path segment', async () => {
    const { client, requests } = recording();
    await client.get(configMaps, { namespace: '../kube-system', name: 'a/b?c' });
    expect(requests[0]?.path).toBe('/api/v1/namespaces/..%2Fkube-system/configmaps/a%2Fb%3Fc');
  });

  it('throws the server’s Status', async () => {
    const status = failure(409, 'AlreadyExists', 'configmaps "web" already exists', { name: 'web' });
    const { client } = recording({ status: 409, body: status });
    const error = await client.create(configMaps, object).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ reason: 'AlreadyExists', message: status.message, status });
    expect([isAlreadyExists(error), isConflict(error), isNotFound(error)]).toEqual([true, false, false]);
  });

  it('makes an error of an answer that is no Status', async () => {
    const { client } = recording({ status: 502, body: Buffer.from('<html>bad gateway</html>') });
    await expect(client.get(configMaps, { name: 'x' })).rejects.toMatchObject({
      status: { code: 502 },
      message: 'the server answered with status 502: <html>bad gateway</html>',
      retry: 'backoff',
    });
    const missing = recording({ status: 404, body: Buffer.from('404 page not found') });
    const error = await missing.client.list(workloads).catch((caught: unknown) => caught);
    expect(isNotFound(error)).toBe(true);
  });

  it('passes on how long the server wants to be left alone', async () => {
    const byHeader = recording({
      status: 429,
      headers: { 'retry-after': '3' },
      body: failure(429, 'TooManyRequests', 'x'),
    });
    const hints = { afterMs: 3_000, retry: 'after' };
    await expect(byHeader.client.get(configMaps, { name: 'x' })).rejects.toMatchObject(hints);
    const byStatus = recording({
      status: 503,
      body: failure(503, 'ServiceUnavailable', 'x', { retryAfterSeconds: 3 }),
    });
    await expect(byStatus.client.get(configMaps, { name: 'x' })).rejects.toMatchObject(hints);
    const never = recording({ status: 403, body: failure(403, 'Forbidden', 'no') });
    const error = await never.client.get(configMaps, { name: 'x' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ retry: 'backoff' }); // rights may be granted later
    expect(isForbidden(error)).toBe(true);
  });

  it('knows which failures leave a write in doubt', () => {
    expect(isAmbiguous(new TransportError('CARTO_CONNECTION_LOST', 'x'))).toBe(true);
    expect(isAmbiguous(new TransportError('CARTO_TIMEOUT', 'x'))).toBe(true);
    expect(isAmbiguous(new TransportError('CARTO_CONNECT_FAILED', 'x'))).toBe(false);
    expect(isAmbiguous(new ApiError(failure(504, 'Timeout', 'x')))).toBe(true);
    expect(isAmbiguous(new ApiError(failure(409, 'Conflict', 'x')))).toBe(false);
  });

  it('throws a refused watch at the first event', async () => {
    const { client } = recording({ status: 410, body: failure(410, 'Expired', 'too old resource version') });
    const events = client.watch(configMaps, { resourceVersion: '5' })[Symbol.asyncIterator]();
    const error = await events.next().catch((caught: unknown) => caught);
    expect(isExpired(error)).toBe(true);
  });
});

describe('a write that is attempted', () => {
  const how = { fieldManager: 'me' };
  const key = { namespace: 'team', name: 'web' };

  it.each<readonly [string, (writes: Writes<unknown>) => Promise<unknown>]>([
    ['create', (writes) => writes.create(configMaps, object, how)],
    ['update', (writes) => writes.update(configMaps, object, how)],
    ['updateStatus', (writes) => writes.updateStatus(configMaps, object, how)],
    ['patch', (writes) => writes.patch(configMaps, key, { ...how, kind: 'merge', body: { data: {} } })],
    ['apply', (writes) => writes.apply(configMaps, object, { ...how, force: true })],
    ['delete', (writes) => writes.delete(configMaps, key, { preconditions: { uid: 'u' } })],
  ])('is the same request, and its refusal is given where the other is thrown: %s', async (_what, write) => {
    const status = failure(409, 'Conflict', 'somebody was faster');
    const { client, requests } = recording({ status: 409, body: status });
    const thrown = await write(client).catch((error: unknown) => error);
    const given = await write(client.attempt);
    expect(requests).toHaveLength(2);
    expect(requests[1]).toEqual(requests[0]);
    expect(isConflict(thrown)).toBe(true);
    expect(given).toEqual({ kind: 'refused', error: thrown, status });
  });

  it.each([
    [200, false],
    [201, true],
  ])('answered with %i: created %s, and what the server warned of', async (status, created) => {
    const warning = '299 - "unknown field \\"spec.a\\"", 299 - "old"';
    const { client } = recording({ status, body: object, headers: { warning } });
    const warnings = ['unknown field "spec.a"', 'old'];
    expect(await client.attempt.create(configMaps, object)).toEqual({ kind: 'done', object, created, warnings });
  });

  it('that no API server answered is refused without a Status', async () => {
    const { client } = recording({ status: 502, body: 'gateway' });
    const answer = await client.attempt.create(configMaps, object);
    expect(Object.keys(answer)).toEqual(['kind', 'error']);
    expect(answer).toMatchObject({ kind: 'refused', error: { status: { code: 502 } } });
  });

  it('without an answer throws, as the other does', async () => {
    const gone = new TransportError('CARTO_CONNECTION_LOST', 'gone');
    const transport: Transport = { request: () => Promise.reject(gone), close: () => Promise.resolve() };
    const client = createClient({ transport, clock: createFakeClock() });
    await expect(client.attempt.create(configMaps, object)).rejects.toBe(gone);
  });
});
