import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  getPath,
  type Json,
  type JsonObject,
  parseYamlDocuments,
  silentLog,
  textAt,
  type WatchEvent,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, describe, expect, test } from 'vitest';

import { type ApiServer, type ApiServerOptions, createApiServer } from './api-server.ts';
import { WIDGET_CRD } from './front/kubectl/testing/fixtures.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: Partial<ApiServerOptions> = {}): Promise<ApiServer> {
  const server = await createApiServer({ clock: createFakeClock(), log: silentLog, ...options });
  cleanups.push(() => server.close());
  return server;
}

type Call = {
  method?: WireRequest['method'];
  body?: Json | Uint8Array;
  headers?: Record<string, string>;
  token?: string;
};

function call(server: ApiServer, url: string, { method, body, headers, token }: Call = {}): Promise<WireResponse> {
  const [path = '', query] = url.split('?');
  return server.request({
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    path,
    ...(query === undefined ? {} : { query: Object.fromEntries(new URLSearchParams(query)) }),
    headers: { authorization: `Bearer ${token ?? server.adminToken}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

const CM = '/api/v1/namespaces/default/configmaps';
const SA = '/api/v1/namespaces/default/serviceaccounts';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const DEFAULT_RBAC = `${RBAC}/namespaces/default`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const configMap = (name: string, data: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

async function tokenFor(server: ApiServer, name: string, spec: JsonObject = {}): Promise<string> {
  const answer = await call(server, `${SA}/${name}/token`, { body: { spec } });
  return textAt(answer.body, 'status', 'token');
}

const reader = {
  metadata: { name: 'reader' },
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
};
const readerBinding = {
  metadata: { name: 'reader' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }],
};

describe('the in-process entrance', () => {
  test('takes objects and gives frozen objects', async () => {
    const server = await start();
    expect(await call(server, CM, { body: configMap('a', { k: 'v' }) })).toMatchObject({ status: 201 });
    const { status, body } = await call(server, `${CM}/a`);
    expect(status).toBe(200);
    expect(Object.isFrozen(body)).toBe(true);
    expect(body).toMatchObject({ kind: 'ConfigMap', data: { k: 'v' } });
  });

  test('streams a watch and ends it with the signal', async () => {
    const server = await start();
    const stop = new AbortController();
    const { events } = await server.request({
      method: 'GET',
      path: CM,
      query: { watch: 'true', fieldSelector: 'metadata.name=a' },
      headers: { authorization: `Bearer ${server.adminToken}` },
      signal: stop.signal,
    });
    const seen: WatchEvent['type'][] = [];
    await call(server, CM, { body: configMap('a') });
    await call(server, `${CM}/a`, { method: 'PATCH', body: { data: { x: '1' } }, headers: MERGE });
    await call(server, `${CM}/a`, { method: 'DELETE' });
    for await (const event of events ?? []) {
      seen.push(event.type);
      if (event.type === 'DELETED') stop.abort();
    }
    expect(seen).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  test('answers Tables, with the columns once in a watch', async () => {
    const server = await start();
    await call(server, CM, { body: configMap('a', { k: 'v' }) });
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { body } = await call(server, `${CM}?fieldSelector=metadata.name=a`, { headers: accept });
    expect(getPath(body, 'rows')).toMatchObject([{ cells: ['a', 1, '0s'], object: { kind: 'PartialObjectMetadata' } }]);
    const { events } = await call(server, `${CM}?watch=1`, { headers: accept });
    const columns: boolean[] = [];
    for await (const { object } of events ?? []) {
      columns.push(getPath(object, 'columnDefinitions') !== null);
      if (columns.length === 2) break;
    }
    expect(columns).toEqual([true, false]);
  });

  test('names what is wrong with a body', async () => {
    const server = await start();
    const send = (text: string | Uint8Array, type = 'application/json') =>
      call(server, CM, {
        body: typeof text === 'string' ? new TextEncoder().encode(text) : text,
        headers: { 'content-type': type },
      });
    expect(await send(new Uint8Array([0x7b, 0xff, 0x7d]))).toMatchObject({
      status: 400,
      body: { message: 'the request body is not valid UTF-8' },
    });
    expect(await send('[')).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    expect(await send('a: [', 'application/yaml')).toMatchObject({ status: 400 });
    expect(await send('k8s', 'application/vnd.kubernetes.protobuf')).toMatchObject({ status: 400 });
    expect(await send('x', 'text/csv')).toMatchObject({ status: 415 });
    const headers = { 'content-type': 'application/strategic-merge-patch+json' };
    expect(await call(server, `${CM}/a`, { method: 'PATCH', body: new Uint8Array([0xff]), headers })).toMatchObject({
      status: 400,
    });
  });

  test('puts warnings into one header', async () => {
    const server = await start({ customResources: widgetDefinition() });
    const widget = {
      apiVersion: 'proto.test/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
      spec: { size: 1, odd: 1, 'ä"': 2 },
    };
    const { headers } = await call(server, '/apis/proto.test/v1/namespaces/default/widgets', { body: widget });
    expect(headers['warning']).toBe(
      String.raw`299 - "unknown field \"spec.odd\"", 299 - "unknown field \"spec.ä\\\"\""`,
    );
  });

  test.each(['exec', 'attach', 'log', 'proxy', 'portforward', 'eviction'])('refuses pods/%s by name', async (what) => {
    const server = await start();
    expect(await call(server, `/api/v1/namespaces/default/pods/p/${what}`)).toMatchObject({
      status: 405,
      body: { kind: 'Status', message: `pods/${what} is not supported by this development API server` },
    });
  });
});

function widgetDefinition(): NonNullable<ApiServerOptions['customResources']> {
  return parseYamlDocuments(WIDGET_CRD) as unknown as NonNullable<ApiServerOptions['customResources']>;
}

describe('discovery', () => {
  test('is answered with 304 until a resource comes', async () => {
    const server = await start();
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const first = await call(server, '/apis', { headers: { accept } });
    expect(first.headers['content-type']).toBe(accept);
    const etag = first.headers['etag'] ?? '';
    expect(await call(server, '/apis', { headers: { accept, 'if-none-match': etag } })).toMatchObject({ status: 304 });
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await call(server, crds, { body: widgetDefinition()[0] as unknown as Json });
    const after = await call(server, '/apis', { headers: { accept, 'if-none-match': etag } });
    expect(after.status).toBe(200);
    expect(JSON.stringify(after.body)).toContain('"resource":"widgets"');
    expect(JSON.stringify((await call(server, '/openapi/v3')).body)).toContain('apis/proto.test/v1');
  });
});

describe('a service account', () => {
  test('may do what it is granted, from the answer of the grant on', async () => {
    const server = await start();
    await call(server, SA, { body: { metadata: { name: 'robot' } } });
    const token = await tokenFor(server, 'robot');
    expect(await call(server, CM, { token })).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    await call(server, `${DEFAULT_RBAC}/roles`, { body: reader });
    await call(server, `${DEFAULT_RBAC}/rolebindings`, { body: readerBinding });
    expect(await call(server, CM, { token })).toMatchObject({ status: 200 });
    await call(server, `${DEFAULT_RBAC}/rolebindings/reader`, { method: 'DELETE' });
    expect(await call(server, CM, { token })).toMatchObject({ status: 403 });
  });

  test('loses its token when it goes, and a new one of the same name does not revive it', async () => {
    const server = await start();
    await call(server, SA, { body: { metadata: { name: 'robot' } } });
    const token = await tokenFor(server, 'robot');
    const whoami = { body: {}, token };
    const self = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    expect((await call(server, self, whoami)).body).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:robot' } },
    });
    await call(server, `${SA}/robot`, { method: 'DELETE' });
    expect(await call(server, self, whoami)).toMatchObject({ status: 401 });
    await call(server, SA, { body: { metadata: { name: 'robot' } } });
    expect(await call(server, self, whoami)).toMatchObject({ status: 401 });
  });

  test('has tokens that end with their time, their audience and what they are bound to', async () => {
    const clock = createFakeClock();
    const server = await start({ clock });
    await call(server, SA, { body: { metadata: { name: 'robot' } } });
    await call(server, '/api/v1/namespaces/default/secrets', { body: { metadata: { name: 'tie' } } });
    const timed = await tokenFor(server, 'robot', { expirationSeconds: 600 });
    const foreign = await tokenFor(server, 'robot', { audiences: ['vault'] });
    const bound = await tokenFor(server, 'robot', {
      boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'tie' },
    });
    const status = async (token: string) => (await call(server, '/version', { token })).status;
    expect([await status(timed), await status(foreign), await status(bound)]).toEqual([200, 401, 200]);
    await call(server, '/api/v1/namespaces/default/secrets/tie', { method: 'DELETE' });
    expect(await status(bound)).toBe(401);
    await clock.advance(601_000);
    expect(await status(timed)).toBe(401);
  });

  test('loses its token within a minute when its deletion begins, though a finalizer holds it', async () => {
    const clock = createFakeClock();
    const server = await start({ clock });
    await call(server, SA, { body: { metadata: { name: 'robot', finalizers: ['test.run/hold'] } } });
    const token = await tokenFor(server, 'robot');
    const status = async () => (await call(server, '/version', { token })).status;
    await call(server, `${SA}/robot`, { method: 'DELETE' });
    expect(await status()).toBe(200);
    await clock.advance(61_000);
    expect(await status()).toBe(401);
  });

  test('gets a token into a Secret that asks for one, even when the account comes later', async () => {
    const server = await start();
    const secrets = '/api/v1/namespaces/default/secrets';
    const metadata = { name: 'sat', annotations: { 'kubernetes.io/service-account.name': 'robot' } };
    await call(server, secrets, { body: { metadata, type: 'kubernetes.io/service-account-token' } });
    await call(server, SA, { body: { metadata: { name: 'robot' } } });
    await expect
      .poll(async () => getPath((await call(server, `${secrets}/sat`)).body, 'data', 'token'))
      .toBeTypeOf('string');
    const { body } = await call(server, `${secrets}/sat`);
    const token = Buffer.from(textAt(body, 'data', 'token'), 'base64').toString();
    expect(await call(server, '/version', { token })).toMatchObject({ status: 200 });
    await call(server, `${secrets}/sat`, { method: 'DELETE' });
    expect(await call(server, '/version', { token })).toMatchObject({ status: 401 });
    await call(server, secrets, { body: { metadata: { name: 'sat' } } }); // another Secret revives nothing
    expect(await call(server, '/version', { token })).toMatchObject({ status: 401 });
  });
});

describe('authorisation', () => {
  test('of the kind AlwaysAllow lets every credential do everything, but nobody without one', async () => {
    const server = await start({ authorization: 'AlwaysAllow' });
    await call(server, SA, { body: { metadata: { name: 'robot' } } });
    const token = await tokenFor(server, 'robot');
    expect(await call(server, '/api/v1/secrets', { token })).toMatchObject({ status: 200 });
    expect(await server.request({ method: 'GET', path: '/version' })).toMatchObject({ status: 401 });
  });

  test('of the kind RBAC lets strangers see health and version only', async () => {
    const server = await start();
    expect(await server.request({ method: 'GET', path: '/healthz' })).toMatchObject({ status: 200 });
    expect(await server.request({ method: 'GET', path: '/api' })).toMatchObject({ status: 403 });
  });

  test('writes the rules of aggregated roles back into them', async () => {
    const server = await start();
    const metadata = { name: 'more', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } };
    const rules = [{ apiGroups: ['carto.run'], resources: ['workloads'], verbs: ['get'] }];
    await call(server, `${RBAC}/clusterroles`, { body: { metadata, rules } });
    await expect
      .poll(async () => JSON.stringify((await call(server, `${RBAC}/clusterroles/edit`)).body))
      .toContain('carto.run');
  });
});

describe('a server with a data folder', () => {
  test('is itself again after a restart: objects, tokens, versions that go on', async () => {
    const data = await mkdtemp(join(tmpdir(), 'carto-apiserver-'));
    cleanups.push(() => rm(data, { recursive: true, force: true }));
    const clock = createFakeClock();
    const options = { data, clock, log: silentLog, customResources: widgetDefinition() };
    const first = await createApiServer(options);
    await call(first, CM, { body: configMap('a', { k: 'v' }) });
    await call(first, SA, { body: { metadata: { name: 'robot' } } });
    const token = await tokenFor(first, 'robot');
    const version = Number(getPath((await call(first, CM)).body, 'metadata', 'resourceVersion'));
    await first.close();
    const second = await start(options);
    expect(second.kubeconfig('https://x')).toBe(first.kubeconfig('https://x'));
    expect((await call(second, `${CM}/a`)).body).toMatchObject({ data: { k: 'v' } });
    expect(await call(second, '/version', { token })).toMatchObject({ status: 200 });
    const now = Number(getPath((await call(second, CM)).body, 'metadata', 'resourceVersion'));
    expect(now).toBeGreaterThanOrEqual(version);
    expect(await call(second, '/apis/proto.test/v1/widgets')).toMatchObject({ status: 200 });
  });

  test('brings definitions of an earlier version up to date', async () => {
    const data = await mkdtemp(join(tmpdir(), 'carto-apiserver-'));
    cleanups.push(() => rm(data, { recursive: true, force: true }));
    const [definition] = widgetDefinition();
    const older = JSON.parse(JSON.stringify(definition).replace('"shortNames":["wd"],', '')) as typeof definition;
    await (
      await createApiServer({ data, clock: createFakeClock(), log: silentLog, customResources: [older as never] })
    ).close();
    const server = await start({ data, customResources: widgetDefinition() });
    expect(JSON.stringify((await call(server, '/apis/proto.test/v1')).body)).toContain('"shortNames":["wd"]');
  });
});
