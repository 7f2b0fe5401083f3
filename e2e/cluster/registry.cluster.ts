import { gzipSync } from 'node:zlib';
import { systemClock } from '@cartographer/kube';
import { Secret, silentLog } from '@cartographer/machinery';
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImageFacts } from '../../packages/conventions/src/images/image-facts.ts';
import { createHeldLogins } from '../../packages/conventions/src/images/testing/held-logins.ts';
import { readJoinedImage } from '../../packages/scanning/src/inventory/attached/read-joined.ts';
import { trustedKeys } from '../../packages/scanning/src/inventory/attached/signatures.ts';
import { createTestImages } from '../../packages/scanning/src/inventory/layers/testing/image-of.ts';
import {
  envelope,
  keys,
  sarifFindings,
  statement,
  TYPES,
} from '../../packages/scanning/src/scanner/inventories/testing/attach.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';

const { signal } = new AbortController();
const texts: LayerReader<string> = () => async (content) => Buffer.concat(await Array.fromAsync(content)).toString();

describe('a real registry, which has no referrers API and asks for a login', () => {
  let registry: DockerRegistry;
  let host: string;
  let login: RegistryLogin;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    ({ host, login } = registry);
    const destinations = { allowed: [host], plainHttp: [host] };
    client = createRegistryClient({ clock: systemClock, random: Math.random, destinations });
  });
  afterAll(async () => {
    await client.close();
    await registry.stop();
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

  it('tells conventions of an image, its bills with it, as each account may see it', async () => {
    const repository = client.repository({ registry: host, repository: 'team/told' }, [login]);
    const images = createTestImages();
    const image = images.add([['a', 'a']]);
    for (const [digest, bytes] of images.blobs) {
      if (digest !== image.digest) await repository.push.blob({ digest, size: bytes.length }, bytes, signal);
    }
    const bytes = images.blobs.get(image.digest) ?? Buffer.alloc(0);
    await repository.push.manifest({ mediaType: mediaTypes.manifest, bytes, tag: 'v1' }, signal);
    const artifactType = 'application/vnd.cyclonedx+json';
    const blobs = [{ mediaType: artifactType, bytes: Buffer.from('{"bomFormat":"CycloneDX"}') }];
    await repository.pushArtifact({ artifactType, blobs, subject: image }, signal);

    const logins = createHeldLogins(host);
    const red = logins.account('red', `${login.username}:${login.password.reveal()}`);
    const [blue, none] = [logins.account('blue', 'docker:wrong'), logins.account('green')];
    const facts = createImageFacts({
      client: logins.client,
      registries: client,
      clock: systemClock,
      log: silentLog,
      pullSecretsCommand: () => '',
    });
    const name = `${host}/team/told`;
    const told = `${name}@${image.digest}`;
    expect(await facts.resolve(`${name}:v1`, red, signal)).toEqual({ image: told });
    const { boms = [], config } = await facts.read(told, red, signal, ['config', 'boms']);
    expect(config.os).toBe('linux');
    expect(boms.map((bom) => [bom.name, Buffer.from(bom.raw, 'base64').toString()])).toEqual([
      [`oci-referrer:${artifactType}`, '{"bomFormat":"CycloneDX"}'],
    ]);
    for (const access of [blue, none]) {
      await expect(facts.read(told, access, signal, ['config'])).rejects.toThrow(/401 .*imagePullSecret for/);
    }
    await expect(facts.resolve(`${name}:v2`, red, signal)).rejects.toThrow(/404 MANIFEST_UNKNOWN .*push it or correct/);
    await facts.close();
  });

  it('lists findings that a scanner signed, by the tag that stands in for referrers', async () => {
    const repository = client.repository({ registry: host, repository: 'team/found' }, [login]);
    const images = createTestImages();
    const image = images.add([['app/node_modules/left/package.json', '{"name":"left","version":"1.0.0"}']]);
    for (const [digest, bytes] of images.blobs) {
      if (digest === image.digest) continue;
      await repository.push.blob({ digest, size: bytes.length }, bytes, signal);
    }
    const manifest = images.blobs.get(image.digest) ?? Buffer.alloc(0);
    const pushed = await repository.push.manifest({ mediaType: mediaTypes.manifest, bytes: manifest }, signal);
    const [scanner, stranger] = [keys(), keys()];
    for (const [id, by] of [
      ['CVE-1', scanner],
      ['CVE-2', stranger],
    ] as const) {
      const signed = envelope(statement(image, sarifFindings(id), 'https://example.com/sarif'), by);
      const blobs = [{ mediaType: TYPES.envelope, bytes: Buffer.from(JSON.stringify(signed)) }];
      await repository.pushArtifact({ artifactType: TYPES.envelope, blobs, subject: pushed.descriptor }, signal);
    }
    const trust = [trustedKeys('ClusterScanPolicy gate', [scanner.pem])];
    const { bill, findings } = await readJoinedImage(repository, image.digest, { signal, findings: { trust } });
    expect(bill.packages.map(({ purl }) => purl)).toEqual(['pkg:npm/left@1.0.0']);
    expect(findings).toMatchObject({ findings: [{ finding: { id: 'CVE-1', severity: 'Critical' } }], unread: [] });
    expect(findings?.ignored.map(({ why }) => why)).toEqual([expect.stringContaining('is not signed by a key')]);
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
