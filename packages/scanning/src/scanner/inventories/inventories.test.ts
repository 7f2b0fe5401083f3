import { Buffer } from 'node:buffer';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ApiError } from '@cartographer/kube';
import { failure, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { createRegistryClient, digestOf, parseReference, tarEnd, tarHeader, tarPadding } from '@cartographer/oci';
import { IN_MEMORY, sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanTarget } from '../scan-request.ts';
import { createImageInventories } from './image-inventories.ts';
import { createPullSecrets } from './pull-secrets.ts';
import { createSourceInventories } from './source-inventories.ts';

const { signal } = new AbortController();
const clock = createFakeClock();
const servers: Server[] = [];
let portfolio: Portfolio;

beforeEach(async () => {
  portfolio = await Portfolio.open({ database: sqliteDatabase(IN_MEMORY), clock });
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.closeAllConnections();
  await portfolio.close();
});

/** A server on this machine: `127.0.0.1:PORT`. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  servers.push(server);
  server.unref();
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function tar(path: string, content: string): Buffer {
  const bytes = Buffer.from(content);
  const header = tarHeader({ kind: 'file', path, executable: false, sizeBytes: bytes.length });
  return Buffer.concat([header, bytes, tarPadding(bytes.length), tarEnd()]);
}

describe('images', () => {
  const layer = gzipSync(tar('app/node_modules/left/package.json', '{"name":"left","version":"1.2.3"}'));
  const config = Buffer.from('{}');
  const OCI = 'application/vnd.oci.image';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: { mediaType: `${OCI}.config.v1+json`, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: `${OCI}.layer.v1.tar+gzip`, digest: digestOf(layer), size: layer.length }],
    }),
  );
  const digest = digestOf(manifest);
  const LOGIN = `Basic ${Buffer.from('red:secret').toString('base64')}`;

  /** A registry that asks for a login, and which of its requests it answered. */
  async function registry(): Promise<{ readonly host: string; readonly lines: string[] }> {
    const lines: string[] = [];
    const host = await serve((request, response) => {
      if (request.headers.authorization !== LOGIN) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
        return;
      }
      const asked = request.url?.split('/').at(-1);
      if (![digest, digestOf(config), digestOf(layer)].includes(asked ?? '') || request.url?.includes('/referrers/')) {
        response.writeHead(404).end();
        return;
      }
      const isManifest = request.url?.includes('/manifests/') === true;
      lines.push(`${request.method ?? ''} ${isManifest ? 'manifest' : 'blob'}`);
      const body = isManifest ? manifest : asked === digestOf(config) ? config : layer;
      const type = isManifest ? `${OCI}.manifest.v1+json` : 'application/octet-stream';
      response
        .writeHead(200, { 'content-type': type, 'content-length': body.length })
        .end(request.method === 'HEAD' ? '' : body);
    });
    return { host, lines };
  }

  /** Namespace `red` has a pull secret, `blue` has none, and `closed` lets nobody read. */
  function cluster(host: string): { get(type: ResourceType, key: { namespace?: string }): Promise<KubeObject> } {
    const text = JSON.stringify({ auths: { [host]: { username: 'red', password: 'secret' } } });
    return {
      get({ kind }, { namespace = '' }) {
        if (namespace === 'closed') return Promise.reject(new ApiError(failure(403, 'Forbidden', 'no')));
        const metadata = { name: 'x', namespace, uid: namespace, resourceVersion: '1' };
        if (kind === 'ServiceAccount') {
          const imagePullSecrets = namespace === 'red' ? [{ name: 'login' }] : [];
          return Promise.resolve({ apiVersion: 'v1', kind, metadata, imagePullSecrets });
        }
        const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
        return Promise.resolve({ apiVersion: 'v1', kind, metadata, type: 'kubernetes.io/dockerconfigjson', data });
      },
    };
  }

  function target(host: string): Extract<ScanTarget, { kind: 'image' }> {
    const parsed = parseReference(`${host}/team/app@${digest}`);
    if (parsed.kind === 'refused') throw new Error(parsed.message);
    return { kind: 'image', reference: parsed.reference, digest, account: 'default' };
  }

  it('are read once, and given to nobody whom the registry does not answer', async () => {
    const { host, lines } = await registry();
    const destinations = { allowed: [host], plainHttp: [host] };
    const registries = createRegistryClient({ clock, random: () => 0, destinations, attempts: 1 });
    const read = createImageInventories({
      portfolio,
      registries,
      pullSecrets: createPullSecrets(cluster(host), 'cartographer-system'),
      clock,
      random: () => 0,
    });
    const image = target(host);

    expect(await read(image, { namespace: 'blue', signal })).toMatchObject({
      kind: 'failed',
      reason: 'RegistryForbidden',
    });
    const red = await read(image, { namespace: 'red', signal });
    expect(red).toMatchObject({ kind: 'read', packages: 1, ecosystems: ['npm'], from: ['layers'], unread: [] });
    // The manifest is looked at for what is attached to it, too.
    expect(lines).toEqual(['GET manifest', 'GET manifest', 'GET blob', 'GET blob']);

    // What is kept now is still nobody's but those whom the registry answers.
    expect(await read(image, { namespace: 'blue', signal })).toMatchObject({
      kind: 'failed',
      reason: 'RegistryForbidden',
    });
    expect(await read(image, { namespace: 'closed', signal })).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(
        /^let the scanner read pull secrets: kubectl -n closed create rolebinding cartographer-pull-secrets --clusterrole=cartographer-pull-secrets --serviceaccount=cartographer-system:cartographer-scanner; /,
      ) as string,
    });
    expect(await read(image, { namespace: 'red', signal })).toEqual(red);
    expect(lines).toHaveLength(4);
    await clock.advance(3_600_000);
    expect(await read(image, { namespace: 'red', signal })).toEqual(red);
    expect(lines.slice(4)).toEqual(['HEAD manifest']);
    // A scan that shows it already asks nobody, whenever that is.
    await clock.advance(3_600_000);
    const given = red.kind === 'read' ? red.bill : '';
    expect(await read(image, { namespace: 'blue', given, signal })).toEqual(red);
    expect(lines).toHaveLength(5);
    await registries.close();
  });
});

describe('a store that keeps nothing', () => {
  it('is named, and what was read of an archive is not taken for nothing', async () => {
    const empty = gzipSync(tarEnd());
    const host = await serve((_request, response) => response.end(empty));
    const destinations = { allowed: [host], plainHttp: [host] };
    const forgetful = new Proxy(portfolio, {
      get: (target, key) =>
        key === 'factsOf' ? () => Promise.resolve(undefined) : Reflect.get(target, key).bind(target),
    });
    const sources = createSourceInventories({ portfolio: forgetful, hosts: [host], destinations });
    const target = { kind: 'source', url: `http://${host}/a.tar.gz`, revision: '1' } as const;
    expect(await sources.read(target, { namespace: 'red', signal })).toEqual({
      kind: 'failed',
      reason: 'StoreEmptied',
      message: 'what was read is not in the store',
    });
    await sources.close();
  });
});

describe('sources', () => {
  const lock = { lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.2.3' } } };
  const archive = gzipSync(tar('./app/package-lock.json', JSON.stringify(lock)));
  const digest = digestOf(archive);

  async function setUp(hosts?: readonly string[]) {
    let asked = 0;
    const host = await serve((request, response) => {
      asked += 1;
      if (request.url === '/away') response.writeHead(302, { location: '/app.tar.gz' }).end();
      else if (request.url === '/none') response.writeHead(404).end();
      else if (request.url === '/broken') response.end('no archive at all, however long this text may be');
      else response.end(archive);
    });
    const destinations = { allowed: [host], plainHttp: [host] };
    const sources = createSourceInventories({ portfolio, hosts: hosts ?? [host], destinations });
    const read = (path: string, more: { digest?: string; revision?: string } = {}, namespace = 'red') =>
      sources.read(
        { kind: 'source', url: `http://${host}${path}`, revision: 'main@sha1:1', ...more },
        { namespace, signal },
      );
    return { read, asked: () => asked, close: () => sources.close() };
  }

  it('are fetched once for each namespace, and are what their digest says', async () => {
    const { read, asked, close } = await setUp();
    const found = await read('/app.tar.gz', { digest });
    expect(found).toMatchObject({ kind: 'read', packages: 1, ecosystems: ['npm'], from: ['files'] });
    expect(await read('/app.tar.gz', { digest })).toEqual(found);
    expect(asked()).toBe(1);
    await read('/app.tar.gz', { digest }, 'blue');
    expect(asked()).toBe(2);
    const other = `sha256:${'0'.repeat(64)}`;
    expect(await read('/app.tar.gz', { digest: other })).toMatchObject({
      kind: 'failed',
      reason: 'SourceDigestMismatch',
    });
    await close();
  });

  it.each([
    ['/away', 'SourceUnavailable'],
    ['/none', 'SourceUnavailable'],
    ['/broken', 'SourceUnreadable'],
  ])('at %s end in %s', async (path, reason) => {
    const { read, close } = await setUp();
    expect(await read(path)).toMatchObject({ kind: 'failed', reason });
    await close();
  });

  it('are not fetched from hosts that the operator does not name', async () => {
    const { read, asked, close } = await setUp(['elsewhere.example.com']);
    expect(await read('/app.tar.gz')).toMatchObject({ kind: 'failed', reason: 'SourceHostNotAllowed' });
    expect(asked()).toBe(0);
    await close();
  });
});
