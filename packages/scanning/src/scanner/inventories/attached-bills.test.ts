import { Buffer } from 'node:buffer';
import { type Descriptor, mediaTypes, referrersTag } from '@cartographer/oci';
import { IN_MEMORY, sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestFile, TestImages } from '../../inventory/layers/testing/image-of.ts';
import { Portfolio } from '../../portfolio/portfolio.ts';
import { createImageInventories } from './image-inventories.ts';
import type { Inventory, PolicyTrust } from './inventory.ts';
import {
  addCarrier,
  addCarrierOf,
  cycloneDx,
  envelope,
  type Keys,
  keys,
  signManifest,
  spdx,
  statement,
  TYPES,
} from './testing/attach.ts';
import { clientFor, openToAll, type ServedImages, type ServedManner, serveImages } from './testing/served-images.ts';

const { signal } = new AbortController();
const clock = createFakeClock();
const REPOSITORY = 'team/app';
const OWN: readonly TestFile[] = [['app/node_modules/own/package.json', '{"name":"own","version":"1.0.0"}']];
let portfolio: Portfolio;

beforeEach(async () => {
  portfolio = await Portfolio.open({ database: sqliteDatabase(IN_MEMORY), clock });
});
afterEach(() => portfolio.close());

type Stage = AsyncDisposable & {
  readonly registry: ServedImages;
  readonly images: TestImages;
  readonly image: Descriptor;
  refer(referrer: Descriptor): void;
  tag(suffix: string, carrier: Descriptor): void;
  read(trust?: readonly PolicyTrust[], image?: Descriptor): Promise<Inventory>;
  /** The packages of the bill that was read last. */
  packages(read: Inventory): Promise<readonly string[]>;
};

async function stage(manner: ServedManner = {}): Promise<Stage> {
  const registry = await serveImages(manner);
  const images = registry.repository(REPOSITORY);
  const image = images.add(OWN);
  const read = createImageInventories({
    portfolio,
    registries: clientFor(clock, registry),
    pullSecrets: openToAll,
    clock,
    random: () => 0,
  });
  return {
    registry,
    images,
    image,
    refer(referrer) {
      const key = `${REPOSITORY}@${image.digest}`;
      registry.referrers?.set(key, [...(registry.referrers.get(key) ?? []), referrer]);
    },
    tag: (suffix, carrier) => void registry.tags.set(`${REPOSITORY}:${referrersTag(image.digest)}${suffix}`, carrier),
    read: (trust, of = image) =>
      read(registry.target(REPOSITORY, of), { namespace: 'red', signal, ...(trust === undefined ? {} : { trust }) }),
    async packages(inventory) {
      const bill = inventory.kind === 'read' ? inventory.bill : '';
      const found = await Promise.all(
        ['own', 'more', 'other'].map(async (name) => {
          const carriers = await portfolio.carriersOf({ ecosystem: 'npm', name });
          return carriers.filter((each) => each.bill === bill).map(() => name);
        }),
      );
      return found.flat();
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

describe('an attached bill', () => {
  it.each<[string, ServedManner, (at: Stage) => void]>([
    ['as a referrer', {}, (at) => at.refer(addCarrier(at.images, TYPES.cyclonedx, cycloneDx('more@1.0.0'), at.image))],
    ['in SPDX', {}, (at) => at.refer(addCarrier(at.images, TYPES.spdx, spdx('more@1.0.0'), at.image))],
    [
      'in a statement',
      {},
      (at) => at.refer(addCarrier(at.images, TYPES.statement, statement(at.image, spdx('more@1.0.0')), at.image)),
    ],
    [
      'by the tag that stands in for referrers',
      { isOld: true },
      (at) => at.tag('', at.images.addIndex([addCarrier(at.images, TYPES.cyclonedx, cycloneDx('more@1.0.0'))])),
    ],
    ['by the tag .sbom', {}, (at) => at.tag('.sbom', addCarrier(at.images, TYPES.cyclonedx, cycloneDx('more@1.0.0')))],
    [
      'by the tag .att',
      { isOld: true },
      (at) => {
        const signed = envelope(statement(at.image, cycloneDx('more@1.0.0')), keys());
        at.tag('.att', addCarrier(at.images, TYPES.envelope, signed));
      },
    ],
    [
      'in a bundle of sigstore',
      {},
      (at) => {
        const dsseEnvelope = envelope(statement(at.image, cycloneDx('more@1.0.0')), keys());
        at.refer(addCarrier(at.images, TYPES.bundle, { mediaType: TYPES.bundle, dsseEnvelope }, at.image));
      },
    ],
  ])('%s adds packages, and takes none away', async (_name, manner, attach) => {
    await using at = await stage(manner);
    attach(at);
    const read = await at.read();
    expect(read).toMatchObject({ kind: 'read', packages: 2, from: ['layers', 'referrer'], unread: [] });
    expect(await at.packages(read)).toEqual(['own', 'more']);
  });

  it('of BuildKit, beside the platforms of an index, adds packages and is no platform', async () => {
    await using at = await stage();
    const attestation = addCarrier(at.images, TYPES.statement, statement(at.image, spdx('more@1.0.0')));
    const index = at.images.addIndex([
      { ...at.image, platform: { os: 'linux', architecture: 'amd64' } },
      {
        mediaType: mediaTypes.manifest,
        digest: attestation.digest,
        size: attestation.size,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': at.image.digest,
        },
      },
    ]);
    const read = await at.read(undefined, index);
    expect(read).toMatchObject({ packages: 2, platforms: ['linux/amd64'], from: ['layers', 'referrer'], unread: [] });
  });

  it('that is empty, or names what was read, changes nothing', async () => {
    await using at = await stage();
    const before = await at.read();
    await portfolio.forgetBills(-1);
    at.refer(addCarrier(at.images, TYPES.cyclonedx, cycloneDx(), at.image));
    at.refer(addCarrier(at.images, TYPES.cyclonedx, cycloneDx('own@1.0.0'), at.image));
    at.tag('.sbom', addCarrier(at.images, TYPES.spdx, spdx()));
    // Provenance and signatures are no bills.
    const provenance = statement(at.image, { spdxVersion: '' }, 'https://slsa.dev/provenance/v1');
    at.refer(addCarrier(at.images, TYPES.statement, provenance, at.image));
    at.refer(addCarrier(at.images, 'application/vnd.example.signature', 'x', at.image));
    expect(await at.read()).toEqual(before);
  });

  it('that is attached later turns nothing', async () => {
    await using at = await stage();
    const before = await at.read();
    at.refer(addCarrier(at.images, TYPES.cyclonedx, cycloneDx('more@1.0.0'), at.image));
    expect(await at.read()).toEqual(before);
  });

  it.each<[string, RegExp, (at: Stage) => Descriptor]>([
    ['is no JSON', /is not JSON/, (at) => addCarrier(at.images, TYPES.cyclonedx, '{"bomFormat"', at.image)],
    [
      'is of a version that is not read',
      /specVersion "9"/,
      (at) => addCarrier(at.images, TYPES.cyclonedx, { bomFormat: 'CycloneDX', specVersion: '9' }, at.image),
    ],
    [
      'is too large',
      /more than 67108864/,
      (at) => {
        const layer = at.images.addBlob(Buffer.from(JSON.stringify(cycloneDx())), TYPES.cyclonedx);
        return addCarrierOf(at.images, { ...layer, size: 65 * 1024 ** 2 }, at.image);
      },
    ],
    [
      'is not what its digest says',
      /is not what its digest says/,
      (at) => {
        const bytes = Buffer.from(JSON.stringify(cycloneDx('more@1.0.0')));
        const layer = at.images.addBlob(bytes, TYPES.cyclonedx);
        (at.images.blobs as Map<string, Buffer>).set(
          layer.digest,
          Buffer.from(bytes.toString().replace('more', 'less')),
        );
        return addCarrierOf(at.images, layer, at.image);
      },
    ],
    [
      'is about another image',
      /is about another image/,
      (at) => addCarrier(at.images, TYPES.statement, statement(at.images.add([]), cycloneDx()), at.image),
    ],
    ['is no envelope', /is no envelope/, (at) => addCarrier(at.images, TYPES.envelope, {}, at.image)],
    [
      'nests too deep',
      /nests more than 200/,
      (at) => addCarrier(at.images, TYPES.statement, `${'['.repeat(300)}${']'.repeat(300)}`, at.image),
    ],
  ])('that %s is named, and the reading is not whole', async (_name, why, attach) => {
    await using at = await stage();
    at.refer(attach(at));
    const read = await at.read();
    expect(read).toMatchObject({ kind: 'read', packages: 1, from: ['layers'] });
    const [unread, ...others] = read.kind === 'read' ? read.unread : [];
    expect(unread?.what).toMatch(/^referrer sha256:/);
    expect(unread?.why).toMatch(why);
    expect(others).toEqual([]);
  });
});

describe('a bill that policies trust', () => {
  const [red, blue] = [keys(), keys('ed25519')];
  const trust = (...each: readonly (readonly string[])[]): readonly PolicyTrust[] =>
    each.map((pems, at) => ({ policy: `gate-${at}`, keys: pems }));
  const attest = (at: Stage, document: object, ...by: readonly Keys[]): void =>
    at.tag('.att', addCarrier(at.images, TYPES.envelope, envelope(document, ...by)));

  it.each([
    ['ECDSA', red],
    ['Ed25519', blue],
  ])('by a signature of %s counts alone, and no layer is read', async (_name, by) => {
    await using at = await stage();
    attest(at, statement(at.image, cycloneDx('more@1.0.0')), by);
    at.refer(addCarrier(at.images, TYPES.cyclonedx, cycloneDx('other@1.0.0'), at.image));
    const read = await at.read(trust([keys().pem, by.pem]));
    expect(read).toMatchObject({ packages: 1, from: ['referrer'], unread: [] });
    expect(await at.packages(read)).toEqual(['more']);
    // Whoever trusts nobody reads by themselves.
    expect(await at.read()).toMatchObject({ packages: 3, from: ['layers', 'referrer'] });
    expect(await at.read(trust([by.pem]))).toMatchObject({ packages: 1, from: ['referrer'] });
  });

  it('is one that cosign signed as a manifest that says which image it is of', async () => {
    await using at = await stage();
    const referrer = addCarrier(at.images, TYPES.cyclonedx, cycloneDx('more@1.0.0'), at.image);
    at.refer(referrer);
    signManifest(at.registry, REPOSITORY, referrer, red);
    expect(await at.read(trust([red.pem]))).toMatchObject({ packages: 1, from: ['referrer'], unread: [] });
  });

  it.each<[string, (at: Stage) => void]>([
    ['is not signed', (at) => at.refer(addCarrier(at.images, TYPES.cyclonedx, cycloneDx(), at.image))],
    ['is signed by another key', (at) => attest(at, statement(at.image, cycloneDx()), keys())],
    ['is signed for one policy of two', (at) => attest(at, statement(at.image, cycloneDx()), blue)],
    [
      'has the signature of another manifest',
      (at) => {
        const referrer = addCarrier(at.images, TYPES.cyclonedx, cycloneDx(), at.image);
        at.refer(referrer);
        signManifest(at.registry, REPOSITORY, referrer, red, at.image);
      },
    ],
    [
      'is a signed one that does not say of which image, as by the tag .sbom',
      (at) => {
        const sbom = addCarrier(at.images, TYPES.cyclonedx, cycloneDx());
        at.tag('.sbom', sbom);
        signManifest(at.registry, REPOSITORY, sbom, red);
      },
    ],
  ])('is none that %s: it is named, and the layers are read', async (_name, attach) => {
    await using at = await stage();
    attach(at);
    const read = await at.read(trust([red.pem], [red.pem, keys().pem]));
    expect(read).toMatchObject({ packages: 1, from: ['layers'] });
    expect(read).toMatchObject({ unread: [{ why: 'is not signed by a key that the policies trust' }] });
    expect(await at.packages(read)).toEqual(['own']);
  });

  it('is none of another image, however well it is signed', async () => {
    await using at = await stage();
    attest(at, statement(at.images.add([]), cycloneDx()), red);
    const read = await at.read(trust([red.pem]));
    expect(read).toMatchObject({ packages: 1, from: ['layers'], unread: [{ why: 'is about another image' }] });
  });

  it('is none by a key that cannot be read, which is named', async () => {
    await using at = await stage();
    expect(await at.read(trust(['no key']))).toMatchObject({
      packages: 1,
      from: ['layers'],
      unread: [{ what: 'ClusterScanPolicy gate-0', why: expect.stringContaining('key 1 of') as string }],
    });
    // Where nothing is attached, there is nothing to trust.
    expect(await at.read(trust([red.pem]))).toMatchObject({ packages: 1, from: ['layers'], unread: [] });
  });
});
