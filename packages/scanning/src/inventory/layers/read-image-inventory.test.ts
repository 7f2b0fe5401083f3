import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { CartoError } from '@cartographer/machinery';
import { type Descriptor, defaultLayerLimits, ImageError, mediaTypes, RegistryError } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { type InventoryOptions, type LayerFacts, readImageInventory } from './read-image-inventory.ts';
import { FILE_LIMITS } from './readers.ts';
import { createTestImages, type TestFile, type TestImages } from './testing/image-of.ts';

const { signal } = new AbortController();

const npm = (name: string, version: string): TestFile => [
  `node_modules/${name}/package.json`,
  JSON.stringify({ name, version }),
];
const on = (image: Descriptor, architecture: string): Descriptor => ({
  ...image,
  platform: { os: 'linux', architecture },
});

/** What is read, in one line each: name, version and platforms, and after `!` what is unread and why. */
async function linesOf(
  images: TestImages,
  { digest }: Descriptor,
  options: Partial<InventoryOptions> = {},
): Promise<readonly string[]> {
  const { packages, unread } = await readImageInventory(images, digest, { signal, ...options });
  return [
    ...packages.map(({ name, version, platforms = [] }) => [`${name} ${version}`, ...platforms].join(' ')),
    ...unread.map(({ what, why }) => `! ${what} ${why}`),
  ];
}

const NOT_KNOWN = '! image has no list of packages that is read: what is in it is not known';

describe('the inventory of an image', () => {
  it('has what stands in the end: an upper layer takes packages along with the files that named them', async () => {
    const images = createTestImages();
    const image = images.add(
      [npm('a', '1.0.0'), npm('b', '1.0.0'), npm('c', '1.0.0'), npm('d', '1.0.0')],
      [
        npm('a', '2.0.0'),
        ['node_modules/.wh.b', ''],
        ['node_modules/c/.wh..wh..opq', ''],
        ['node_modules/d', 'a file'],
      ],
    );
    expect(await linesOf(images, image)).toEqual(['a 2.0.0']);
  });

  it('is not whole where nothing names packages: an image that is not understood looks the same', async () => {
    const images = createTestImages();
    const release: TestFile = ['etc/os-release', 'ID=mine\nVERSION_ID="1"\n'];
    expect(await linesOf(images, images.add([['app', 'a program of C']]))).toEqual([NOT_KNOWN]);
    expect(await linesOf(images, images.add([['app', 'a program of C'], release]))).toEqual([NOT_KNOWN]);
    expect(await linesOf(images, images.add([npm('a', '1.0.0')], [['node_modules/.wh.a', '']]))).toEqual([NOT_KNOWN]);
    // What has packages and none of them is understood, and an image without a layer has nothing in it.
    const own = JSON.stringify({ name: 'app', version: '1.0.0', private: true });
    expect(await linesOf(images, images.add([['app/package.json', own]]))).toEqual([]);
    expect(await linesOf(images, images.add([['var/lib/dpkg/status', ''], release]))).toEqual([]);
    expect(await linesOf(images, images.add())).toEqual([]);
    const index = images.addIndex([
      on(images.add([npm('a', '1.0.0')]), 'amd64'),
      on(images.add([['app', 'another program of C']]), 'arm64'),
    ]);
    expect(await linesOf(images, index)).toEqual([
      'a 1.0.0 linux/amd64',
      `! platform linux/arm64: ${NOT_KNOWN.slice('! '.length)}`,
    ]);
  });

  it('names each package once, with the files that name it', async () => {
    const images = createTestImages();
    const image = images.add([npm('a', '1.0.0'), ['app/node_modules/a/package.json', npm('a', '1.0.0')[1]]]);
    const { packages, unread, platforms } = await readImageInventory(images, image.digest, { signal });
    expect(packages).toEqual([
      {
        ecosystem: 'npm',
        name: 'a',
        version: '1.0.0',
        purl: 'pkg:npm/a@1.0.0',
        places: ['app/node_modules/a/package.json', 'node_modules/a/package.json'],
      },
    ]);
    expect({ unread, platforms }).toEqual({ unread: [], platforms: ['linux/amd64'] });
  });

  it('takes the release of a distribution from another layer than its packages', async () => {
    const images = createTestImages();
    const image = images.add(
      [
        ['var/lib/dpkg/status', 'Package: a\nVersion: 1\n'],
        ['etc/os-release', 'ID=debian\nVERSION_ID=11\n'],
      ],
      [['etc/os-release', 'ID=debian\nVERSION_ID=12\n']],
    );
    const { packages } = await readImageInventory(images, image.digest, { signal });
    expect(packages.map(({ ecosystem }) => ecosystem)).toEqual(['Debian:12']);
  });

  it('asks for no layer whose facts were kept, and is the same with them', async () => {
    const images = createTestImages();
    const image = images.add([npm('a', '1.0.0'), npm('b', '1.0.0')], [['node_modules/.wh.b', '']]);
    const store = new Map<string, string>();
    const kept: InventoryOptions['kept'] = async ({ digest }, read) => {
      if (!store.has(digest)) store.set(digest, JSON.stringify(await read()));
      return JSON.parse(store.get(digest) ?? '') as LayerFacts;
    };
    const first = await linesOf(images, image, { kept });
    const opened = images.opened.length;
    expect(await linesOf(images, image, { kept })).toEqual(first);
    // Two layers and the config; then the config alone.
    expect([opened, images.opened.length]).toEqual([3, 4]);
  });
});

describe('what of an image cannot be read', () => {
  const broken = Buffer.from('no archive at all'.repeat(99));

  it('is named, and the rest is read: a layer that is broken, and one of a type that holds no files', async () => {
    const images = createTestImages();
    const [good, bad, other] = [
      images.addBlob(gzipSync(layerBlob(images, [npm('a', '1.0.0')])), mediaTypes.layer),
      images.addBlob(broken, mediaTypes.plainLayer),
      images.addBlob(Buffer.from('a model'), 'application/vnd.example.model'),
    ];
    const [first, ...unread] = await linesOf(images, images.addManifest([good, bad, other]));
    expect(first).toBe('a 1.0.0');
    expect(unread.toSorted()).toEqual(
      [
        `! layer ${bad.digest} the archive is broken: a number of an entry is unreadable`,
        `! layer ${other.digest} is of type application/vnd.example.model, which is not read`,
      ].toSorted(),
    );
  });

  it('is a layer beyond the limit of entries, and not one at it', async () => {
    const images = createTestImages();
    const image = images.add([
      ['a', ''],
      ['b', ''],
    ]);
    expect(await linesOf(images, image, { layers: { ...defaultLayerLimits, maxEntries: 2 } })).toEqual([NOT_KNOWN]);
    expect(await linesOf(images, image, { layers: { ...defaultLayerLimits, maxEntries: 1 } })).toEqual([
      expect.stringContaining('the layer has more than 1 entries'),
    ]);
  });

  it('is an image whose layers are too large together', async () => {
    const images = createTestImages();
    const image = images.add([npm('a', '1.0.0')]);
    const sizeBytes = images.blobs.get(imageLayer(images, image))?.length ?? 0;
    expect(await linesOf(images, image, { maxImageBytes: sizeBytes })).toEqual(['a 1.0.0']);
    expect(await linesOf(images, image, { maxImageBytes: sizeBytes - 1 })).toEqual([
      `! image has layers of ${sizeBytes} bytes, more than ${sizeBytes - 1}`,
    ]);
  });

  it('is a file beyond a limit, unless an upper layer takes it away', async () => {
    const images = createTestImages();
    const lower: TestFile = ['a.egg-info', 'Name: a\n'];
    const options = { files: { ...FILE_LIMITS, textBytes: 2 } };
    expect(await linesOf(images, images.add([lower]), options)).toEqual([
      expect.stringMatching(/^! a\.egg-info is larger than/),
    ]);
    expect(await linesOf(images, images.add([lower], [['.wh.a.egg-info', '']]), options)).toEqual([NOT_KNOWN]);
  });

  it('is told one by one up to a thousand, and counted beyond', async () => {
    const images = createTestImages();
    const files = Array.from({ length: 1_001 }, (_, at): TestFile => [`${at}.deps.json`, '[]']);
    expect(await linesOf(images, images.add(files.slice(1)))).toHaveLength(1_000);
    const lines = await linesOf(images, images.add(files));
    expect(lines).toHaveLength(1_001);
    expect(lines).toContain('! image has 1 more that cannot be read');
  });

  it('is tried again, and not named, where the next time may be better', async () => {
    const images = createTestImages();
    const image = images.add([npm('a', '1.0.0')]);
    const away: TestImages = { ...images, blob: () => Promise.reject(new CartoError('CARTO_REGISTRY', 'is away')) };
    await expect(linesOf(away, image)).rejects.toMatchObject({ retry: 'backoff' });
    const index = images.addIndex([on(image, 'amd64')]);
    await expect(linesOf(away, index)).rejects.toThrow('is away');
  });

  it('is a layer that the registry does not have', async () => {
    const images = createTestImages();
    const image = images.add([npm('a', '1.0.0')]);
    const missing = new RegistryError('NotFound', 'r.example answers 404');
    const without: TestImages = { ...images, blob: () => Promise.reject(missing) };
    expect(await linesOf(without, image)).toEqual([`! layer ${imageLayer(images, image)} r.example answers 404`]);
  });

  it('does not hide that nobody waits any more', async () => {
    const images = createTestImages();
    const image = images.add([npm('a', '1.0.0')]);
    const index = images.addIndex([on(image, 'amd64')]);
    const stop = new AbortController();
    const end = (): Promise<never> => {
      stop.abort(new Error('gone'));
      return Promise.reject(new ImageError('is broken'));
    };
    const manifest: TestImages['manifest'] = (target) =>
      target === image.digest ? end() : images.manifest(target, signal);
    await expect(linesOf({ ...images, blob: end }, image, { signal: stop.signal })).rejects.toThrow('gone');
    await expect(linesOf({ ...images, manifest }, index, { signal: stop.signal })).rejects.toThrow('gone');
  });
});

describe('the inventory of an index', () => {
  const attestation = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };

  it('is that of all platforms, and packages name theirs', async () => {
    const images = createTestImages();
    const index = images.addIndex([
      on(images.add([npm('a', '1.0.0'), npm('b', '1.0.0')]), 'amd64'),
      on(images.add([npm('a', '1.0.0'), npm('b', '2.0.0')]), 'arm64'),
    ]);
    const { platforms } = await readImageInventory(images, index.digest, { signal });
    expect(platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect(await linesOf(images, index)).toEqual([
      'a 1.0.0 linux/amd64 linux/arm64',
      'b 1.0.0 linux/amd64',
      'b 2.0.0 linux/arm64',
    ]);
  });

  it('with one platform names it apart from its packages', async () => {
    const images = createTestImages();
    const index = images.addIndex([on(images.add([npm('a', '1.0.0')]), 'amd64')]);
    expect(await linesOf(images, index)).toEqual(['a 1.0.0']);
    expect((await readImageInventory(images, index.digest, { signal })).platforms).toEqual(['linux/amd64']);
  });

  it('does not take attestations for images', async () => {
    const images = createTestImages();
    const unknown = { os: 'unknown', architecture: 'unknown' };
    const made = images.add([npm('evil', '1.0.0')]);
    const index = images.addIndex([
      on(images.add([npm('a', '1.0.0')]), 'amd64'),
      { ...made, ...attestation, platform: unknown },
    ]);
    expect(await linesOf(images, index)).toEqual(['a 1.0.0']);
  });

  it('names platforms that cannot be read, and reads the others', async () => {
    const images = createTestImages();
    const gone = images.add([npm('b', '1.0.0')]);
    const inner = images.addIndex([]);
    const index = images.addIndex([
      on(images.add([npm('a', '1.0.0')]), 'amd64'),
      on(gone, 's390x'),
      on({ ...inner, mediaType: mediaTypes.manifest }, 'arm'),
      on({ ...gone, mediaType: 'application/vnd.example' }, 'riscv64'),
    ]);
    images.remove(gone.digest);
    const { platforms } = await readImageInventory(images, index.digest, { signal });
    expect(platforms).toEqual(['linux/amd64']);
    expect(await linesOf(images, index)).toEqual([
      'a 1.0.0 linux/amd64',
      '! platform linux/arm is an index in an index, which is not read',
      '! platform linux/riscv64 is of type application/vnd.example, which is not read',
      `! platform linux/s390x ${gone.digest} is missing`,
    ]);
  });

  it('reads 16 platforms, and names those beyond', async () => {
    const images = createTestImages();
    const all = Array.from({ length: 17 }, (_, at) => on(images.add([npm('a', `1.0.${at}`)]), `arch${at}`));
    const whole = await readImageInventory(images, images.addIndex(all.slice(0, 16)).digest, { signal });
    expect([whole.packages.length, whole.unread]).toEqual([16, []]);
    const { packages, unread } = await readImageInventory(images, images.addIndex(all).digest, { signal });
    expect(packages).toHaveLength(16);
    expect(unread).toEqual([
      { what: 'platform linux/arch16', why: 'is beyond the 16 platforms that are read of an index' },
    ]);
  });

  it('of no image says so', async () => {
    const images = createTestImages();
    expect(await linesOf(images, images.addIndex([]))).toEqual(['! index has no image of any platform']);
  });

  it('says of which platform a file cannot be read', async () => {
    const images = createTestImages();
    const bad: TestFile = ['a.deps.json', '[]'];
    const index = images.addIndex([on(images.add([bad]), 'amd64'), on(images.add([npm('a', '1.0.0')]), 'arm64')]);
    expect(await linesOf(images, index)).toContain('! platform linux/amd64: a.deps.json is not a JSON object');
  });
});

function imageLayer(images: TestImages, { digest }: Descriptor): string {
  const { layers } = JSON.parse(images.blobs.get(digest)?.toString() ?? '') as { layers: readonly Descriptor[] };
  return layers[0]?.digest ?? '';
}

function layerBlob(images: TestImages, files: readonly TestFile[]): Buffer {
  return images.blobs.get(imageLayer(images, images.add(files))) ?? Buffer.alloc(0);
}
