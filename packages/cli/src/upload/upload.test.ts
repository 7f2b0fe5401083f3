import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '@cartographer/kube';
import { messageOf } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUTHORIZATION, startTestRegistry, type TestRegistry } from './testing/test-registry.ts';
import { type UploadOptions, uploadSource } from './upload.ts';

describe('sources of a folder', () => {
  let root: string;
  let registry: TestRegistry;
  let said: string[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-upload-'));
    said = [];
    registry = await startTestRegistry(join(root, 'registry'));
    await writeFile(join(root, 'a.txt'), 'one');
    await writeFile(join(root, '.cartoignore'), 'registry\nconfig.json\n*.bak\n');
  });
  afterEach(async () => {
    await registry.close();
    await rm(root, { recursive: true, force: true });
  });

  const upload = (changes: Partial<UploadOptions> = {}) =>
    uploadSource({
      path: root,
      repository: `${registry.host}/team/shop`,
      registry: { username: 'me', password: 'secret', dockerConfig: root },
      say: (line) => said.push(line),
      signal: new AbortController().signal,
      clock,
      ...changes,
    });

  it('are pushed as an artifact that Flux reads, and named by tag and digest', async () => {
    const { reference, tagged, digest, uploaded, files, bytes } = await upload();
    expect({ uploaded, files }).toEqual({ uploaded: true, files: 2 });
    expect(tagged).toBe(`${registry.host}/team/shop:latest`);
    expect(reference).toBe(`${tagged}@${digest}`);
    expect(said).toEqual([`publishing 2 files, ${bytes} B, to ${tagged}`, `published ${reference}`]);
    const manifest = await fetch(`http://${registry.host}/v2/team/shop/manifests/latest`);
    expect(manifest.headers.get('docker-content-digest')).toBe(digest);
    expect(await manifest.json()).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.cncf.flux.config.v1+json' },
      layers: [{ mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip', size: bytes }],
    });
  });

  it('that did not change are asked about once, and nothing is uploaded', async () => {
    const first = await upload();
    registry.lines.length = 0;
    await writeFile(join(root, 'a.txt'), 'one');
    await writeFile(join(root, 'ignored.bak'), 'new');
    expect(await upload({ repository: first.reference })).toEqual({ ...first, uploaded: false });
    expect(registry.lines).toEqual(['HEAD /v2/team/shop/manifests/latest']);
    expect(said.at(-1)).toBe(`unchanged: ${first.reference}`);
  });

  it('go to the tag that is named', async () => {
    expect((await upload({ repository: `${registry.host}/team/shop:v1` })).tagged).toBe(
      `${registry.host}/team/shop:v1`,
    );
    expect(await registry.layout.tags()).toEqual(['v1']);
  });

  it('are uploaded by another try when the registry is busy', async () => {
    registry.faults.times = 2;
    expect((await upload({ clock: { ...clock, sleep: async () => undefined } })).uploaded).toBe(true);
  });

  it.each([
    ['a login of docker', {}, true],
    ['a token', { token: 'token' }, true],
    ['a wrong password', { username: 'me', password: 'wrong' }, false],
  ])('are pushed with %s: %j', async (_what, access, taken) => {
    const auth = AUTHORIZATION.slice('Basic '.length);
    await writeFile(join(root, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const outcome = await upload({ registry: { ...access, dockerConfig: root } }).then(
      ({ uploaded }) => uploaded,
      messageOf,
    );
    expect(outcome).toEqual(taken ? true : expect.stringMatching(/answered 401 .*check the login for it$/));
    expect(String(outcome)).not.toContain('wrong');
  });

  it.each([
    ['Team/Shop', /^--source-image: image 'Team\/Shop' has a repository that is no name/],
    ['', /^--source-image: /],
  ])('cannot go to %j', async (repository, why) => {
    await expect(upload({ repository })).rejects.toThrow(why);
  });

  it('cannot be pushed with certificates that are not there', async () => {
    await expect(upload({ registry: { caFiles: ['/does/not/exist'] } })).rejects.toThrow(
      /^--registry-ca-cert: cannot read \/does/,
    );
  });
});
