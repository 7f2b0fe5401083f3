import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { readBlob } from '../content/image-source.ts';
import type { Manifest } from '../content/manifest.ts';
import { mediaTypes } from '../content/media-types.ts';
import { ociImage } from '../content/oci-image.ts';
import type { LayerReader } from '../layers/layer-contents.ts';
import { readLayers } from '../layers/read-layers.ts';
import { type TestEntry, tarOf } from '../testing/tar-of.ts';
import { openImageFile } from './image-file.ts';
import { createOciLayout } from './oci-layout.ts';

const { signal } = new AbortController();
const texts: LayerReader<string> = () => async (content) => Buffer.concat(await Array.fromAsync(content)).toString();
const process_ = { entrypoint: ['/a'], cmd: [], env: [], workingDir: '/', labels: {} };

async function filesOf(path: string, target: string): Promise<readonly string[]> {
  const file = await openImageFile(path, signal);
  const { content } = await file.manifest(target, signal);
  const { files } = await readLayers(file, content as Manifest, texts, { signal });
  return files.map((found) => `${found.path}=${found.value}`);
}

describe('an image on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-image-file-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function writeLayout(): Promise<string> {
    const path = join(folder, 'layout');
    const layout = createOciLayout(path);
    async function* tar(...entries: readonly TestEntry[]): AsyncGenerator<Buffer> {
      yield tarOf(...entries);
    }
    const layers = [
      await layout.writeLayer(tar(['a', '1'], ['b', '2']), signal),
      await layout.writeLayer(tar(['.wh.a', '']), signal),
    ];
    const image = ociImage(
      process_,
      layers.map((layer) => ({ ...layer, content: 'x' })),
      { arch: 'x64', os: 'linux' },
    );
    await layout.writeImage(image, ['v1']);
    return path;
  }
  async function writeArchive(...entries: readonly TestEntry[]): Promise<string> {
    const path = join(folder, 'image.tar');
    await writeFile(path, tarOf(...entries));
    return path;
  }
  /** What `docker save` wrote until version 24; the layer of `b` is a link to the one of `a`. */
  function dockerSave(change: (config: Record<string, unknown>) => void = () => undefined): readonly TestEntry[] {
    const layer = tarOf(['a', '1']);
    const config = { architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [digestOf(layer), digestOf(layer)] } };
    change(config);
    const list = [{ Config: 'c.json', RepoTags: ['app:v1', 'app:v2'], Layers: ['a/layer.tar', 'b/layer.tar'] }];
    return [
      ['a/layer.tar', layer],
      { path: 'b/layer.tar', link: '../a/layer.tar' },
      ['c.json', JSON.stringify(config)],
      ['manifest.json', JSON.stringify(list)],
    ];
  }

  it('is read from a layout in a folder and in an archive alike', async () => {
    const layout = await writeLayout();
    const archive = join(folder, 'layout.tar');
    execFileSync('tar', ['-C', layout, '-cf', archive, '.']);
    for (const path of [layout, archive]) {
      const { images } = await openImageFile(path, signal);
      expect(images.map(({ name }) => name)).toEqual(['v1']);
      expect(await filesOf(path, 'v1')).toEqual(['b=2']);
      expect(await filesOf(path, images[0]?.descriptor.digest ?? '')).toEqual(['b=2']);
      await expect(filesOf(path, 'v2')).rejects.toThrow(`${path} has no image of the name v2`);
      await expect(filesOf(path, digestOf('x'))).rejects.toThrow('is missing');
    }
  });

  it('says so when a layer of a layout is not what its digest says', async () => {
    const path = await writeLayout();
    const blobs = join(path, 'blobs/sha256');
    const file = await openImageFile(path, signal);
    const { content } = await file.manifest('v1', signal);
    const [{ digest, size }] = (content as Manifest).layers as [Descriptor];
    await writeFile(join(blobs, digest.slice(7)), Buffer.alloc(size));
    await expect(filesOf(path, 'v1')).rejects.toThrow('is not what its digest says');
  });

  it('is read from an archive of docker save, layers that are links included', async () => {
    const path = await writeArchive(...dockerSave());
    const file = await openImageFile(path, signal);
    expect(file.images.map(({ name }) => name)).toEqual(['app:v1', 'app:v2']);
    expect(await filesOf(path, 'app:v2')).toEqual(['a=1']);
    expect(await filesOf(path, file.images[0]?.descriptor.digest ?? '')).toEqual(['a=1']);
    const { content } = await file.manifest('app:v1', signal);
    const config = await readBlob(file, (content as Manifest).config, { maxBytes: 1_000, signal });
    expect(JSON.parse(config.toString())).toMatchObject({ os: 'linux' });
    await expect(file.manifest('app:v3', signal)).rejects.toThrow('no image of the name app:v3');
  });

  it('says so when a layer of docker save is not what its config says', async () => {
    const path = await writeArchive(
      ...dockerSave((config) => (config['rootfs'] = { diff_ids: [digestOf('x'), digestOf('y')] })),
    );
    await expect(filesOf(path, 'app:v1')).rejects.toThrow('is not what its digest says');
  });

  it.each<[string, () => readonly TestEntry[], string]>([
    ['nothing of an image', () => [['a', '1']], 'neither index.json nor manifest.json'],
    ['an index that is none', () => [['index.json', '[]']], 'JSON that is no object'],
    ['a manifest in the place of an index', () => [['index.json', '{"config":{},"layers":[]}']], 'the config of'],
    ['an index without end', () => [['index.json', ' '.repeat(4 * 1024 ** 2 + 1)]], 'more than 4194304 bytes'],
    ['a list that is none', () => [['manifest.json', '{}']], 'is no list'],
    ['a list without a config', () => [['manifest.json', '[{}]']], 'has no '],
    ['layers that nobody knows', () => dockerSave((config) => delete config['rootfs']), 'name different layers'],
    ['layers that are not there', () => dockerSave().slice(2), 'has no a/layer.tar'],
    ['a link to itself', () => [{ path: 'index.json', link: 'index.json' }], 'neither index.json nor'],
  ])('says so when there is %s', async (_name, entries, why) => {
    const path = await writeArchive(...entries());
    await expect(openImageFile(path, signal)).rejects.toMatchObject({
      code: 'CARTO_IMAGE',
      message: expect.stringContaining(why),
    });
  });

  it('says what to do with an archive that is compressed, and names one that is broken', async () => {
    const path = join(folder, 'image.tar.gz');
    await writeFile(path, gzipSync(tarOf(['index.json', '{}'])));
    await expect(openImageFile(path, signal)).rejects.toThrow('is compressed as a whole; decompress it first');
    await writeFile(path, 'x'.repeat(2_000));
    await expect(openImageFile(path, signal)).rejects.toThrow(`${path}: the archive is broken`);
    await writeFile(path, 'x');
    await expect(openImageFile(path, signal)).rejects.toThrow(`${path}: the archive is broken`);
    await writeFile(path, '');
    await expect(openImageFile(path, signal)).rejects.toThrow('neither index.json nor manifest.json');
  });

  it('finds a manifest that is larger than one may be', async () => {
    const big = Buffer.alloc(4 * 1024 ** 2 + 1, ' ');
    const descriptor = { mediaType: mediaTypes.manifest, digest: digestOf(big), size: big.length };
    const index = JSON.stringify({ schemaVersion: 2, manifests: [descriptor] });
    const path = await writeArchive(['index.json', index], [`blobs/sha256/${descriptor.digest.slice(7)}`, big]);
    await expect(filesOf(path, descriptor.digest)).rejects.toThrow('more than 4194304 bytes');
  });
});
