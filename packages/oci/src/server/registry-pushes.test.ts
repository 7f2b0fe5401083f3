import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../content/digest.ts';
import { fluxArtifact } from '../content/flux-artifact.ts';
import { createOciLayout, type OciLayout } from '../layout/oci-layout.ts';
import { createRegistryStage } from '../testing/played-registry.ts';
import { answerRegistryPush } from './registry-pushes.ts';

const stage = createRegistryStage();
const rules = { maxBlobBytes: 1_000, maxUploads: 2, kept: 2 };

describe('a registry that is pushed to', () => {
  let folder: string;
  let layout: OciLayout;
  let base: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-push-'));
    layout = createOciLayout(folder);
    const { host } = await stage.play((request, response) => {
      const isOurs = request.url?.startsWith('/v2/team/app/') === true;
      void answerRegistryPush(isOurs ? layout : undefined, rules, request, response);
    });
    base = `http://${host}/v2/team/app`;
  });
  afterEach(async () => {
    await stage.close();
    await rm(folder, { recursive: true });
  });

  const send = (method: string, url: string, body?: string) =>
    fetch(new URL(url, base), { method, ...(body === undefined ? {} : { body }) });
  const begin = async (): Promise<string> =>
    (await send('POST', `${base}/blobs/uploads/`)).headers.get('location') ?? '';
  async function blob(text: string): Promise<Response> {
    return send('PUT', `${await begin()}?digest=${digestOf(text)}`, text);
  }
  async function artifact(text: string, tag: string): Promise<string> {
    const { config, digest, manifest } = fluxArtifact({
      digest: digestOf(text),
      diffId: digestOf(text),
      sizeBytes: text.length,
    });
    await blob(config.bytes.toString());
    await blob(text);
    expect((await send('PUT', `${base}/manifests/${tag}`, manifest.toString())).status).toBe(201);
    return digest;
  }

  it('takes a blob in chunks', async () => {
    const place = await begin();
    const first = await send('PATCH', place, 'one');
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-2']);
    await send('PATCH', place, 'two');
    expect((await send('PUT', `${place}?digest=${digestOf('onetwothree')}`, 'three')).status).toBe(201);
    expect((await layout.blob(digestOf('onetwothree')))?.sizeBytes).toBe(11);
  });

  it('keeps the last manifests, and of the others nothing', async () => {
    const [first, second, third] = [
      await artifact('1', 'live'),
      await artifact('2', 'live'),
      await artifact('3', 'live'),
    ];
    expect(await layout.find(first)).toBeUndefined();
    expect(await layout.blob(digestOf('1'))).toBeUndefined();
    expect((await layout.find(second))?.digest).toBe(second);
    expect((await layout.find('live'))?.digest).toBe(third);
    expect(await layout.tags()).toEqual(['live']);
  });

  it('lets the oldest upload go when too many are begun', async () => {
    const places = [await begin(), await begin(), await begin()];
    expect(await readdir(join(folder, 'incoming'))).toHaveLength(2);
    const codes = await Promise.all(places.map(async (place) => (await send('PATCH', place, 'x')).status));
    expect(codes.filter((code) => code === 404)).toHaveLength(1);
  });

  it.each<[string, () => Promise<Response>, number, string]>([
    [
      'bytes that are not what the digest says',
      async () => send('PUT', `${await begin()}?digest=${digestOf('a')}`, 'b'),
      400,
      'DIGEST_INVALID',
    ],
    ['a blob that is too large', () => blob('x'.repeat(2_000)), 413, 'SIZE_INVALID'],
    [
      'a manifest without its blobs',
      () =>
        send(
          'PUT',
          `${base}/manifests/v1`,
          fluxArtifact({ digest: digestOf('none'), diffId: digestOf('none'), sizeBytes: 4 }).manifest.toString(),
        ),
      400,
      'MANIFEST_INVALID',
    ],
    ['a manifest that is none', () => send('PUT', `${base}/manifests/v1`, '{'), 400, 'MANIFEST_INVALID'],
    [
      'an upload that nobody began',
      () => send('PUT', `${base}/blobs/uploads/00000000-0000-0000-0000-000000000000`, ''),
      404,
      'BLOB_UPLOAD_UNKNOWN',
    ],
    ['another repository', () => send('POST', '/v2/team/other/blobs/uploads/'), 404, 'NAME_UNKNOWN'],
    ['a deletion', () => send('DELETE', `${base}/manifests/v1`), 405, 'UNSUPPORTED'],
  ])('refuses %s', async (_what, act, status, code) => {
    const answer = await act();
    expect([answer.status, ((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code]).toEqual([
      status,
      code,
    ]);
    expect(await layout.tags()).toEqual([]);
  });
});
