import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@cartographer/kube';
import { Secret } from '@cartographer/machinery';
import {
  createRegistryClient,
  digestOf,
  type ImageSource,
  type LayerReader,
  type Manifest,
  mediaTypes,
  type RegistryClient,
  type RegistryLogin,
  readBlob,
  readLayers,
  referrersTag,
  tarEnd,
  tarHeader,
  tarPadding,
} from '@cartographer/oci';
import { freePorts } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CACHE = join(import.meta.dirname, '../../.cache/docker-registry');
const { signal } = new AbortController();
const texts: LayerReader<string> = () => async (content) => Buffer.concat(await Array.fromAsync(content)).toString();

/** Debian's registry: the one of the system, or its package unpacked into the cache. */
function registryProgram(): string {
  const places = ['/usr/bin/docker-registry', join(CACHE, 'usr/bin/docker-registry')];
  const found = places.find(existsSync);
  if (found !== undefined) return found;
  try {
    mkdirSync(CACHE, { recursive: true });
    execFileSync('apt-get', ['download', 'docker-registry'], { cwd: CACHE, stdio: 'ignore' });
    const [archive = ''] = readdirSync(CACHE).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', join(CACHE, archive), CACHE]);
    return places[1] ?? '';
  } catch (cause) {
    throw new Error('these tests need a real registry: apt-get install -y docker-registry', { cause });
  }
}

describe('a real registry, which has no referrers API and asks for a login', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carto-registry-'));
  let host: string;
  let login: RegistryLogin;
  let client: RegistryClient;
  let end: () => Promise<void>;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    host = `127.0.0.1:${port}`;
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: host },
      // It makes the file, with a user and a password that it writes to its log.
      auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
    };
    writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
    const process_ = spawn(registryProgram(), ['serve', join(folder, 'config.yml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const gone = new Promise<void>((resolve) => process_.once('exit', () => resolve()));
    end = () => (process_.kill('SIGKILL'), gone);
    const lines = createInterface({ input: process_.stderr });
    login = await new Promise((resolve, reject) => {
      let password = '';
      lines.on('line', (line) => {
        password = / password="?([^" ]+)/.exec(line)?.[1] ?? password;
        if (line.includes('listening on')) resolve({ username: 'docker', password: new Secret(password) });
      });
      void gone.then(() => reject(new Error('the registry does not start')));
    });
    const destinations = { allowed: [host], plainHttp: [host] };
    client = createRegistryClient({ clock: systemClock, random: Math.random, destinations });
  });
  afterAll(async () => {
    await client.close();
    await end();
    rmSync(folder, { recursive: true });
  });

  it('takes an image and what is said about it, and gives both back', async () => {
    const repository = client.repository({ registry: host, repository: 'team/app' }, [login]);
    const content = Buffer.from('hello');
    const header = tarHeader({ kind: 'file', path: 'a', executable: false, sizeBytes: content.length });
    const layer = gzipSync(Buffer.concat([header, content, tarPadding(content.length), tarEnd()]));
    const config = Buffer.from('{}');
    const of = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
    const document = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: of(config, mediaTypes.config),
      layers: [of(layer, mediaTypes.layer)],
    };
    await repository.push.blob(document.config, config, signal);
    await repository.push.blob(of(layer, mediaTypes.layer), layer, signal);
    const bytes = Buffer.from(JSON.stringify(document));
    const { descriptor } = await repository.push.manifest({ mediaType: mediaTypes.manifest, bytes, tag: 'v1' }, signal);

    expect(await repository.resolve('v1', signal)).toEqual(descriptor);
    const pulled = await repository.manifest(descriptor.digest, signal);
    expect(pulled.bytes).toEqual(bytes);
    const { files } = await readLayers(repository, pulled.content as Manifest, texts, { signal });
    expect(files).toEqual([{ path: 'a', layer: 0, value: 'hello' }]);

    const artifactType = 'application/vnd.cyclonedx+json';
    const blobs = [{ mediaType: artifactType, bytes: Buffer.from('{"bomFormat":"CycloneDX"}') }];
    const bill = await repository.pushArtifact({ artifactType, blobs, subject: descriptor }, signal);
    const again = await repository.pushArtifact({ artifactType, blobs, subject: descriptor }, signal);
    expect(again).toEqual(bill);
    expect(await repository.referrers(descriptor.digest, { signal, artifactType })).toEqual([bill]);
    expect(await firstLayer(repository, bill.digest)).toBe('{"bomFormat":"CycloneDX"}');
    expect((await repository.tags(signal)).toSorted()).toEqual([referrersTag(descriptor.digest), 'v1']);
  });

  it('refuses another login, and none', async () => {
    const wrong = { username: 'docker', password: new Secret('wrong') };
    for (const logins of [[], [wrong]]) {
      const repository = client.repository({ registry: host, repository: 'team/app' }, logins);
      await expect(repository.resolve('v1', signal)).rejects.toMatchObject({ reason: 'Unauthorized', status: 401 });
    }
    const repository = client.repository({ registry: host, repository: 'team/app' }, [wrong, login]);
    expect((await repository.resolve('v1', signal)).mediaType).toBe(mediaTypes.manifest);
    await expect(repository.manifest('v2', signal)).rejects.toThrow(`${host} answered 404 MANIFEST_UNKNOWN`);
  });
});

async function firstLayer(source: ImageSource, digest: string): Promise<string> {
  const { layers } = (await source.manifest(digest, signal)).content as Manifest;
  const [layer] = layers;
  return layer === undefined ? '' : (await readBlob(source, layer, { maxBytes: 1_000, signal })).toString();
}
