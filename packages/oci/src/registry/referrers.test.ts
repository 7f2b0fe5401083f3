import { Buffer } from 'node:buffer';
import { afterEach, describe, expect, it } from 'vitest';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { readBlob } from '../content/image-source.ts';
import type { Manifest } from '../content/manifest.ts';
import { mediaTypes } from '../content/media-types.ts';
import { createMemoryRegistry, type MemoryRegistry, type ReferrersManner } from '../testing/memory-registry.ts';
import {
  answerWith,
  createRegistryStage,
  type Play,
  type PlayedRegistry,
  refuseWith,
} from '../testing/played-registry.ts';
import { referrersTag } from './referrers.ts';
import type { Artifact, Repository } from './registry-client.ts';

const { signal } = new AbortController();
const stage = createRegistryStage();
afterEach(() => stage.close());

const BILL = 'application/vnd.cyclonedx+json';
const subject: Descriptor = { mediaType: mediaTypes.manifest, digest: digestOf('image'), size: 5 };
const bill = (text: string): Artifact => ({
  artifactType: BILL,
  blobs: [{ mediaType: BILL, bytes: Buffer.from(text) }],
  subject,
  annotations: { made: 'today' },
});

async function openPlay(play: Play): Promise<{ repository: Repository; registry: PlayedRegistry }> {
  const registry = await stage.play(play);
  return { registry, repository: stage.client([registry]).repository({ registry: registry.host, repository: 'app' }) };
}
async function open(
  manner: ReferrersManner,
  around: (next: Play) => Play = (next) => next,
): Promise<{ repository: Repository; registry: PlayedRegistry; memory: MemoryRegistry }> {
  const memory = createMemoryRegistry(manner);
  return { memory, ...(await openPlay(around(memory.play))) };
}

describe('pushing an artifact', () => {
  it.each<ReferrersManner>(['lists', 'careless', 'none'])(
    'is found by what it is about: a registry that %s',
    async (manner) => {
      const { repository } = await open(manner);
      expect(await repository.referrers(subject.digest, { signal })).toEqual([]);
      const pushed = await repository.pushArtifact(bill('one'), signal);
      const other = await repository.pushArtifact({ ...bill('two'), artifactType: 'a/b' }, signal);
      const digests = async (artifactType?: string): Promise<readonly string[]> =>
        (await repository.referrers(subject.digest, { signal, artifactType })).map(({ digest }) => digest);
      expect((await digests()).toSorted()).toEqual([pushed.digest, other.digest].toSorted());
      expect(await digests(BILL)).toEqual([pushed.digest]);
      expect(await digests('c/d')).toEqual([]);
      const { content } = await repository.manifest(pushed.digest, signal);
      const [layer] = (content as Manifest).layers as [Descriptor];
      expect(await readBlob(repository, layer, { maxBytes: 10, signal })).toEqual(Buffer.from('one'));
      expect(content).toMatchObject({ artifactType: BILL, subject, annotations: { made: 'today' } });
    },
  );

  it.each<[ReferrersManner, boolean]>([
    ['lists', false],
    ['careless', false],
    ['none', true],
  ])('writes the tag that stands in for the list only where there is none: %s', async (manner, tagged) => {
    const { repository, memory } = await open(manner);
    await repository.pushArtifact(bill('one'), signal);
    expect(memory.manifests.has(referrersTag(subject.digest))).toBe(tagged);
  });

  it('does nothing twice', async () => {
    const { repository, registry, memory } = await open('none');
    const first = await repository.pushArtifact(bill('one'), signal);
    const uploads = registry.lines().filter((line) => line.startsWith('POST')).length;
    expect(await repository.pushArtifact(bill('one'), signal)).toEqual(first);
    expect(registry.lines().filter((line) => line.startsWith('POST'))).toHaveLength(uploads);
    const index = JSON.parse(memory.manifests.get(referrersTag(subject.digest))?.bytes.toString() ?? '') as {
      manifests: unknown[];
    };
    expect(index.manifests).toEqual([{ ...first, artifactType: BILL, annotations: { made: 'today' } }]);
  });

  it('keeps what somebody else writes to the tag at the same time', async () => {
    const stranger = { ...subject, digest: digestOf('stranger') };
    let strikes = 2;
    const { repository, memory } = await open('none', (next) => (request, response, line) => {
      next(request, response, line);
      if (!line.startsWith('PUT /v2/app/manifests/sha256-')) return;
      // Right after ours, an index that knows nothing of it.
      response.on('finish', () => {
        strikes -= 1;
        const bytes = Buffer.from(
          JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [stranger] }),
        );
        if (strikes >= 0) memory.manifests.set(referrersTag(subject.digest), { mediaType: mediaTypes.index, bytes });
      });
    });
    const pushed = await repository.pushArtifact(bill('one'), signal);
    const found = await repository.referrers(subject.digest, { signal, artifactType: BILL });
    expect(found.map(({ digest }) => digest)).toEqual([pushed.digest]);
    expect(memory.manifests.get(referrersTag(subject.digest))?.bytes.toString()).toContain(stranger.digest);
  });

  it('has a tag if it is given one, and no layer of its own if it has nothing to hold', async () => {
    const { repository, memory } = await open('lists');
    const pushed = await repository.pushArtifact({ artifactType: 'a/b', blobs: [], tag: 'v1' }, signal);
    expect((await repository.resolve('v1', signal)).digest).toBe(pushed.digest);
    expect([...memory.blobs.values()]).toEqual([Buffer.from('{}')]);
  });
});

describe('pushing a blob', () => {
  const bytes = Buffer.from('hello');
  const wanted = { digest: digestOf(bytes), size: bytes.length };

  it('sends a stream once, and not what is there', async () => {
    const { repository, registry, memory } = await open('lists');
    let opened = 0;
    async function* stream(): AsyncGenerator<Buffer> {
      opened += 1;
      yield bytes.subarray(0, 2);
      yield bytes.subarray(2);
    }
    await repository.push.blob(wanted, stream, signal);
    await repository.push.blob(wanted, stream, signal);
    expect([opened, memory.blobs.get(wanted.digest)]).toEqual([1, bytes]);
    expect(registry.lines()).toEqual([
      `HEAD /v2/app/blobs/${wanted.digest}`,
      'POST /v2/app/blobs/uploads/',
      `PUT /v2/app/blobs/uploads/1?state=x&digest=${encodeURIComponent(wanted.digest)}`,
      `HEAD /v2/app/blobs/${wanted.digest}`,
    ]);
  });

  it('begins anew when it is broken off', async () => {
    let puts = 0;
    const { repository, memory } = await open('lists', (next) => (request, response, line) => {
      if (line.startsWith('PUT')) puts += 1;
      if (line.startsWith('PUT') && puts === 1) request.socket.destroy();
      else next(request, response, line);
    });
    await repository.push.blob(wanted, bytes, signal);
    expect([puts, memory.blobs.size]).toEqual([2, 1]);
  });

  it.each<[string, Play, string]>([
    ['does not say where to', (_q, response) => void response.writeHead(202).end(), 'does not say where to send'],
    ['sends us elsewhere', (_q, response) => void response.writeHead(307, { location: '/x' }).end(), 'to be written'],
    ['does not take it', (_q, response) => refuseWith(response, 403, 'DENIED'), 'answered 403 DENIED'],
  ])('ends with an error when the registry %s', async (_name, post, why) => {
    const { repository } = await openPlay((request, response, line) => {
      if (line.startsWith('HEAD')) response.writeHead(404).end();
      else post(request, response, line);
    });
    await expect(repository.push.blob(wanted, bytes, signal)).rejects.toThrow(why);
  });

  it('ends with an error when a manifest becomes another one', async () => {
    const { repository } = await openPlay((_request, response) =>
      response.writeHead(201, { 'docker-content-digest': digestOf('x') }).end(),
    );
    const pushing = repository.push.manifest({ mediaType: mediaTypes.manifest, bytes, tag: 'v1' }, signal);
    await expect(pushing).rejects.toThrow('took another document for manifest v1');
  });
});

describe('the list of referrers', () => {
  const page = (count: number): object => ({
    schemaVersion: 2,
    manifests: Array.from({ length: count }, (_, at) => ({
      ...subject,
      digest: digestOf(`${at}`),
      artifactType: 'a/b',
    })),
  });
  const list = async (play: Play): Promise<readonly Descriptor[]> =>
    (await openPlay(play)).repository.referrers(subject.digest, { signal });

  it.each([400, 404, 405, 501])('is looked for under the tag when the API answers %i', async (status) => {
    const { repository, registry } = await openPlay((_request, response, line) =>
      line.includes('/referrers/') ? refuseWith(response, status, 'UNSUPPORTED') : refuseWith(response, 404, 'UNKNOWN'),
    );
    expect(await repository.referrers(subject.digest, { signal })).toEqual([]);
    expect(registry.lines()).toEqual([
      `GET /v2/app/referrers/${subject.digest}`,
      `GET /v2/app/manifests/sha256-${subject.digest.slice(7)}`,
    ]);
  });

  it('is an error when the registry refuses, never an empty list', async () => {
    await expect(list((_request, response) => refuseWith(response, 403, 'DENIED'))).rejects.toMatchObject({
      status: 403,
    });
    const noTag: Play = (_request, response, line) =>
      line.includes('/referrers/') ? refuseWith(response, 404, 'UNSUPPORTED') : refuseWith(response, 403, 'DENIED');
    await expect(list(noTag)).rejects.toMatchObject({ status: 403 });
  });

  it('has at most 1,000 entries, of several pages and under the tag', async () => {
    expect(await list((_request, response) => answerWith(response, page(1_000)))).toHaveLength(1_000);
    await expect(list((_request, response) => answerWith(response, page(1_001)))).rejects.toThrow('more than 1000');
    const link = { link: `</v2/app/referrers/${subject.digest}?next=1>; rel="next"` };
    const endless: Play = (_request, response) => answerWith(response, page(300), link);
    await expect(list(endless)).rejects.toThrow('more than 1000');
    const tag: Play = (_request, response, line) =>
      line.includes('/referrers/') ? refuseWith(response, 404, 'UNSUPPORTED') : answerWith(response, page(1_001));
    await expect(list(tag)).rejects.toThrow('more than 1000');
  });

  it('asks for no more than 64 manifests to learn what they are', async () => {
    const untyped = { schemaVersion: 2, manifests: Array.from({ length: 65 }, () => subject) };
    const manifest = Buffer.from(
      '{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:' + '0'.repeat(64) + '","size":1},"layers":[]}',
    );
    const named = { ...untyped, manifests: untyped.manifests.map(() => ({ ...subject, digest: digestOf(manifest) })) };
    const { repository, registry } = await openPlay((_request, response, line) =>
      answerWith(response, line.includes('/referrers/') ? named : manifest),
    );
    await expect(repository.referrers(subject.digest, { signal })).rejects.toThrow('more than 64 referrers');
    expect(registry.lines()).toHaveLength(65);
  });

  it('is refused when it is something else', async () => {
    await expect(list((_request, response) => answerWith(response, '[1]'))).rejects.toThrow('JSON that is no object');
    await expect(list((_request, response) => answerWith(response, 'SECRET'))).rejects.toThrow(
      'in something that is no JSON',
    );
  });
});
