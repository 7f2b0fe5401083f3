import { gunzipSync, gzipSync } from 'node:zlib';
import { systemClock as clock } from '@cartographer/kube';
import { getPath, type JsonObject, type KubeObject, textAt } from '@cartographer/machinery';
import {
  createRegistryClient,
  digestOf,
  fluxArtifact,
  mediaTypes,
  type Repository,
  tarEnd,
  tarHeader,
  tarPadding,
} from '@cartographer/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condition, isReady, type LaptopFixture, startLaptopFixture } from '../testing/laptop.ts';
import { ociRepositoryType } from './oci-repository.ts';

const { signal } = new AbortController();

function layerOf(files: Readonly<Record<string, string>>): { readonly packed: Buffer; readonly plain: Buffer } {
  const parts = Object.entries(files).flatMap(([path, text]) => [
    tarHeader({ kind: 'file', path, executable: false, sizeBytes: text.length }),
    Buffer.from(text),
    tarPadding(text.length),
  ]);
  const plain = Buffer.concat([...parts, tarEnd()]);
  return { plain, packed: gzipSync(plain) };
}

describe('the stand-in for OCIRepository', () => {
  let fixture: LaptopFixture;
  const clients: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    fixture = await startLaptopFixture();
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await fixture.close();
  });

  function repository(name: string, password?: string): Repository {
    const { hosts, push } = fixture.laptop();
    const destinations = { allowed: [hosts.images], plainHttp: [hosts.images] };
    const client = createRegistryClient({ clock, random: () => 0.5, destinations, attempts: 1 });
    clients.push(client);
    const login = { username: push.username, password: push.password };
    return client.repository(
      { registry: hosts.images, repository: `sources/default/${name}` },
      password === 'none' ? [] : [login],
    );
  }
  async function push(
    name: string,
    files: Readonly<Record<string, string>>,
    tag = 'latest',
    password?: string,
  ): Promise<string> {
    const { packed, plain } = layerOf(files);
    const { config, layer, manifest, digest } = fluxArtifact({
      digest: digestOf(packed),
      diffId: digestOf(plain),
      sizeBytes: packed.length,
    });
    const to = repository(name, password);
    await to.push.blob(config.descriptor, config.bytes, signal);
    await to.push.blob(layer, packed, signal);
    await to.push.manifest({ mediaType: mediaTypes.manifest, bytes: manifest, tag }, signal);
    return digest;
  }
  async function follow(name: string, spec: JsonObject = {}, source = name): Promise<void> {
    const url = `oci://${fixture.laptop().hosts.images}/sources/default/${source}`;
    const object: KubeObject = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { namespace: 'default', name },
      spec: { interval: '1h', url, ...spec },
    };
    await fixture.client.apply(ociRepositoryType, object, { fieldManager: 'test', force: true });
  }
  const until = (name: string, holds: (object: KubeObject) => boolean) => fixture.until(ociRepositoryType, name, holds);
  const artifact = (object: KubeObject, field: string): string => textAt(object['status'], 'artifact', field);
  async function archive(object: KubeObject): Promise<string> {
    const answer = await fetch(artifact(object, 'url'));
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(digestOf(bytes)).toBe(artifact(object, 'digest'));
    return gunzipSync(bytes).toString('latin1');
  }

  it('serves the files of the tag, and those of the next push at once, though its interval is long', async () => {
    const first = await push('app', { 'a.txt': 'one' });
    await follow('app');
    const object = await until('app', isReady('True'));
    expect(object['status']).toMatchObject({
      artifact: {
        revision: `latest@${first}`,
        path: `ocirepository/default/app/${first}.tar.gz`,
        metadata: { 'org.opencontainers.image.created': '1970-01-01T00:00:00Z' },
      },
    });
    expect(condition(object, 'Ready')).toMatchObject({
      reason: 'Succeeded',
      message: `stored artifact for digest 'latest@${first}'`,
    });
    expect(condition(object, 'ArtifactInStorage').status).toBe('True');
    expect(await archive(object)).toContain('one');

    const second = await push('app', { 'a.txt': 'two' });
    const moved = await until('app', (each) => artifact(each, 'revision') === `latest@${second}`);
    expect(await archive(moved)).toContain('two');
    expect(moved.metadata.generation).toBe(object.metadata.generation);
    // Pushed again, the same moves nothing.
    await push('app', { 'a.txt': 'two' });
    await fixture.restart();
    expect((await until('app', isReady('True'))).metadata.resourceVersion).toBe(moved.metadata.resourceVersion);
  });

  it('stays with a digest while the tag moves on', async () => {
    const digest = await push('pinned', { 'a.txt': 'one' });
    await follow('pinned', { ref: { digest } });
    const object = await until('pinned', isReady('True'));
    expect(artifact(object, 'revision')).toBe(digest);
    await push('pinned', { 'a.txt': 'two' });
    await follow('beside', { ref: { tag: 'latest' } }, 'pinned');
    await until('beside', isReady('True'));
    expect((await until('pinned', isReady('True'))).metadata.resourceVersion).toBe(object.metadata.resourceVersion);
  });

  it('takes the highest version of a range', async () => {
    await push('versions', { v: '1' }, 'v1.0.0');
    const wanted = await push('versions', { v: '2' }, '1.9.0');
    await push('versions', { v: '3' }, '2.0.0');
    await follow('versions', { ref: { semver: '1.x' } });
    expect(artifact(await until('versions', isReady('True')), 'revision')).toBe(`1.9.0@${wanted}`);
  });

  it('takes the layer of the media type, as it is where that is asked for', async () => {
    await push('layers', { 'a.txt': 'one' });
    await follow('layers', { layerSelector: { mediaType: mediaTypes.fluxContent, operation: 'copy' } });
    const copied = await until('layers', isReady('True'));
    expect(artifact(copied, 'digest')).toBe(digestOf(layerOf({ 'a.txt': 'one' }).packed));
    expect(getPath(copied['status'], 'observedLayerSelector')).toEqual({
      mediaType: mediaTypes.fluxContent,
      operation: 'copy',
    });
    await follow('layers', { layerSelector: { mediaType: 'text/plain' } });
    const failed = await until('layers', (each) => condition(each, 'Ready').status === 'False');
    expect(condition(failed, 'Ready')).toMatchObject({
      reason: 'OCIArtifactLayerOperationFailed',
      message:
        "failed to extract layer contents from artifact: failed to find layer with media type 'text/plain' in artifact",
    });
    expect(artifact(failed, 'digest')).toBe(artifact(copied, 'digest'));
  });

  it.each<[string, string, JsonObject, RegExp]>([
    ['a tag that is not there', 'OCIArtifactPullFailed', {}, /^failed to determine artifact digest: .*404/],
    ['a URL with a tag', 'URLInvalid', { url: 'oci://127.0.0.1:1/a/b:v1' }, /URL must not contain a tag; remove ':v1'/],
    ['a URL that is none', 'URLInvalid', { url: 'oci://A/B' }, /^URL validation failed/],
    ['signatures to verify', 'UnsupportedField', { verify: { provider: 'cosign' } }, /^spec.verify is not supported/],
    [
      'a login that is not there',
      'AuthenticationFailed',
      { secretRef: { name: 'none' } },
      /^failed to get secret 'default\/none'/,
    ],
    ['a range of no version', 'OCIArtifactPullFailed', { ref: { semver: 'x y z' } }, /improper constraint/],
  ])('says what is wrong with %s', async (what, reason, spec, message) => {
    const name = `bad-${what.replaceAll(' ', '-')}`.toLowerCase();
    await follow(name, spec);
    const object = await until(name, (each) => condition(each, 'Ready').status === 'False');
    expect(condition(object, 'Ready')).toMatchObject({ reason, message: expect.stringMatching(message) as string });
  });

  it('refuses files that lead out of the archive', async () => {
    await push('slip', { '../x': 'evil' });
    await follow('slip');
    const object = await until('slip', (each) => condition(each, 'Ready').status === 'False');
    expect(condition(object, 'Ready')).toMatchObject({
      reason: 'OCIArtifactLayerOperationFailed',
      message: expect.stringContaining("'../x' leads out of the archive") as string,
    });
  });

  it('lets a deleted one go, with its archives', async () => {
    await push('gone', { a: '1' });
    await follow('gone');
    const url = artifact(await until('gone', isReady('True')), 'url');
    await fixture.client.delete(ociRepositoryType, { namespace: 'default', name: 'gone' });
    await expect.poll(async () => (await fetch(url)).status).toBe(404);
  });

  it('is pushed to by nobody who has not the login', async () => {
    await expect(push('closed', { a: '1' }, 'latest', 'none')).rejects.toThrow(/answered 401 UNAUTHORIZED/);
  });
});
