import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { digestOf, mediaTypes, RegistryError } from '@cartographer/oci';
import { selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createImagesStage, type ImagesStage } from './testing/images-stage.ts';

const signal = new AbortController().signal;
const CONFIG = ['config'] as const;
const BOMS = ['config', 'boms'] as const;

async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing failed');
}

const textOf = (raw: string | undefined): string => Buffer.from(raw ?? '', 'base64').toString();
const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  (_request: unknown, response: ServerResponse) =>
    void response.writeHead(status, { 'content-length': 0, ...headers }).end();

describe('an image', () => {
  it('is named by digest in one form, whatever it is called', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('team/app', {}, 'v1');
    const access = stage.account('red');
    const image = `${stage.host}/team/app@${digest}`;
    for (const name of ['team/app:v1', `team/app@${digest}`, `team/app:v1@${digest}`, `team/app:other@${digest}`]) {
      expect(await stage.images.resolve(`${stage.host}/${name}`, access, signal)).toEqual({ image });
    }
    const facts = await stage.images.read(image, access, signal, BOMS);
    expect(facts).toMatchObject({ image, config: { os: 'linux', rootfs: { type: 'layers' } } });
    expect(facts.boms).toBeUndefined();
  });

  it('costs three requests for each digest, and one HEAD for each account that asks after the first', async () => {
    await using stage = await createImagesStage();
    const digests = [0, 1, 2, 3].map((at) => stage.push('team/app', { config: { os: `linux${at}` } }, `v${at}`));
    const accounts = ['red', 'blue', 'green'].map((namespace) => stage.account(namespace));
    const all = accounts.flatMap((access) =>
      digests.flatMap((digest, at) => [
        stage.images.read(`${stage.host}/team/app@${digest}`, access, signal, BOMS),
        // Asked for by tag and by digest at once.
        stage.images.resolve(`${stage.host}/team/app:v${at}`, access, signal),
        stage.images.read(`${stage.host}/team/app@${digest}`, access, signal, CONFIG),
      ]),
    );
    await Promise.all(all);
    const asked = stage.asked();
    const tags = asked.filter((line) => /manifests team\/app v\d$/.test(line));
    const heads = asked.filter((line) => line.startsWith('HEAD') && line.includes('sha256:'));
    // One list of tags for the repository.
    expect(asked.length - tags.length - heads.length).toBeLessThanOrEqual(3 * digests.length + 1);
    expect(heads.length).toBeLessThanOrEqual(accounts.length * digests.length);
    expect(tags.length).toBe(accounts.length * digests.length);
    await Promise.all(
      accounts.flatMap((access) =>
        digests.map((digest) => stage.images.read(`${stage.host}/team/app@${digest}`, access, signal, BOMS)),
      ),
    );
    expect(stage.asked()).toEqual([]);
  });

  it('is the same object as long as it is kept, and is read again when it no longer fits', async () => {
    await using stage = await createImagesStage({ cacheBytes: 20_000 });
    const access = stage.account('red');
    const image = (at: number): string =>
      `${stage.host}/app@${stage.push('app', { config: { author: `${at}${'x'.repeat(2_000)}` } })}`;
    const [first, second, third] = [image(1), image(2), image(3)];
    const read = (name: string) => stage.images.read(name, access, signal, CONFIG);
    const before = await read(first);
    expect(await read(first)).toBe(before);
    await read(second);
    await read(third);
    stage.asked();
    expect(await read(first)).toEqual(before);
    expect(stage.asked()).not.toEqual([]);
  });

  it('for several platforms keeps its own digest, and tells of linux/amd64 or of the platform that is wanted', async () => {
    const wanted = async (setting: Parameters<typeof createImagesStage>[0]) => {
      await using stage = await createImagesStage(setting);
      const access = stage.account('red');
      const platforms = ['arm64', 'amd64'].map((architecture) => ({
        digest: stage.push('app', { config: { architecture } }),
        platform: { os: 'linux', architecture },
      }));
      const digest = stage.pushIndex('app', platforms);
      stage.put(
        'app',
        'v1',
        JSON.parse(
          JSON.stringify({
            schemaVersion: 2,
            mediaType: mediaTypes.index,
            manifests: platforms.map((each) => ({ ...each, mediaType: mediaTypes.manifest, size: 1 })),
          }),
        ) as object,
        mediaTypes.index,
      );
      const { image } = await stage.images.resolve(`${stage.host}/app@${digest}`, access, signal);
      const facts = await stage.images.read(image, access, signal, CONFIG);
      return [image.endsWith(digest), facts.config.architecture];
    };
    expect(await wanted({})).toEqual([true, 'amd64']);
    expect(await wanted({ platform: { os: 'linux', architecture: 'arm64' } })).toEqual([true, 'arm64']);
    expect(await wanted({ platform: { os: 'windows', architecture: 'amd64' } })).toEqual([true, 'arm64']);
  });

  it('whose tag moves is noticed after a minute, and not before', async () => {
    await using stage = await createImagesStage();
    const access = stage.account('red');
    const resolve = async () => (await stage.images.resolve(`${stage.host}/app:v1`, access, signal)).image;
    const first = stage.push('app', {}, 'v1');
    expect(await resolve()).toContain(first);
    const second = stage.push('app', { config: { author: 'b' } }, 'v1');
    expect(await resolve()).toContain(first);
    await stage.clock.advance(60_000);
    expect(await resolve()).toContain(second);
  });
});

describe('what one account could read', () => {
  it('is not told to another, be it kept or just being read', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('team/app', {}, 'v1');
    stage.locks.set('team/app', ['red:secret']);
    const [red, blue, none] = [
      stage.account('red', 'red:secret'),
      stage.account('blue', 'blue:x'),
      stage.account('green'),
    ];
    const image = `${stage.host}/team/app@${digest}`;
    const both = await Promise.allSettled([
      stage.images.read(image, red, signal, BOMS),
      stage.images.read(image, blue, signal, BOMS),
      stage.images.read(image, none, signal, BOMS),
      stage.images.resolve(`${stage.host}/team/app:v1`, blue, signal),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    for (const access of [blue, none]) {
      expect(await failureOf(stage.images.read(image, access, signal, BOMS))).toBeInstanceOf(RegistryError);
    }
    // The first that asks may be the one who may not.
    const other = stage.push('team/app', { config: { author: 'b' } });
    const turned = await Promise.allSettled(
      [blue, red].map((access) => stage.images.read(`${stage.host}/team/app@${other}`, access, signal, CONFIG)),
    );
    expect(turned.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('in another repository is another, be the digest the same', async () => {
    await using stage = await createImagesStage();
    const access = stage.account('red');
    const digest = stage.push('team/app');
    expect(stage.push('mine/copy')).toBe(digest);
    stage.locks.set('team/app', ['other:secret']);
    await stage.images.read(`${stage.host}/mine/copy@${digest}`, access, signal, BOMS);
    const failure = await failureOf(stage.images.read(`${stage.host}/team/app@${digest}`, access, signal, BOMS));
    expect(failure).toBeInstanceOf(RegistryError);
  });

  it('is asked for again once its Secret is another, and after an hour', async () => {
    await using stage = await createImagesStage();
    const image = `${stage.host}/app@${stage.push('app')}`;
    stage.locks.set('app', ['red:secret']);
    const access = stage.account('red', 'red:secret');
    const heads = async () => {
      stage.asked();
      await stage.images.read(image, access, signal, CONFIG);
      return stage.asked().filter((line) => line.startsWith('HEAD')).length;
    };
    await heads();
    expect(await heads()).toBe(0);
    stage.account('red', 'red:secret');
    await stage.clock.advance(2_000);
    expect(await heads()).toBe(1);
    await stage.clock.advance(3_600_000);
    expect(await heads()).toBe(1);
    stage.account('red', 'red:wrong');
    await stage.clock.advance(2_000);
    expect(await failureOf(heads())).toMatchObject({ reason: 'Forbidden' });
  });
});

describe('pull secrets', () => {
  it('of the intent count besides those of the account, and one that is missing is named and passed over', async () => {
    await using stage = await createImagesStage();
    const image = `${stage.host}/app@${stage.push('app')}`;
    stage.locks.set('app', ['red:secret']);
    stage.account('red', 'red:secret', 'other');
    const plain = stage.account('red');
    const named = { ...plain, pullSecrets: ['lost', 'other-login'] };
    expect(await stage.images.read(image, named, signal, CONFIG)).toMatchObject({ image });
    const failure = await failureOf(stage.images.read(image, { ...plain, pullSecrets: ['lost'] }, signal, CONFIG));
    expect(failure.message).toMatch(/401 .*pull secret "lost" of namespace red is not there: create it$/);
  });

  it('that may not be read end in the command that lets them be read', async () => {
    await using stage = await createImagesStage();
    const image = `${stage.host}/app@${stage.push('app')}`;
    stage.locks.set('app', ['red:secret']);
    const access = stage.account('red', 'red:secret');
    stage.closed.add('red');
    const failure = await failureOf(stage.images.read(image, access, signal, CONFIG));
    expect(failure.message).toMatch(/let conventions read its pull secrets: let them read in red$/);
  });

  it('of an account that is not there are an error, until it is', async () => {
    await using stage = await createImagesStage();
    const image = `${stage.host}/app@${stage.push('app')}`;
    const access = { namespace: 'red', serviceAccount: 'nope', pullSecrets: [] };
    expect(await failureOf(stage.images.read(image, access, signal, CONFIG))).toMatchObject({
      code: 'CARTO_PULL_SECRET',
      message: expect.stringMatching(/^ServiceAccount "nope" of namespace red is not there; create it/),
    });
    stage.account('red', undefined, 'nope');
    expect(await stage.images.read(image, access, signal, CONFIG)).toMatchObject({ image });
  });
});

describe('what cannot be looked up', () => {
  const cases: readonly [string, (stage: ImagesStage, digest: string) => void, string, RegExp][] = [
    [
      'is not there',
      () => undefined,
      'nope:v1',
      /404 MANIFEST_UNKNOWN for manifest v1 of .*\/nope; push it or correct its name; .*imagePullSecret for 127/,
    ],
    [
      'wants a login',
      ({ locks }) => locks.set('app', ['a:b']),
      'app:v1',
      /401 .*; give ServiceAccount "default" of namespace red an imagePullSecret for/,
    ],
    [
      'is called by what is no name',
      () => undefined,
      'App:v1',
      /repository that is no name.*correct it in the template/,
    ],
    [
      'wants to be left alone',
      ({ plays }) => plays.set('manifests app v1', refuse(429, { 'retry-after': '120' })),
      'app:v1',
      /429 .*; 127.* wants to be left alone; it is asked again in 120 s/,
    ],
    [
      'is an artifact',
      ({ put }) =>
        put('app', 'v1', {
          schemaVersion: 2,
          mediaType: mediaTypes.manifest,
          config: { mediaType: mediaTypes.empty, digest: digestOf('{}'), size: 2 },
          layers: [],
        }),
      'app:v1',
      /is an artifact and no image/,
    ],
    [
      'is an index of nothing',
      ({ put }) => put('app', 'v1', { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }, mediaTypes.index),
      'app:v1',
      /an index without any image/,
    ],
  ];
  it.each(cases)('since it %s says what and what next', async (_what, break_, name, message) => {
    await using stage = await createImagesStage();
    break_(stage, stage.push('app', {}, 'v1'));
    const failure = await failureOf(stage.images.resolve(`${stage.host}/${name}`, stage.account('red'), signal));
    expect(failure.message).toMatch(message);
  });

  it('is not asked for as long as its registry wants, by that account', async () => {
    await using stage = await createImagesStage();
    stage.push('app', {}, 'v1');
    const [red, blue] = [stage.account('red'), stage.account('blue')];
    const resolve = (tag: string, access = red) => stage.images.resolve(`${stage.host}/app:${tag}`, access, signal);
    stage.plays.set('manifests app v1', refuse(429, { 'retry-after': '120' }));
    expect(await failureOf(resolve('v1'))).toMatchObject({ reason: 'RateLimited', afterMs: 120_000 });
    stage.plays.clear();
    stage.asked();
    await stage.clock.advance(100_000);
    expect(await failureOf(resolve('v2'))).toMatchObject({ reason: 'RateLimited', afterMs: 20_000 });
    expect(stage.asked()).toEqual([]);
    expect((await resolve('v1', blue)).image).toContain('sha256');
    await stage.clock.advance(20_000);
    expect((await resolve('v1')).image).toContain('sha256');
  });

  it('since a digest lies is refused, and nothing of it is kept', async () => {
    await using stage = await createImagesStage();
    const access = stage.account('red');
    const digest = stage.push('app');
    const lie = (_request: unknown, response: ServerResponse): void => {
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: {}, layers: [] }),
      );
      response.writeHead(200, { 'content-type': mediaTypes.manifest, 'content-length': bytes.length }).end(bytes);
    };
    stage.plays.set(`manifests app ${digest}`, lie);
    const image = `${stage.host}/app@${digest}`;
    expect((await failureOf(stage.images.read(image, access, signal, CONFIG))).message).toMatch(
      /is not what its digest says/,
    );
    stage.plays.clear();
    expect(await stage.images.read(image, access, signal, CONFIG)).toMatchObject({ image });
  });

  it('in time ends after a minute, and whoever gives up earlier ends only its own wait', async () => {
    await using stage = await createImagesStage();
    const access = stage.account('red');
    stage.plays.set('manifests app v1', () => undefined);
    const stop = new AbortController();
    const waits = [signal, stop.signal].map((each) =>
      failureOf(stage.images.resolve(`${stage.host}/app:v1`, access, each)),
    );
    const reached = async (): Promise<void> => {
      while (stage.asked().length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await reached();
    stop.abort(new Error('not needed any more'));
    expect((await waits[1])?.message).toBe('not needed any more');
    await stage.clock.advance(60_000);
    expect((await waits[0])?.message).toMatch(/did not tell all within 60 s; it is asked again after a while/);
  });

  it('is not looked for on this machine, unless the operator lists it', async () => {
    await using stage = await createImagesStage({ destinations: () => ({}) });
    const failure = await failureOf(stage.images.resolve(`${stage.host}/app:v1`, stage.account('red'), signal));
    expect(failure.message).toMatch(/is not asked: .*allow/);
    expect(stage.asked()).toEqual([]);
  });

  it('in a registry whose authority nobody knows is read once that is given', async () => {
    const tls = await selfSigned(['127.0.0.1']);
    const look = async (trust: { readonly caPem?: string }) => {
      await using stage = await createImagesStage({ tls, ...trust });
      stage.push('app', {}, 'v1');
      return (await stage.images.resolve(`${stage.host}/app:v1`, stage.account('red'), signal)).image;
    };
    expect((await failureOf(look({}))).message).toMatch(/its certificate is not trusted .*; add its authority/);
    expect(await look({ caPem: tls.certPem })).toContain('app@sha256:');
  });

  it('as one of 200 side by side harms none of the others', async () => {
    await using stage = await createImagesStage();
    const access = stage.account('red');
    const digests = Array.from({ length: 200 }, (_each, at) => stage.push('app', { config: { author: String(at) } }));
    const names = digests.map((digest, at) => (at === 7 ? digestOf('nothing') : digest));
    const read = await Promise.allSettled(
      names.map((digest) => stage.images.read(`${stage.host}/app@${digest}`, access, signal, CONFIG)),
    );
    expect(read.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(read[7]).toMatchObject({ status: 'rejected', reason: { reason: 'NotFound' } });
  });
});

const CYCLONEDX = 'application/vnd.cyclonedx+json';
const bill = (name: string): string =>
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components: [{ name }] });

describe('bills of material', () => {
  const read = (stage: ImagesStage, digest: string, repository = 'app') =>
    stage.images.read(`${stage.host}/${repository}@${digest}`, stage.account('red'), signal, BOMS);

  it('of buildpacks are all files of the layer that a label names, in one request', async () => {
    await using stage = await createImagesStage();
    const files = { 'layers/sbom/launch/b/sbom.cdx.json': bill('a'), '/layers/sbom/launch/a/sbom.spdx.json': '{}' };
    const digest = stage.push('app', { files, hasBuildpackBoms: true });
    const { boms = [] } = await read(stage, digest);
    expect(boms.map(({ name }) => name)).toEqual([
      'cnb-app:/layers/sbom/launch/a/sbom.spdx.json',
      'cnb-app:/layers/sbom/launch/b/sbom.cdx.json',
    ]);
    expect(textOf(boms[1]?.raw)).toBe(bill('a'));
    expect(stage.asked()).toHaveLength(3);
  });

  it.each([
    ['sbom', { sbom: { sha: 'DIFF' }, bom: { sha: 'sha256:other' } }, 1],
    ['bom', { bom: { sha: 'DIFF' } }, 1],
    ['nothing', { app: [] }, 0],
  ])('of buildpacks are found by the older label too: %s', async (_what, metadata, count) => {
    await using stage = await createImagesStage();
    const files = { 'sbom.cdx.json': bill('a') };
    const probe = await read(stage, stage.push('app', { files }));
    const diffId = probe.config.rootfs?.diff_ids?.[0] ?? '';
    const label = JSON.stringify(metadata).replaceAll('DIFF', diffId);
    const digest = stage.push('app', { files, labels: { 'io.buildpacks.lifecycle.metadata': label } });
    expect((await read(stage, digest)).boms ?? []).toHaveLength(count);
    expect(stage.warnings).toEqual([]);
  });

  it.each([
    ['no JSON', { 'io.buildpacks.lifecycle.metadata': '{' }, /is no JSON/],
    ['a layer that is not there', { 'io.buildpacks.app.sbom': digestOf('x') }, /which it has not/],
    ['what is no digest', { 'io.buildpacks.app.sbom': 'x' }, /what is no digest/],
  ])('whose label holds %s are a warning, and the image is read', async (_what, labels, message) => {
    await using stage = await createImagesStage();
    const facts = await read(stage, stage.push('app', { labels }));
    expect(facts.config.os).toBe('linux');
    expect(facts.boms).toBeUndefined();
    expect(stage.warnings).toMatchObject([{ image: facts.image, unread: [expect.stringMatching(message)] }]);
  });

  it('that are too large, and those that are too many, are left out and named', async () => {
    await using stage = await createImagesStage();
    const files = {
      'large.json': 'x'.repeat(4 * 1024 ** 2 + 1),
      ...Object.fromEntries(Array.from({ length: 33 }, (_each, at) => [`b${at}.json`, '{}'])),
    };
    const { boms = [] } = await read(stage, stage.push('app', { files, hasBuildpackBoms: true }));
    expect(boms).toHaveLength(32);
    expect(stage.warnings).toMatchObject([
      {
        unread: [expect.stringMatching(/large\.json has 4194305 bytes/), expect.stringMatching(/beyond the 32 bills/)],
      },
    ]);
  });

  const statement = (digest: string, predicate: object): object => ({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: digest.slice(7) } }],
    predicateType: 'https://cyclonedx.org/bom',
    predicate,
  });
  const carrier = (stage: ImagesStage, tag: string, document: object, mediaType: string) =>
    stage.put('app', tag, {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: mediaType,
      config: { mediaType: mediaTypes.empty, digest: digestOf('{}'), size: 2 },
      layers: [stage.put('app', '', document, mediaType)],
    });

  it.each([
    [
      'a referrer',
      (stage: ImagesStage, digest: string) => {
        const made = carrier(stage, '', JSON.parse(bill('a')) as object, CYCLONEDX);
        stage.referrers.set(`app@${digest}`, [{ ...made, artifactType: CYCLONEDX }]);
      },
      CYCLONEDX,
    ],
    [
      'a tag of cosign',
      (stage: ImagesStage, digest: string) => {
        carrier(stage, `${digest.replace(':', '-')}.sbom`, JSON.parse(bill('a')) as object, CYCLONEDX);
      },
      CYCLONEDX,
    ],
    [
      'an attestation of cosign, without its statement',
      (stage: ImagesStage, digest: string) => {
        const type = 'application/vnd.dsse.envelope.v1+json';
        const payload = Buffer.from(JSON.stringify(statement(digest, JSON.parse(bill('a')) as object))).toString(
          'base64',
        );
        carrier(
          stage,
          `${digest.replace(':', '-')}.att`,
          { payloadType: 'application/vnd.in-toto+json', payload, signatures: [] },
          type,
        );
      },
      'application/vnd.dsse.envelope.v1+json',
    ],
  ])('come from %s', async (_what, attach, type) => {
    await using stage = await createImagesStage();
    const digest = stage.push('app');
    attach(stage, digest);
    const { boms = [] } = await read(stage, digest);
    expect(boms.map(({ name, raw }) => [name, textOf(raw)])).toEqual([[`oci-referrer:${type}`, bill('a')]]);
  });

  it('come from the tag that stands in for referrers, in a registry that has none; it is asked for that once', async () => {
    await using stage = await createImagesStage({ hasReferrersApi: false });
    const digests = [1, 2].map((at) => stage.push('app', { config: { author: String(at) } }));
    for (const digest of digests) {
      const made = carrier(stage, '', JSON.parse(bill(digest)) as object, CYCLONEDX);
      const index = {
        schemaVersion: 2,
        mediaType: mediaTypes.index,
        manifests: [{ ...made, artifactType: CYCLONEDX }],
      };
      stage.put('app', digest.replace(':', '-'), index, mediaTypes.index);
    }
    for (const digest of digests) {
      expect(textOf((await read(stage, digest)).boms?.[0]?.raw)).toBe(bill(digest));
    }
    expect(stage.asked().filter((line) => line.includes(' referrers '))).toHaveLength(1);
  });

  it('come from BuildKit for the platform that is told of, and for no other', async () => {
    await using stage = await createImagesStage();
    const images = ['arm64', 'amd64'].map((architecture) => ({
      digest: stage.push('app', { config: { architecture } }),
      platform: { os: 'linux', architecture },
    }));
    const attestations = images.map(({ digest, platform }) => ({
      digest: carrier(
        stage,
        '',
        statement(digest, JSON.parse(bill(platform.architecture)) as object),
        'application/vnd.in-toto+json',
      ).digest,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest },
    }));
    const { boms = [] } = await read(stage, stage.pushIndex('app', [...images, ...attestations]));
    expect(boms.map(({ raw }) => textOf(raw))).toEqual([bill('amd64')]);
  });

  it('that say they are of another image do not count', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('app');
    carrier(stage, `${digest.replace(':', '-')}.att`, statement(digestOf('x'), {}), 'application/vnd.in-toto+json');
    expect((await read(stage, digest)).boms).toBeUndefined();
    expect(stage.warnings).toMatchObject([{ unread: [expect.stringMatching(/is about another image/)] }]);
  });

  it('that were attached in one repository are not those of another with the same image', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('app');
    expect(stage.push('team/app')).toBe(digest);
    carrier(stage, `${digest.replace(':', '-')}.sbom`, JSON.parse(bill('forged')) as object, CYCLONEDX);
    expect((await read(stage, digest)).boms).toHaveLength(1);
    expect((await read(stage, digest, 'team/app')).boms).toBeUndefined();
  });

  it('that the registry does not give are a warning, and looked for again after a minute', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('app');
    carrier(stage, `${digest.replace(':', '-')}.sbom`, JSON.parse(bill('a')) as object, CYCLONEDX);
    stage.plays.set(`manifests app ${digest.replace(':', '-')}.sbom`, refuse(403));
    expect((await read(stage, digest)).boms).toBeUndefined();
    expect(stage.warnings).toMatchObject([
      { unread: [expect.stringMatching(/^tag sha256-.*\.sbom 127.*answered 403/)] },
    ]);
    stage.plays.clear();
    await stage.clock.advance(59_000);
    expect((await read(stage, digest)).boms).toBeUndefined();
    await stage.clock.advance(1_000);
    expect((await read(stage, digest)).boms).toHaveLength(1);
  });

  it('of cosign are asked for one by one where the registry does not list its tags', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('app');
    carrier(stage, `${digest.replace(':', '-')}.sbom`, JSON.parse(bill('a')) as object, CYCLONEDX);
    stage.plays.set('tags app list', refuse(403));
    expect((await read(stage, digest)).boms).toHaveLength(1);
    expect(stage.warnings).toEqual([]);
  });

  it('are not read for those who do not ask for them', async () => {
    await using stage = await createImagesStage();
    const digest = stage.push('app', { files: { 'a.json': bill('a') }, hasBuildpackBoms: true });
    const facts = await stage.images.read(`${stage.host}/app@${digest}`, stage.account('red'), signal, CONFIG);
    expect(facts.boms).toBeUndefined();
    expect(stage.asked()).toHaveLength(2);
  });
});
