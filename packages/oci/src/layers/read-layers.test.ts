import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { type ImageSource, readBlob, verified } from '../content/image-source.ts';
import type { Manifest } from '../content/manifest.ts';
import { mediaTypes } from '../content/media-types.ts';
import { tarOf } from '../testing/tar-of.ts';
import type { LayerReader } from './layer-contents.ts';
import { type ReadLayersOptions, readLayers } from './read-layers.ts';

const { signal } = new AbortController();
const texts: LayerReader<string> = () => async (content) => Buffer.concat(await Array.fromAsync(content)).toString();

/** An image in memory. */
function imageOf(...layers: readonly Buffer[]): { source: ImageSource; manifest: Manifest; opened: string[] } {
  const opened: string[] = [];
  const describe_ = (bytes: Buffer): Descriptor => ({
    mediaType: mediaTypes.layer,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const descriptors = layers.map(describe_);
  const config = describe_(Buffer.from('{}'));
  async function* stream(digest: string): AsyncGenerator<Buffer> {
    opened.push(digest);
    const bytes = layers.find((layer) => digestOf(layer) === digest) ?? Buffer.alloc(0);
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  }
  return {
    opened,
    source: {
      name: 'app:v1',
      manifest: () => Promise.reject(new Error('not asked for')),
      blob: (descriptor) => Promise.resolve(verified(stream(descriptor.digest), descriptor, 'the blob')),
    },
    manifest: { kind: 'manifest', mediaType: mediaTypes.manifest, config, layers: descriptors },
  };
}

const lower = gzipSync(tarOf(['a', '1'], ['d/b', '2']));
const upper = tarOf(['d/.wh.b', ''], ['c', '3']);

function read(
  { source, manifest }: ReturnType<typeof imageOf>,
  more: Partial<ReadLayersOptions<string>> = {},
): ReturnType<typeof readLayers<string>> {
  return readLayers(source, manifest, texts, { signal, ...more });
}

describe('reading the layers of an image', () => {
  it('gives the files that stand in the end, and says which layer they are from', async () => {
    expect(await read(imageOf(lower, upper))).toEqual({
      files: [
        { path: 'a', layer: 0, value: '1' },
        { path: 'c', layer: 1, value: '3' },
      ],
      unread: [],
    });
  });

  it('does not open a layer whose result was kept', async () => {
    const image = imageOf(lower, upper);
    const kept = new Map<string, string>();
    const keep: ReadLayersOptions<string>['kept'] = async ({ digest }, readIt) => {
      if (!kept.has(digest)) kept.set(digest, JSON.stringify(await readIt()));
      return JSON.parse(kept.get(digest) ?? '') as Awaited<ReturnType<typeof readIt>>;
    };
    const first = await read(image, { kept: keep });
    expect(await read(image, { kept: keep })).toEqual(first);
    expect(image.opened).toHaveLength(2);
  });

  it('refuses an image of too many bytes before anything is fetched', async () => {
    const image = imageOf(lower, upper);
    const sizeBytes = lower.length + upper.length;
    expect((await read(image, { maxImageBytes: sizeBytes })).files).toHaveLength(2);
    image.opened.length = 0;
    await expect(read(image, { maxImageBytes: sizeBytes - 1 })).rejects.toThrow(`have ${sizeBytes} bytes, more than`);
    expect(image.opened).toEqual([]);
  });

  it.each<[string, (layer: Descriptor) => Descriptor, string]>([
    ['of another digest', (layer) => ({ ...layer, digest: digestOf('x') }), 'ends after 0 of'],
    ['longer than it should be', (layer) => ({ ...layer, size: layer.size - 1 }), 'more bytes than the'],
    ['shorter than it should be', (layer) => ({ ...layer, size: layer.size + 1 }), 'ends after'],
    ['of another type', (layer) => ({ ...layer, mediaType: 'a/b' }), 'layer 0 of app:v1 is of type a/b'],
  ])('refuses a layer %s', async (_name, change, why) => {
    const image = imageOf(lower);
    const manifest = { ...image.manifest, layers: image.manifest.layers.map(change) };
    await expect(read({ ...image, manifest })).rejects.toMatchObject({
      code: 'CARTO_IMAGE',
      message: expect.stringContaining(why),
    });
  });

  it('names the layer that is no archive', async () => {
    await expect(read(imageOf(lower, gzipSync('x'.repeat(600))))).rejects.toThrow(
      'layer 1 of app:v1: the archive is broken',
    );
  });
});

describe('reading a blob', () => {
  it('gives all of it, unless it is larger than wanted', async () => {
    const { source, manifest } = imageOf(lower);
    const [layer] = manifest.layers as [Descriptor];
    expect(await readBlob(source, layer, { maxBytes: lower.length, signal })).toEqual(lower);
    await expect(readBlob(source, layer, { maxBytes: lower.length - 1, signal })).rejects.toThrow('of app:v1 has');
  });

  it('checks what it reads, of both algorithms', async () => {
    const sha512 =
      'sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043';
    async function* hello(): AsyncGenerator<Buffer> {
      yield Buffer.from('hello');
    }
    const read_ = (digest: string): Promise<readonly Buffer[]> =>
      Array.fromAsync(verified(hello(), { digest, size: 5 }, 'it'));
    expect(await read_(sha512)).toHaveLength(1);
    expect(await read_(digestOf('hello'))).toHaveLength(1);
    await expect(read_(digestOf('hallo'))).rejects.toThrow('it is not what its digest says');
    await expect(read_(sha512.replace('9b', '9c'))).rejects.toThrow('it is not what its digest says');
  });
});
