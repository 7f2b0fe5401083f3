import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../content/digest.ts';
import { readBlob } from '../content/image-source.ts';
import type { Manifest } from '../content/manifest.ts';
import { ociImage } from '../content/oci-image.ts';
import type { LayerReader } from '../layers/layer-contents.ts';
import { readLayers } from '../layers/read-layers.ts';
import { createOciLayout } from '../layout/oci-layout.ts';
import type { Repository } from '../registry/registry-client.ts';
import { createRegistryStage } from '../testing/played-registry.ts';
import { tarOf } from '../testing/tar-of.ts';
import { answerRegistryRequest } from './registry-requests.ts';

const { signal } = new AbortController();
const stage = createRegistryStage();
const texts: LayerReader<string> = () => async (content) => Buffer.concat(await Array.fromAsync(content)).toString();

describe('a registry of layouts on disk', () => {
  let folder: string;
  let digest: string;
  let repository: Repository;
  let other: Repository;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-registry-'));
    const layout = createOciLayout(folder);
    async function* tar(): AsyncGenerator<Buffer> {
      yield tarOf(['a', '1']);
    }
    const layer = { ...(await layout.writeLayer(tar(), signal)), content: 'x' };
    const process_ = { entrypoint: ['/a'], cmd: [], env: [], workingDir: '/', labels: {} };
    const image = ociImage(process_, [layer], { arch: 'x64', os: 'linux' });
    ({ digest } = image);
    await layout.writeImage(image, ['v1', 'v2']);
    const layoutOf = (name: string): Promise<typeof layout | undefined> =>
      Promise.resolve(name === 'team/app' ? layout : undefined);
    const registry = await stage.play((request, response) => void answerRegistryRequest(layoutOf, request, response));
    const client = stage.client([registry]);
    repository = client.repository({ registry: registry.host, repository: 'team/app' });
    other = client.repository({ registry: registry.host, repository: 'team/other' });
  });
  afterEach(async () => {
    await stage.close();
    await rm(folder, { recursive: true });
  });

  it('gives images to our own client', async () => {
    expect((await repository.resolve('v1', signal)).digest).toBe(digest);
    const { content } = await repository.manifest(digest, signal);
    const { config } = content as Manifest;
    expect((await readBlob(repository, config, { maxBytes: 10_000, signal })).toString()).toContain('"os":"linux"');
    expect(await readLayers(repository, content as Manifest, texts, { signal })).toEqual({
      files: [{ path: 'a', layer: 0, value: '1' }],
      unread: [],
    });
    expect(await repository.tags(signal)).toEqual(['v1', 'v2']);
    expect(await repository.referrers(digest, { signal })).toEqual([]);
  });

  it('says what it does not have, and that nothing can be written', async () => {
    await expect(repository.resolve('v3', signal)).rejects.toMatchObject({ reason: 'NotFound' });
    await expect(other.manifest('v1', signal)).rejects.toThrow('404 NAME_UNKNOWN');
    const missing = { mediaType: 'a/b', digest: digestOf('x'), size: 1 };
    await expect(readBlob(repository, missing, { maxBytes: 1, signal })).rejects.toThrow('404 BLOB_UNKNOWN');
    await expect(repository.push.blob(missing, Buffer.from('x'), signal)).rejects.toThrow('405 UNSUPPORTED');
  });
});
