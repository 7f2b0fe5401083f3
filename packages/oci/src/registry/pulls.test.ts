import { Buffer } from 'node:buffer';
import { afterEach, describe, expect, it } from 'vitest';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { readBlob } from '../content/image-source.ts';
import { mediaTypes } from '../content/media-types.ts';
import {
  answerWith,
  createRegistryStage,
  type Play,
  type PlayedRegistry,
  refuseWith,
} from '../testing/played-registry.ts';
import type { Repository } from './registry-client.ts';

const { signal } = new AbortController();
const stage = createRegistryStage();
afterEach(() => stage.close());

const config = Buffer.from('{}');
const descriptor: Descriptor = { mediaType: mediaTypes.config, digest: digestOf(config), size: 2 };
const manifest = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: descriptor, layers: [] }),
);
const digest = digestOf(manifest);
const asManifest = { 'content-type': mediaTypes.manifest };

async function open(play: Play): Promise<{ repository: Repository; registry: PlayedRegistry }> {
  const registry = await stage.play(play);
  const client = stage.client([registry]);
  return { registry, repository: client.repository({ registry: registry.host, repository: 'team/app' }) };
}

describe('pulling a manifest', () => {
  it('gives it by tag and by digest, and says to the registry what it can read', async () => {
    const accepted: (string | undefined)[] = [];
    const { repository, registry } = await open((request, response) => {
      accepted.push(request.headers.accept);
      answerWith(response, manifest, { ...asManifest, 'docker-content-digest': digest });
    });
    for (const target of ['v1', digest]) {
      expect(await repository.manifest(target, signal)).toEqual({
        descriptor: { mediaType: mediaTypes.manifest, digest, size: manifest.length },
        bytes: manifest,
        content: { kind: 'manifest', mediaType: mediaTypes.manifest, config: descriptor, layers: [] },
      });
    }
    expect(registry.lines()).toEqual(['GET /v2/team/app/manifests/v1', `GET /v2/team/app/manifests/${digest}`]);
    for (const type of ['oci.image.manifest', 'oci.image.index', 'distribution.manifest.v2', 'manifest.list.v2']) {
      expect(accepted[0]).toContain(type);
    }
  });

  it.each([
    ['says another digest than the one asked for', digest, Buffer.concat([manifest, Buffer.from(' ')]), undefined],
    ['claims a digest that is not that of its answer', 'v1', manifest, digestOf('x')],
  ])('refuses a registry that %s', async (_name, target, body, claimed) => {
    const headers = claimed === undefined ? asManifest : { ...asManifest, 'docker-content-digest': claimed };
    const { repository } = await open((_request, response) => answerWith(response, body, headers));
    await expect(repository.manifest(target, signal)).rejects.toMatchObject({
      code: 'CARTO_IMAGE',
      message: expect.stringContaining('team/app is not what its digest says'),
    });
  });

  it('reads no more than a manifest may have of an answer without end', async () => {
    let written = 0;
    const { repository } = await open((_request, response) => {
      response.writeHead(200, asManifest);
      const more = (): void => {
        while (!response.destroyed) {
          written += 64 * 1024;
          if (!response.write(Buffer.alloc(64 * 1024, ' '))) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    await expect(repository.manifest('v1', signal)).rejects.toThrow('has more than 4194304 bytes');
    // What the sockets of both sides hold comes on top.
    expect(written).toBeLessThan(32 * 1024 ** 2);
  });

  it('resolves a tag by HEAD alone, or by GET where HEAD says too little', async () => {
    const head = { ...asManifest, 'content-length': String(manifest.length), 'docker-content-digest': digest };
    let says = true;
    const { repository, registry } = await open((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, says ? head : {}).end();
      else answerWith(response, manifest, asManifest);
    });
    const expected = { mediaType: mediaTypes.manifest, digest, size: manifest.length };
    expect(await repository.resolve('v1', signal)).toEqual(expected);
    expect(registry.lines()).toEqual(['HEAD /v2/team/app/manifests/v1']);
    says = false;
    expect(await repository.resolve('v1', signal)).toEqual(expected);
    expect(registry.lines().slice(1)).toEqual(['HEAD /v2/team/app/manifests/v1', 'GET /v2/team/app/manifests/v1']);
    says = true;
    await expect(repository.resolve(digestOf('x'), signal)).rejects.toThrow('is not what its digest says');
  });

  it('says which host refused, with which status and code, and nothing else that it said', async () => {
    const { repository, registry } = await open((_request, response) => refuseWith(response, 404, 'MANIFEST_UNKNOWN'));
    const error = await repository.manifest('v1', signal).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'CARTO_REGISTRY', reason: 'NotFound', status: 404 });
    expect(error).toHaveProperty(
      'message',
      `${registry.host} answered 404 MANIFEST_UNKNOWN for manifest v1 of ${registry.host}/team/app`,
    );
  });

  it.each([
    ['a page of a proxy', '<html>SECRET-TEXT</html>'],
    ['a code that is none', JSON.stringify({ errors: [{ code: 'SECRET-TEXT please call 123' }] })],
    ['a text without end', JSON.stringify({ errors: [{ code: 'DENIED', message: 'x'.repeat(20_000) }] })],
  ])('passes on nothing of %s', async (_name, body) => {
    const { repository } = await open((_request, response) => answerWith(response, body, {}, 418));
    await expect(repository.manifest('v1', signal)).rejects.toMatchObject({
      reason: 'Misbehaved',
      message: expect.stringMatching(/ answered 418 for manifest v1 of \S+$/),
    });
  });
});

describe('pulling a blob', () => {
  const blob = Buffer.from('hello world');
  const wanted: Descriptor = { mediaType: mediaTypes.layer, digest: digestOf(blob), size: blob.length };
  const read = (repository: Repository): Promise<Buffer> => readBlob(repository, wanted, { maxBytes: 100, signal });

  it('gives its bytes as a stream', async () => {
    const { repository, registry } = await open((_request, response) => answerWith(response, blob));
    expect(await read(repository)).toEqual(blob);
    expect(registry.lines()).toEqual([`GET /v2/team/app/blobs/${wanted.digest}`]);
  });

  it.each<[string, Play, string]>([
    ['other bytes of the same length', (_q, response) => answerWith(response, 'hello_world'), 'is not what its digest'],
    ['fewer bytes', (_q, response) => answerWith(response, 'hello'), 'has 5 bytes and not 11'],
    [
      'fewer bytes, and does not say how many',
      (_q, response) => void response.writeHead(200).end('hello'),
      'ends after 5',
    ],
    [
      'more bytes, and does not say how many',
      (_q, response) => void response.writeHead(200).end('hello world!'),
      'more bytes',
    ],
  ])('refuses a registry that sends %s', async (_name, play, why) => {
    const { repository } = await open(play);
    await expect(read(repository)).rejects.toMatchObject({
      code: 'CARTO_IMAGE',
      retry: 'backoff',
      message: expect.stringContaining(why),
    });
  });

  it('says so when the connection breaks off, and does not begin again by itself', async () => {
    const { repository, registry } = await open((_request, response) => {
      response.writeHead(200, { 'content-length': blob.length }).write('hello', () => response.destroy());
    });
    await expect(read(repository)).rejects.toMatchObject({ code: 'CARTO_REGISTRY', reason: 'Unavailable' });
    expect(registry.lines()).toHaveLength(1);
  });

  it('ends the connection when nobody wants more of it', async () => {
    let ended = 0;
    const { repository } = await open((_request, response) => {
      response.on('close', () => (ended += 1));
      response.writeHead(200, { 'content-length': blob.length }).write('hello');
    });
    for await (const part of await repository.blob(wanted, signal)) if (part.length > 0) break;
    await expect.poll(() => ended).toBe(1);
    const abort = new AbortController();
    const stream = await repository.blob(wanted, abort.signal);
    abort.abort(new Error('not needed any more'));
    await expect(Array.fromAsync(stream)).rejects.toThrow('not needed any more');
    await expect.poll(() => ended).toBe(2);
  });

  it('holds next to nothing of a blob of 20 GB that nobody reads', async () => {
    let written = 0;
    const { repository } = await open((_request, response) => {
      response.writeHead(200, { 'content-length': 20e9 });
      const more = (): void => {
        for (let goesOn = true; goesOn && !response.destroyed; written += 64 * 1024) {
          goesOn = response.write(Buffer.alloc(64 * 1024));
        }
        response.once('drain', more);
      };
      more();
    });
    const stream = await repository.blob({ ...wanted, size: 20e9 }, signal);
    let taken = 0;
    for await (const part of stream) {
      taken += part.length;
      if (taken > 4 * 1024 ** 2) break;
      await new Promise(setImmediate);
    }
    // The rest is in the buffers of two sockets.
    expect(written - taken).toBeLessThan(16 * 1024 ** 2);
  });
});

describe('listing tags', () => {
  it('goes through all pages', async () => {
    const { repository, registry } = await open((request, response) => {
      const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
      const link = { link: '</v2/team/app/tags/list?last=b&n=2>; rel="next"' };
      answerWith(response, { name: 'team/app', tags: last === null ? ['a', 'b'] : ['c'] }, last === null ? link : {});
    });
    expect(await repository.tags(signal)).toEqual(['a', 'b', 'c']);
    expect(registry.lines()).toEqual(['GET /v2/team/app/tags/list', 'GET /v2/team/app/tags/list?last=b&n=2']);
  });

  it.each([
    ['another host', 'http://127.0.0.1:1/v2/team/app/tags/list?last=b'],
    ['another repository', '/v2/team/other/tags/list?last=b'],
    ['nowhere', 'http://'],
  ])('does not follow a page to %s', async (_name, target) => {
    const { repository } = await open((_request, response) =>
      answerWith(response, { tags: ['a'] }, { link: `<${target}>; rel="next"` }),
    );
    await expect(repository.tags(signal)).rejects.toThrow('go on elsewhere');
  });

  it('ends with pages without end, and with tags without end', async () => {
    const link = { link: '</v2/team/app/tags/list?last=a>; rel=next' };
    const endless = await open((_request, response) => answerWith(response, { tags: ['a'] }, link));
    await expect(endless.repository.tags(signal)).rejects.toThrow('more than 100 pages');
    expect(endless.registry.lines()).toHaveLength(100);
    const tags = Array.from({ length: 10_001 }, (_, at) => `t${at}`);
    const large = await open((_request, response) => answerWith(response, { tags }));
    await expect(large.repository.tags(signal)).rejects.toThrow('more than 10000 tags');
  });
});
