import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject, ResourceType, Transport } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';
import type { Embedded, FaultProxy } from '@cartographer/testkit';
import { startEmbedded, startFaultProxy } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeconfig } from './access/kubeconfig.ts';
import { createTokenCache } from './access/token-cache.ts';
import type { Informer } from './cache/informer.ts';
import { createInformer } from './cache/informer.ts';
import type { Client } from './client/client.ts';
import { createClient } from './client/client.ts';
import { createEventRecorder } from './client/event-recorder.ts';
import { createRestMapper } from './client/rest-mapper.ts';
import { isAlreadyExists, isConflict, isNotFound, isUnauthorized } from './transport/api-error.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { systemClock as clock } from './transport/system-clock.ts';

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};
const accounts: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
};
const events: ResourceType = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
const key = { namespace: 'default', name: 'web' };
const web = (data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...key, labels: { app: 'web' } },
  data,
});

const things: ResourceType = {
  group: 'acme.dev',
  version: 'v1',
  kind: 'Thing',
  resource: 'things',
  namespaced: true,
};
const definitions: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};
const thingDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.acme.dev' },
  spec: {
    group: 'acme.dev',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

type World = { readonly client: Client; readonly proxy?: FaultProxy; close(): Promise<void> };

async function overHttps(embedded: Embedded): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'carto-embedded-'));
  const { port } = await embedded.server.listen({ port: 0 });
  const proxy = await startFaultProxy(port);
  const path = join(folder, 'config');
  await writeFile(path, embedded.server.kubeconfig(`https://127.0.0.1:${proxy.port}`));
  const transport: Transport = createHttpTransport(loadKubeconfig({ env: {}, path, clock }));
  return {
    client: createClient({ transport, clock }),
    proxy,
    async close() {
      await transport.close();
      await proxy.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen within 10 s');
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

describe('TLS', () => {
  it('refuses a server whose authority is not the one of the kubeconfig, and says what to check', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carto-tls-'));
    const embedded = await startEmbedded();
    // With a folder of its own: servers that keep nothing share an authority.
    const other = await startEmbedded({ data: join(folder, 'other') });
    const { url } = await embedded.server.listen({ port: 0 });
    const path = join(folder, 'config');
    await writeFile(path, other.server.kubeconfig(url));
    const transport = createHttpTransport(loadKubeconfig({ env: {}, path, clock }));
    await expect(transport.request({ method: 'GET', path: '/version' })).rejects.toMatchObject({
      code: 'CARTO_CONNECT_FAILED',
      message: expect.stringContaining('check certificate-authority in the kubeconfig') as string,
    });
    await transport.close();
    await embedded.close();
    await other.close();
    await rm(folder, { recursive: true });
  });
});

describe.each(['in process', 'over HTTPS'])('an embedded server %s', (how) => {
  let embedded: Embedded;
  let world: World;
  const stops: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    embedded = await startEmbedded();
    world =
      how === 'in process' ? { client: embedded.client, close: () => Promise.resolve() } : await overHttps(embedded);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await world.close();
    await embedded.close();
  });

  function follow(client: Client, type: ResourceType = configMaps): Informer {
    const bounds = { firstRetryMs: 10, longestRetryMs: 100 };
    const informer = createInformer({
      client,
      type,
      labelSelector: 'app=web',
      clock,
      log: silentLog,
      bounds,
    });
    const abort = new AbortController();
    const running = informer.run(abort.signal);
    stops.push(async () => {
      abort.abort();
      await running;
    });
    return informer;
  }

  it('creates, reads, changes, applies and deletes', async () => {
    const { client } = world;
    const made = await client.create(configMaps, web({ a: '1' }), { fieldManager: 'test' });
    expect(made.metadata.uid).toBeDefined();
    await expect(client.create(configMaps, web({}))).rejects.toSatisfy(isAlreadyExists);
    const patched = await client.patch(configMaps, key, { kind: 'merge', body: { data: { b: '2' } } });
    expect(patched['data']).toEqual({ a: '1', b: '2' });
    await expect(client.update(configMaps, { ...made, data: {} })).rejects.toSatisfy(isConflict);
    const applied = await client.apply(configMaps, web({ a: '3' }), { fieldManager: 'carto', force: true });
    expect(applied['data']).toEqual({ a: '3', b: '2' });
    const list = await client.list(configMaps, { namespace: 'default', labelSelector: 'app=web' });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['web']);
    await client.delete(configMaps, key, { preconditions: { uid: made.metadata.uid ?? '' } });
    await expect(client.get(configMaps, key)).rejects.toSatisfy(isNotFound);
  });

  it('maps kinds and lets an informer follow', async () => {
    const { client } = world;
    const mapper = createRestMapper({ client, clock });
    expect(await mapper.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' })).toEqual(configMaps);
    await expect(mapper.resourceFor({ apiVersion: 'acme.dev/v1', kind: 'X' })).rejects.toThrow(
      'no matches for kind "X"',
    );
    const informer = follow(client);
    await informer.synced;
    await client.create(configMaps, web({ a: '1' }));
    await until(() => informer.get('default/web') !== undefined);
    await client.patch(configMaps, key, { kind: 'merge', body: { metadata: { labels: { app: 'other' } } } });
    await until(() => informer.get('default/web') === undefined);
    await informer.refresh();
    expect(informer.list()).toEqual([]);
  });

  it('gives tokens of service accounts that work as an identity', async () => {
    const { client } = world;
    const account = await client.create(accounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: 'default', name: 'builder' },
    });
    const tokens = createTokenCache({ client, clock, log: silentLog });
    const { namespace = '', name = '', uid = '' } = account.metadata;
    const builder = client.withToken(await tokens.tokenFor({ namespace, name, uid }));
    await builder.create(configMaps, web({}));
    await expect(client.withToken('nonsense').get(configMaps, key)).rejects.toSatisfy(isUnauthorized);
  });

  it('takes events and counts them', async () => {
    const { client } = world;
    const about = await client.create(configMaps, web({}));
    const recorder = createEventRecorder({ client, component: 'Workload', clock, log: silentLog });
    for (let i = 0; i < 3; i++) recorder.event(about, 'Normal', 'Reason', 'text');
    await recorder.flush();
    const { items } = await client.list(events, { namespace: 'default' });
    expect(items).toMatchObject([{ reason: 'Reason', count: 3, source: { component: 'Workload' } }]);
  });

  it('survives that a type appears, disappears and comes back', async () => {
    const { client } = world;
    const mapper = createRestMapper({ client, clock, missTtlMs: 20 });
    const informer = follow(client, things);
    await until(() => informer.state().phase === 'missing');
    expect(informer.hasSynced()).toBe(false);
    const thing = { apiVersion: 'acme.dev/v1', kind: 'Thing', metadata: { namespace: 'default', name: 'one' } };
    for (let life = 0; life < 2; life++) {
      await client.create(definitions, thingDefinition);
      await until(() => informer.hasSynced());
      expect(await mapper.resourceFor(thing)).toEqual(things);
      await client.create(things, { ...thing, metadata: { ...thing.metadata, labels: { app: 'web' } } });
      await until(() => informer.get('default/one') !== undefined);
      await client.delete(definitions, { name: 'things.acme.dev' });
      await until(() => informer.state().phase === 'missing');
      expect(informer.list()).toEqual([]);
      mapper.invalidate();
    }
  });

  it('heals an informer after every connection was reset', async () => {
    const { client, proxy } = world;
    const informer = follow(client);
    await informer.synced;
    proxy?.resetAll();
    await embedded.client.create(configMaps, web({ a: '1' }));
    await until(() => informer.get('default/web') !== undefined);
  });
});
