import { Buffer } from 'node:buffer';
import { type Descriptor, mediaTypes, referrersTag } from '@cartographer/oci';
import { IN_MEMORY, sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestFile, TestImages } from '../../inventory/layers/testing/image-of.ts';
import { Portfolio } from '../../portfolio/portfolio.ts';
import { createImageInventories } from './image-inventories.ts';
import type { AttachedSaid, FindingsAsk, Inventory } from './inventory.ts';
import {
  addCarrier,
  addCarrierOf,
  cycloneDxFindings,
  envelope,
  type Keys,
  keys,
  sarifFindings,
  signManifest,
  statement,
  TYPES,
} from './testing/attach.ts';
import { clientFor, openToAll, type ServedImages, type ServedManner, serveImages } from './testing/served-images.ts';

const { signal } = new AbortController();
const REPOSITORY = 'team/app';
const OWN: readonly TestFile[] = [['app/node_modules/left/package.json', '{"name":"left","version":"1.0.0"}']];
const SARIF_PREDICATE = 'https://example.com/sarif/v2.1.0';
const [red, blue] = [keys(), keys('ed25519')];
const HOUR = 3_600_000;
let clock: ReturnType<typeof createFakeClock>;
let portfolio: Portfolio;

beforeEach(async () => {
  clock = createFakeClock();
  portfolio = await Portfolio.open({ database: sqliteDatabase(IN_MEMORY), clock });
});
afterEach(() => portfolio.close());

type ReadInventory = Extract<Inventory, { kind: 'read' }>;
type Stage = AsyncDisposable & {
  readonly registry: ServedImages;
  readonly images: TestImages;
  readonly image: Descriptor;
  refer(referrer: Descriptor): void;
  tag(suffix: string, carrier: Descriptor): void;
  /** Takes away all that is attached. */
  clear(): void;
  inventory(ask?: FindingsAsk, given?: string): Promise<ReadInventory>;
  said(ask?: FindingsAsk): Promise<AttachedSaid>;
  /** The program begins anew, on the same store. */
  restart(): void;
};

const believing = (...each: readonly (readonly string[])[]): FindingsAsk => ({
  trust: each.map((pems, at) => ({ policy: `gate-${at}`, keys: pems })),
  intervalMs: HOUR,
});
const byRed = believing([red.pem]);

async function stage(manner: ServedManner = {}): Promise<Stage> {
  const registry = await serveImages(manner);
  const images = registry.repository(REPOSITORY);
  const image = images.add(OWN);
  const start = () =>
    createImageInventories({
      portfolio,
      registries: clientFor(clock, registry),
      pullSecrets: openToAll,
      clock,
      random: () => 0.5,
    });
  let read = start();
  const at: Stage = {
    registry,
    images,
    image,
    refer(referrer) {
      const key = `${REPOSITORY}@${image.digest}`;
      registry.referrers?.set(key, [...(registry.referrers.get(key) ?? []), referrer]);
    },
    tag: (suffix, carrier) => void registry.tags.set(`${REPOSITORY}:${referrersTag(image.digest)}${suffix}`, carrier),
    clear() {
      registry.tags.clear();
      registry.referrers?.clear();
    },
    async inventory(findings = byRed, given) {
      const ask = { namespace: 'red', signal, findings, ...(given === undefined ? {} : { given }) };
      const inventory = await read(registry.target(REPOSITORY, image), ask);
      if (inventory.kind === 'failed') throw new Error(inventory.message);
      return inventory;
    },
    async said(findings) {
      const { attached } = await at.inventory(findings);
      if (attached === undefined) throw new Error('nothing is said of findings');
      return attached;
    },
    restart: () => void (read = start()),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
  return at;
}

const names = ({ findings }: AttachedSaid) =>
  findings.map(({ finding: { id, package: found } }) => `${id} ${found.purl}`);
const whys = (list: AttachedSaid['ignored']) => list.map(({ why }) => why);
const FOUND = ['CVE-1 pkg:npm/left@1.0.0'];

/** Attaches a statement about the image, as `cosign attest` does. */
function attest(at: Stage, document: object, ...by: readonly Keys[]): Descriptor {
  const signed = envelope(statement(at.image, document, 'runs' in document ? SARIF_PREDICATE : undefined), ...by);
  return addCarrier(at.images, TYPES.envelope, signed, at.image);
}

/** Attaches a document as it is, and signs its manifest, as `oras attach` and `cosign sign` do. */
function attach(at: Stage, type: string, document: object | string, ...by: readonly Keys[]): void {
  const referrer = addCarrier(at.images, type, document, at.image);
  at.refer(referrer);
  for (const key of by) signManifest(at.registry, REPOSITORY, referrer, key);
}

describe('findings with a signature by a key that a policy names', () => {
  it.each<[string, ServedManner, (at: Stage) => void]>([
    ['in a statement that is a referrer', {}, (at) => at.refer(attest(at, cycloneDxFindings('CVE-1'), red))],
    ['in SARIF', {}, (at) => at.refer(attest(at, sarifFindings('CVE-1'), red))],
    ['by the tag .att', { isOld: true }, (at) => at.tag('.att', attest(at, cycloneDxFindings('CVE-1'), red))],
    [
      'by the tag that stands in for referrers',
      { isOld: true },
      (at) => at.tag('', at.images.addIndex([attest(at, sarifFindings('CVE-1'), red)])),
    ],
    [
      'in a bundle of sigstore',
      {},
      (at) => {
        const dsseEnvelope = envelope(statement(at.image, sarifFindings('CVE-1'), SARIF_PREDICATE), red);
        at.refer(addCarrier(at.images, TYPES.bundle, { mediaType: TYPES.bundle, dsseEnvelope }, at.image));
      },
    ],
    ['as SARIF of which the manifest is signed', {}, (at) => attach(at, TYPES.sarif, sarifFindings('CVE-1'), red)],
    ['as such CycloneDX', {}, (at) => attach(at, TYPES.cyclonedx, cycloneDxFindings('CVE-1'), red)],
  ])('%s count', async (_name, manner, put) => {
    await using at = await stage(manner);
    put(at);
    const said = await at.said();
    expect(names(said)).toEqual(FOUND);
    expect([said.heard.length, said.unread, said.ignored]).toEqual([1, [], []]);
  });

  it('that say that there is nothing are heard, and are none', async () => {
    await using at = await stage();
    expect((await at.said()).heard).toEqual([]);
    at.refer(attest(at, cycloneDxFindings(), red));
    await clock.advance(HOUR);
    expect(await at.said()).toMatchObject({ heard: [expect.any(String)], findings: [], unread: [], ignored: [] });
  });

  it('are of the key of each policy, and of nobody whom no policy names any more', async () => {
    await using at = await stage();
    at.refer(attest(at, cycloneDxFindings('CVE-1'), red, blue));
    const both = await at.said(believing([red.pem], [blue.pem]));
    expect(new Set(both.findings.flatMap(({ signedBy }) => signedBy)).size).toBe(2);
    expect(names(await at.said(byRed))).toEqual(FOUND);
    expect(await at.said(believing([keys().pem]))).toMatchObject({ heard: [], findings: [] });
    expect((await at.inventory(byRed)).attached?.ignored).toEqual([]);
  });

  it('are not asked for where no policy names a key', async () => {
    await using at = await stage();
    at.refer(attest(at, sarifFindings('CVE-1'), red));
    const read = createImageInventories({
      portfolio,
      registries: clientFor(clock, at.registry),
      pullSecrets: openToAll,
      clock,
      random: () => 0,
    });
    const inventory = await read(at.registry.target(REPOSITORY, at.image), { namespace: 'red', signal });
    expect(inventory).toMatchObject({ kind: 'read', packages: 1, unread: [] });
    expect(inventory).not.toHaveProperty('attached');
  });

  it('need no second signature to be no untrusted bill', async () => {
    await using at = await stage();
    at.refer(attest(at, cycloneDxFindings('CVE-1'), red));
    const read = createImageInventories({
      portfolio,
      registries: clientFor(clock, at.registry),
      pullSecrets: openToAll,
      clock,
      random: () => 0,
    });
    const trust = [{ policy: 'gate-0', keys: [blue.pem] }];
    const ask = { namespace: 'red', signal, trust, findings: byRed };
    expect(await read(at.registry.target(REPOSITORY, at.image), ask)).toMatchObject({ unread: [], from: ['layers'] });
  });
});

describe('findings that nobody signed whom a policy names', () => {
  const UNTRUSTED = 'is not signed by a key that a policy trusts for findings';
  it.each<[string, string, (at: Stage) => void]>([
    ['at all', UNTRUSTED, (at) => attach(at, TYPES.sarif, sarifFindings('CVE-1'))],
    ['but somebody else did', UNTRUSTED, (at) => at.refer(attest(at, sarifFindings('CVE-1'), blue))],
    [
      'and that are signed as those of another image',
      'is about another image',
      (at) => {
        const other = statement(at.images.add([]), sarifFindings('CVE-1'), SARIF_PREDICATE);
        at.refer(addCarrier(at.images, TYPES.envelope, envelope(other, red), at.image));
      },
    ],
    [
      'and whose signature is of another manifest',
      UNTRUSTED,
      (at) => {
        const referrer = addCarrier(at.images, TYPES.sarif, sarifFindings('CVE-1'), at.image);
        at.refer(referrer);
        signManifest(at.registry, REPOSITORY, referrer, red, at.image);
      },
    ],
    [
      'and that cannot be read',
      `${UNTRUSTED}, and Unterminated string in JSON at position 5 (line 1 column 6)`,
      (at) => attach(at, TYPES.sarif, '{"run'),
    ],
    [
      'and that are larger than anything attached may be',
      `${UNTRUSTED}, and `,
      (at) => {
        const layer = at.images.addBlob(Buffer.from('{}'), TYPES.sarif);
        at.refer(addCarrierOf(at.images, { ...layer, size: 65 * 1024 ** 2 }, at.image));
      },
    ],
  ])('%s are named, and do nothing', async (_name, why, put) => {
    await using at = await stage();
    put(at);
    const { attached, ...inventory } = await at.inventory();
    expect(attached).toMatchObject({ heard: [], findings: [], unread: [] });
    expect(whys(attached?.ignored ?? [])).toEqual([expect.stringContaining(why)]);
    expect(attached?.ignored[0]?.what).toMatch(/^referrer sha256:/);
    expect(inventory).toMatchObject({ packages: 1, from: ['layers'], unread: [] });
  });
});

describe('signed findings that cannot be read', () => {
  it.each<[string, RegExp, (at: Stage) => void]>([
    ['since they are cut off', /JSON/, (at) => attach(at, TYPES.sarif, '{"version": "2.1.0", "runs": [', red)],
    [
      'since they are large',
      /is larger than the 33554432 bytes/,
      (at) => attach(at, TYPES.sarif, ' '.repeat(50_000_000), red),
    ],
    [
      'since what is signed is no document',
      /JSON/,
      (at) => {
        const payload = Buffer.from('{"predicateType": ');
        at.refer(addCarrier(at.images, TYPES.envelope, envelope(payload, red), at.image));
      },
    ],
    [
      'since they are not what their digest says',
      /has 2 bytes and not 250/,
      (at) => {
        const referrer = addCarrier(at.images, TYPES.sarif, sarifFindings('CVE-1'), at.image);
        at.refer(referrer);
        signManifest(at.registry, REPOSITORY, referrer, red);
        for (const [digest, bytes] of at.images.blobs as Map<string, Buffer>)
          if (bytes.includes('"CVE-1"')) (at.images.blobs as Map<string, Buffer>).set(digest, Buffer.from('{}'));
      },
    ],
    [
      'as one of them has no package',
      /names no package/,
      (at) => at.refer(attest(at, sarifFindings('CVE-1', 'so'), red)),
    ],
    [
      'as one of them is of a package that is not there',
      /is of a package that is not in the inventory/,
      (at) => at.refer(attest(at, sarifFindings('CVE-1', "Package 'right@1.0.0' is vulnerable to 'CVE-1'."), red)),
    ],
  ])('%s are named, and missing', async (_name, why, put) => {
    await using at = await stage();
    put(at);
    const { unread, ignored } = await at.said();
    expect(whys(unread)).toEqual([expect.stringMatching(why)]);
    expect(ignored).toEqual([]);
  });

  it('are missing as long as they are there, and no longer', async () => {
    await using at = await stage();
    attach(at, TYPES.sarif, '{', red);
    expect((await at.said()).unread).toHaveLength(1);
    await clock.advance(HOUR);
    expect((await at.said()).unread).toHaveLength(1);
    at.clear();
    await clock.advance(HOUR);
    expect((await at.said()).unread).toEqual([]);
  });

  it('by a key of the policy that is none are named with it', async () => {
    await using at = await stage();
    expect(whys((await at.said(believing(['no key']))).unread)).toEqual([expect.stringContaining('key 1 of')]);
  });
});

describe('findings that are attached later', () => {
  it('are seen after pauses that grow up to the interval, and at once after nothing', async () => {
    await using at = await stage();
    expect((await at.inventory()).lookInMs).toBe(5_000);
    await clock.advance(5_000);
    expect((await at.inventory()).lookInMs).toBe(10_000);
    at.refer(attest(at, sarifFindings('CVE-1'), red));
    expect((await at.said()).findings).toEqual([]);
    await clock.advance(10_000);
    expect(names(await at.said())).toEqual(FOUND);
    expect((await at.inventory()).lookInMs).toBe(HOUR);
    at.refer(attest(at, sarifFindings('CVE-2'), red));
    await clock.advance(HOUR - 1);
    expect(names(await at.said())).toEqual(FOUND);
    await clock.advance(1);
    expect(names(await at.said())).toEqual([...FOUND, 'CVE-2 pkg:npm/left@1.0.0']);
  });

  it('stay said when they are taken away, replaced by an older document, or said more mildly', async () => {
    await using at = await stage();
    const clean = attest(at, cycloneDxFindings(), red);
    at.refer(attest(at, cycloneDxFindings('CVE-1'), red));
    expect(names(await at.said())).toEqual(FOUND);
    at.clear();
    at.refer(clean);
    await clock.advance(HOUR);
    at.restart();
    expect(names(await at.said())).toEqual(FOUND);
    await clock.advance(HOUR);
    expect(names(await at.said())).toEqual(FOUND);
  });

  it('cost no blob that was read before', async () => {
    await using at = await stage();
    at.refer(attest(at, cycloneDxFindings('CVE-1'), red));
    attach(at, TYPES.cyclonedx, { bomFormat: 'CycloneDX', specVersion: '1.6', components: [] });
    await at.inventory();
    at.registry.asked();
    await clock.advance(HOUR);
    await at.inventory();
    const asked = at.registry.asked();
    expect(asked.some((line) => line.startsWith('GET referrer'))).toBe(true);
    expect(asked.filter((line) => line.startsWith('GET blob'))).toEqual([]);
  });

  it('are asked for of a kept image after a start at some time within an interval', async () => {
    await using at = await stage();
    at.refer(attest(at, cycloneDxFindings('CVE-1'), red));
    const { bill } = await at.inventory();
    at.restart();
    at.registry.asked();
    const { lookInMs } = await at.inventory(byRed, bill);
    expect([lookInMs, at.registry.asked()]).toEqual([HOUR / 2, []]);
  });

  it('are not known while the registry is away: what was known stays, and that is told', async () => {
    const at = await stage();
    at.refer(attest(at, cycloneDxFindings('CVE-1'), red));
    const { bill } = await at.inventory();
    await at.registry[Symbol.asyncDispose]();
    await clock.advance(HOUR);
    const { attached, lookInMs } = await at.inventory(byRed, bill);
    expect(attached === undefined ? [] : names(attached)).toEqual(FOUND);
    expect(attached?.unread).toEqual([]);
    expect(whys(attached?.ignored ?? [])).toEqual([expect.stringContaining('could not be looked at again')]);
    expect(lookInMs).toBe(5_000);
  });

  it('are missing until they were looked for, where a policy asks for them of an image that was read before', async () => {
    const at = await stage();
    const { bill } = await at.inventory(believing([blue.pem]));
    await at.registry[Symbol.asyncDispose]();
    const { attached } = await at.inventory(byRed, bill);
    expect(whys(attached?.unread ?? [])).toEqual(['was not looked at yet']);
  });

  it('do not make a bill of them count for this digest', async () => {
    await using at = await stage();
    await at.inventory();
    attach(at, TYPES.cyclonedx, cycloneDxFindings('CVE-1', 'more'), red);
    await clock.advance(HOUR);
    const { packages, attached } = await at.inventory();
    expect([packages, attached === undefined ? [] : names(attached)]).toEqual([1, ['CVE-1 pkg:npm/more@1.0.0']]);
  });
});

it('findings beyond what is looked at of one image are missing', async () => {
  await using at = await stage();
  at.refer(attest(at, cycloneDxFindings(), red));
  for (let more = 0; more < 64; more += 1) attach(at, TYPES.sarif, sarifFindings(`CVE-${more}`));
  const { heard, unread } = await at.said();
  expect(heard).toHaveLength(1);
  expect(new Set(whys(unread))).toEqual(new Set(['is beyond the 64 that are read of one image']));
});

it('an attached index has the type of a manifest, and no findings', async () => {
  await using at = await stage();
  at.refer({ ...at.images.addIndex([]), mediaType: mediaTypes.index, artifactType: TYPES.sarif });
  expect(whys((await at.said()).unread)).toEqual(['is an index, which carries nothing that is read']);
});
