import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Descriptor } from './descriptor.ts';
import { ImageError } from './image-error.ts';
import { type Index, MAX_MANIFEST_BYTES, parseManifest, platformName, platformsOf } from './manifest.ts';
import { isLayerType, mediaTypes } from './media-types.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const config = { mediaType: mediaTypes.config, digest: DIGEST, size: 2 };
const layer = { mediaType: mediaTypes.layer, digest: DIGEST, size: 3 };
const image = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
const list = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };

const read = (document: unknown, contentType?: string): ReturnType<typeof parseManifest> =>
  parseManifest(Buffer.from(JSON.stringify(document)), 'app:v1', contentType);

describe('a manifest', () => {
  it('is read with what an artifact adds, and without addresses that lead elsewhere', () => {
    const subject = { ...config, mediaType: mediaTypes.manifest };
    const annotations = { a: 'b', c: 1 };
    const urls = ['https://elsewhere.example/blob'];
    const artifact = { ...image, artifactType: 'x/y', subject, annotations, layers: [{ ...layer, urls, annotations }] };
    expect(read(artifact)).toEqual({
      kind: 'manifest',
      mediaType: mediaTypes.manifest,
      config,
      layers: [{ ...layer, annotations: { a: 'b' } }],
      artifactType: 'x/y',
      subject,
      annotations: { a: 'b' },
    });
  });

  it.each([
    ['OCI', image, undefined, 'manifest'],
    ['Docker', { ...image, mediaType: mediaTypes.dockerManifest }, undefined, 'manifest'],
    ['an OCI index', list, undefined, 'index'],
    ["Docker's list", { ...list, mediaType: mediaTypes.dockerIndex }, undefined, 'index'],
    ['one without a type', { ...image, mediaType: undefined }, undefined, 'manifest'],
    ['an index without a type', { ...list, mediaType: undefined }, undefined, 'index'],
    ['one that is typed by its header', { ...list, mediaType: undefined }, `${mediaTypes.index}; a=b`, 'index'],
    ['one whose header knows nothing', { ...image, mediaType: undefined }, 'application/json', 'manifest'],
    ['one whose header says otherwise', image, mediaTypes.index, 'manifest'],
  ])('is read: %s', (_name, document, contentType, kind) => {
    expect(read(document, contentType).kind).toBe(kind);
  });

  it.each([
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, "Docker's schema 1"],
    ['both at once', { ...image, manifests: [] }, 'a manifest and an index at once'],
    ['both at once, the other way', { ...list, layers: [] }, 'a manifest and an index at once'],
    ['an index that calls itself a manifest', { ...list, mediaType: mediaTypes.manifest }, 'has neither'],
    ['another type', { ...image, mediaType: 'text/html' }, 'has neither'],
    ['a list', [], 'JSON that is no object'],
    ['layers that are none', { ...image, layers: {} }, 'layers are no list'],
    ['no config', { ...image, config: undefined }, 'the config of app:v1 has no media type'],
    ['a digest that cannot be checked', { ...image, layers: [{ ...layer, digest: 'md5:1' }] }, 'layer 0 of app:v1'],
    ['a size below zero', { ...image, layers: [{ ...layer, size: -1 }] }, 'has no size'],
    ['a size that is no integer', { ...image, layers: [{ ...layer, size: 1e300 }] }, 'has no size'],
    ['too many layers', { ...image, layers: Array.from({ length: 1_001 }, () => layer) }, 'more than 1000'],
  ])('is refused: %s', (_name, document, why) => {
    expect(() => read(document)).toThrow(why);
  });

  it('has at most 4 MiB', () => {
    const text = JSON.stringify(image);
    expect(parseManifest(Buffer.from(text.padEnd(MAX_MANIFEST_BYTES)), 'app').kind).toBe('manifest');
    expect(() => parseManifest(Buffer.from(text.padEnd(MAX_MANIFEST_BYTES + 1)), 'app')).toThrow('more than 4194304');
  });

  it('of any bytes ends in a manifest or an error that names it', () => {
    const text = JSON.stringify({ ...image, subject: config, annotations: { a: 'b' } });
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 3 }), (from, to, middle) => {
        const bytes = Buffer.from(text.slice(0, from) + middle + text.slice(to));
        try {
          parseManifest(bytes, 'app:v1');
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
          expect((error as Error).message).toContain('app:v1');
        }
      }),
    );
  });
});

describe('the platforms of an index', () => {
  const of = (manifests: readonly Descriptor[]): Index => ({ kind: 'index', mediaType: mediaTypes.index, manifests });
  const linux = { ...config, mediaType: mediaTypes.manifest, platform: { os: 'linux', architecture: 'arm64' } };
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };

  it('are at most 16; the others are named', () => {
    const { images, leftOut } = platformsOf(of(Array.from({ length: 17 }, () => linux)));
    expect([images.length, leftOut.length]).toEqual([16, 1]);
  });

  it('are images, without attestations and without what cannot be read', () => {
    const attestation = { ...linux, platform: unknown, annotations };
    const nested = { ...linux, mediaType: mediaTypes.index };
    const sorted = platformsOf(of([linux, attestation, nested]));
    expect(sorted).toEqual({ images: [linux], attestations: [attestation], leftOut: [nested] });
  });

  it('do not hide an image that is only called an attestation', () => {
    const hidden = { ...linux, annotations };
    expect(platformsOf(of([hidden])).images).toEqual([hidden]);
  });

  it('have names', () => {
    const variant = { ...linux, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } };
    expect([linux, variant, config].map(platformName)).toEqual(['linux/arm64', 'linux/arm/v7', 'unknown']);
  });
});

it('layers are known by their types', () => {
  const oci = 'application/vnd.oci.image.layer.v1.tar';
  const docker = 'application/vnd.docker.image.rootfs.diff.tar';
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const old = 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd';
  const layers = [oci, `${oci}+gzip`, `${oci}+zstd`, docker, `${docker}.gzip`, foreign, old];
  expect(layers.filter(isLayerType)).toEqual(layers);
  const others = [`${oci}+gzip+encrypted`, 'application/vnd.in-toto+json', mediaTypes.config, `x${oci}`];
  expect(others.filter(isLayerType)).toEqual([]);
});
