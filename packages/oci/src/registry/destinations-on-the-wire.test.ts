import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@cartographer/machinery';
import { afterEach, describe, expect, it } from 'vitest';
import type { RegistryLogin } from '../access/docker-config.ts';
import { digestOf } from '../content/digest.ts';
import { readBlob } from '../content/image-source.ts';
import { mediaTypes } from '../content/media-types.ts';
import { answerWith, createRegistryStage, type PlayedRegistry, refuseWith } from '../testing/played-registry.ts';
import type { RegistryClient } from './registry-client.ts';

const { signal } = new AbortController();
const stage = createRegistryStage();
afterEach(() => stage.close());

const blob = Buffer.from('hello');
const descriptor = { mediaType: mediaTypes.layer, digest: digestOf(blob), size: blob.length };
const logins: readonly RegistryLogin[] = [{ username: 'a', password: new Secret('hush') }];

const read = (client: RegistryClient, { host }: Pick<PlayedRegistry, 'host'>): Promise<Buffer> =>
  readBlob(client.repository({ registry: host, repository: 'app' }, logins), descriptor, { maxBytes: 10, signal });
const playBlob = (): Promise<PlayedRegistry> => stage.play((_request, response) => answerWith(response, blob));
const playRedirect = (to: () => string, status = 307): Promise<PlayedRegistry> =>
  stage.play((request, response) => {
    if (request.headers.authorization !== undefined) response.writeHead(status, { location: to() }).end();
    else refuseWith(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
  });
const refused = { code: 'CARTO_REGISTRY', reason: 'DestinationRefused' };

describe('where requests go', () => {
  it('is not this machine, unless it is listed', async () => {
    const registry = await playBlob();
    const plainHttp = [registry.host];
    await expect(read(stage.client([], { destinations: { plainHttp } }), registry)).rejects.toMatchObject({
      ...refused,
      message: `${registry.host} is not asked: it is at 127.0.0.1, where registries are looked for only when the operator allows it`,
    });
    expect(registry.seen).toEqual([]);
    expect(await read(stage.client([registry]), registry)).toEqual(blob);
  });

  it('is looked at behind the name', async () => {
    const registry = await playBlob();
    const port = registry.host.split(':')[1] ?? '';
    const named = { host: `registry.example:${port}` };
    const plainHttp = [named.host];
    const addresses = ['1.2.3.4', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    const lookup: LookupFunction = (_host, options, callback) =>
      options.all === true ? callback(null, addresses) : callback(null, '127.0.0.1', 4);
    await expect(read(stage.client([], { lookup, destinations: { plainHttp } }), named)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('it is at 127.0.0.1'),
    });
    expect(registry.seen).toEqual([]);
    const allowed = { plainHttp, allowed: ['registry.example'] };
    const only: LookupFunction = (_host, options, callback) =>
      options.all === true ? callback(null, addresses.slice(1)) : callback(null, '127.0.0.1', 4);
    expect(await read(stage.client([], { lookup: only, destinations: allowed }), named)).toEqual(blob);
  });

  it.each([
    ['this machine', () => 'https://127.0.0.1:1/x', 'it is at 127.0.0.1'],
    ['this machine by another spelling', () => 'https://0x7f.1:1/x', 'it is at 127.0.0.1'],
    ['this machine by a name', () => 'https://localhost:1/x', 'it is at'],
    ['what a cloud keeps there', () => 'https://169.254.169.254/latest/meta-data', 'it is at 169.254.169.254'],
    ['an address of IPv6', () => 'https://[::ffff:169.254.169.254]/x', 'it is at ::ffff:a9fe:a9fe'],
    ['a host without TLS', () => 'http://1.2.3.4/x', 'without TLS'],
    ['a file', () => 'file:///etc/passwd', 'without TLS'],
  ])('is not where a redirect leads, if that is %s', async (_name, to, why) => {
    const registry = await playRedirect(to);
    await expect(read(stage.client([registry]), registry)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(why),
    });
  });

  it.each([301, 302, 303, 307, 308])('is where a redirect leads otherwise, without the login: %i', async (status) => {
    const target = await playBlob();
    const registry = await playRedirect(() => `http://user:word@${target.host}/there?x=y`, status);
    expect(await read(stage.client([registry, target]), registry)).toEqual(blob);
    expect(target.seen).toEqual([{ line: 'GET /there?x=y', authorization: undefined }]);
  });

  it('keeps the login on a redirect within the registry', async () => {
    const registry: PlayedRegistry = await stage.play((request, response, line) => {
      if (request.headers.authorization === undefined) {
        refuseWith(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
      } else if (line === 'GET /there') answerWith(response, blob);
      else response.writeHead(302, { location: '/there' }).end();
    });
    expect(await read(stage.client([registry]), registry)).toEqual(blob);
  });

  it('gives no login to whom a redirect leads and who asks for one', async () => {
    const target = await stage.play((_request, response) =>
      refuseWith(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' }),
    );
    const registry = await stage.play((_request, response) =>
      response.writeHead(302, { location: `http://${target.host}/x` }).end(),
    );
    await expect(read(stage.client([registry, target]), registry)).rejects.toMatchObject({
      reason: 'Unauthorized',
      message: expect.stringContaining(target.host),
    });
    expect(target.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('is not a token server without TLS that is not listed, nor one on this machine', async () => {
    const tokens = await stage.play((_request, response) => answerWith(response, { token: 't' }));
    for (const [scheme, why] of [
      ['http', 'without TLS'],
      ['https', 'it is at 127.0.0.1'],
    ] as const) {
      const challenge = `Bearer realm="${scheme}://${tokens.host}/token"`;
      const registry = await stage.play((_request, response) =>
        refuseWith(response, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge }),
      );
      await expect(read(stage.client([registry]), registry)).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining(why),
      });
    }
    expect(tokens.seen).toEqual([]);
  });

  it('ends after a few redirects, and where one leads nowhere', async () => {
    const circle: PlayedRegistry = await stage.play((_request, response) =>
      response.writeHead(302, { location: '/again' }).end(),
    );
    await expect(read(stage.client([circle]), circle)).rejects.toThrow('redirects without end');
    expect(circle.seen).toHaveLength(6);
    const nowhere = await stage.play((_request, response) => response.writeHead(302).end());
    await expect(read(stage.client([nowhere]), nowhere)).rejects.toMatchObject({ reason: 'Misbehaved' });
  });

  it('gives no login to the place of an upload on another host', async () => {
    const target = await stage.play((_request, response) => response.writeHead(201).end());
    const registry = await stage.play((request, response, line) => {
      if (request.headers.authorization === undefined) {
        refuseWith(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
      } else if (line.startsWith('HEAD')) response.writeHead(404).end();
      else response.writeHead(202, { location: `http://${target.host}/upload?state=x` }).end();
    });
    const repository = stage
      .client([registry, target])
      .repository({ registry: registry.host, repository: 'app' }, logins);
    await repository.push.blob(descriptor, blob, signal);
    const digest = encodeURIComponent(descriptor.digest);
    expect(target.seen).toEqual([{ line: `PUT /upload?state=x&digest=${digest}`, authorization: undefined }]);
  });
});

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carto-tls-'));
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')];
  const about = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...about];
  execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile, 'utf8') };
  rmSync(folder, { recursive: true });

  it('is spoken with hosts that are not listed otherwise, and their authority has to be known', async () => {
    const registry = await stage.play((_request, response) => answerWith(response, blob), tls);
    const destinations = { allowed: [registry.host] };
    await expect(read(stage.client([], { destinations, attempts: 1 }), registry)).rejects.toMatchObject({
      reason: 'Unavailable',
      message: expect.stringMatching(/its certificate is not trusted \(\w+\); add its authority$/),
    });
    expect(await read(stage.client([], { destinations, caPem: tls.cert }), registry)).toEqual(blob);
  });
});
