import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { getPath, type KubeObject } from '@cartographer/machinery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markProcess } from '../keeper/process-record.ts';
import { serviceType } from '../service/service.ts';
import {
  condition,
  imageObject,
  isReady,
  type LaptopFixture,
  nodeApp,
  type SourceServer,
  serviceObject,
  startLaptopFixture,
  startSourceServer,
  until,
} from '../testing/laptop.ts';
import { imageType } from './image.ts';

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const latestImage = (image: KubeObject): string => getPath(image['status'], 'latestImage') as string;

describe('an Image', () => {
  let laptop: LaptopFixture;
  let sources: SourceServer;
  beforeAll(async () => {
    [laptop, sources] = await Promise.all([startLaptopFixture(), startSourceServer()]);
  });
  afterAll(async () => {
    await laptop.close();
    await sources.close();
  });
  const create = (name: string, url: string, more = {}): Promise<KubeObject> =>
    laptop.client.create(imageType, imageObject(name, url, more));
  const follow = (name: string, url: string): Promise<KubeObject> =>
    laptop.client.patch(
      imageType,
      { namespace: 'default', name },
      { kind: 'merge', body: { spec: { source: { blob: { url } } } } },
    );
  const ready = (name: string): Promise<KubeObject> => laptop.until(imageType, name, isReady('True'));
  const failed = (name: string): Promise<KubeObject> => laptop.until(imageType, name, isReady('False'));
  const get = async (path: string, init?: RequestInit): Promise<Response> => fetch(`http://${path}`, init);

  it('is given by a registry that answers to the names of this machine only', async () => {
    await create('named', sources.publish(nodeApp('hello')));
    const [host = ''] = latestImage(await ready('named')).split('/');
    const statusFor = (name: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port: host.split(':')[1], path: '/v2/', headers: { host: name } };
        request(options, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect([await statusFor('localhost'), await statusFor('evil.example')]).toEqual([200, 421]);
  });

  it('is built, and its registry gives to an OCI client what the digests say', async () => {
    await create('web', sources.publish(nodeApp('hello')));
    const image = await ready('web');
    expect(image['status']).toMatchObject({
      buildCounter: 1,
      latestBuildRef: 'web-build-1',
      latestBuildReason: 'CONFIG',
    });
    expect(condition(image, 'Ready')).toMatchObject({
      reason: 'UpToDate',
      message: expect.stringContaining('web-build-1.log'),
    });
    expect(condition(image, 'BuilderReady')).toMatchObject({ status: 'True' });

    const [name = '', digest = ''] = latestImage(image).split('@');
    const [host, ...path] = name.split('/');
    expect(path).toEqual(['default', 'web']);
    const base = `${host}/v2/default/web`;
    expect((await get(`${host}/v2/`)).headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(await (await get(`${base}/tags/list`)).json()).toEqual({ name: 'default/web', tags: ['b1', 'latest'] });

    const manifestOf = async (reference: string): Promise<Buffer> => {
      const response = await get(`${base}/manifests/${reference}`);
      expect(response.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
      expect(response.headers.get('docker-content-digest')).toBe(digest);
      return Buffer.from(await response.arrayBuffer());
    };
    const bytes = await manifestOf(digest);
    expect(sha256(bytes)).toBe(digest);
    expect(await manifestOf('latest')).toEqual(bytes);
    const head = await get(`${base}/manifests/latest`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual([String(bytes.length), '']);

    const manifest = JSON.parse(bytes.toString()) as { config: Blob; layers: Blob[] };
    type Blob = { digest: string; size: number };
    const blobs: Buffer[] = [];
    for (const blob of [manifest.config, ...manifest.layers]) {
      const content = Buffer.from(await (await get(`${base}/blobs/${blob.digest}`)).arrayBuffer());
      expect([sha256(content), content.length]).toEqual([blob.digest, blob.size]);
      blobs.push(content);
    }
    const [config, ...layers] = blobs;
    const { rootfs, config: run } = JSON.parse(config?.toString() ?? '') as {
      rootfs: { diff_ids: string[] };
      config: { WorkingDir: string; Entrypoint: string[] };
    };
    expect(rootfs.diff_ids).toEqual(layers.map((layer) => sha256(gunzipSync(layer))));
    expect(run.WorkingDir).toBe('/workspace');
    expect(run.Entrypoint.at(-1)).toMatch(/node server\.js$/);
  });

  it('refuses in the words of the registry API what it does not have', async () => {
    const [host] = latestImage(await ready('web')).split('/');
    const codeOf = async (path: string, init?: RequestInit): Promise<unknown> => {
      const response = await get(`${host}/v2/${path}`, init);
      const { errors } = (await response.json()) as { errors: { code: string }[] };
      return [response.status, errors[0]?.code];
    };
    expect(await codeOf('default/none/tags/list')).toEqual([404, 'NAME_UNKNOWN']);
    expect(await codeOf('default/web/manifests/none')).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect(await codeOf(`default/web/blobs/${sha256(Buffer.from('x'))}`)).toEqual([404, 'BLOB_UNKNOWN']);
    expect(await codeOf('default/web/blobs/nonsense')).toEqual([400, 'DIGEST_INVALID']);
    expect(await codeOf('default/../../web/tags/list')).toEqual([404, 'NAME_UNKNOWN']);
    expect(await codeOf('default/web/manifests/x', { method: 'PUT', body: '{}' })).toEqual([401, 'UNAUTHORIZED']);
    const page = await get(`${host}/v2/default/web/tags/list?n=1`);
    expect([await page.json(), page.headers.get('link')]).toEqual([
      { name: 'default/web', tags: ['b1'] },
      '</v2/default/web/tags/list?n=1&last=b1>; rel="next"',
    ]);
  });

  it('is not built again for a source with the same content, and gets the same digest for the same source', async () => {
    const before = await ready('web');
    await follow('web', sources.publish(nodeApp('hello')));
    const after = await ready('web');
    expect(after['status']).toMatchObject({ buildCounter: 1, latestImage: latestImage(before) });

    await create('twin', sources.publish(nodeApp('hello')));
    const digest = latestImage(before).split('@')[1];
    expect(latestImage(await ready('twin')).split('@')[1]).toBe(digest);
  });

  it('is built anew for a new source, says why, and finds the old build when the source goes back', async () => {
    const before = await ready('web');
    const url = getPath(before['spec'], 'source', 'blob', 'url') as string;
    await follow('web', sources.publish(nodeApp('hello again')));
    const after = await ready('web');
    expect(after['status']).toMatchObject({
      buildCounter: 2,
      latestBuildRef: 'web-build-2',
      latestBuildReason: 'COMMIT',
    });
    expect(latestImage(after)).not.toBe(latestImage(before));
    const fetched = sources.fetched();
    await follow('web', url);
    const back = await ready('web');
    expect(back['status']).toMatchObject({ latestImage: latestImage(before), latestBuildRef: 'web-build-1' });
    expect(sources.fetched()).toBe(fetched);
  });

  it('says what a failing build said, keeps its log and the image before, and heals with the next source', async () => {
    const build = (script: string): Readonly<Record<string, string>> => ({
      'package.json': JSON.stringify({ scripts: { build: script, start: 'node x.js' } }),
    });
    await create('shaky', sources.publish(build('true')));
    const good = latestImage(await ready('shaky'));
    await follow('shaky', sources.publish(build('echo building; echo it is broken >&2; exit 4')));
    const bad = await failed('shaky');
    expect(latestImage(bad)).toBe(good);
    const { reason, message = '' } = condition(bad, 'Ready');
    expect([reason, message]).toEqual(['BuildFailed', expect.stringContaining('it is broken')]);
    expect(message).toContain("'npm run build' failed with exit code 4");
    expect(await readFile(/log: (.*)$/.exec(message)?.[1] ?? '', 'utf8')).toContain('building\nit is broken');
    await follow('shaky', sources.publish(build('echo better')));
    await ready('shaky');
  });

  it('passes spec.build.env to the build, and takes the folder of spec.source.subPath', async () => {
    const files = {
      'web/package.json': JSON.stringify({ scripts: { build: 'echo $GREETING > index.html' } }),
      'README.md': '',
    };
    const more = {
      source: { blob: { url: sources.publish(files) }, subPath: 'web' },
      build: { env: [{ name: 'GREETING', value: 'hi' }] },
    };
    await create('sub', '', more);
    await ready('sub');
    const log = await readFile(join(laptop.dataDir, 'image/images/default/sub/logs/sub-build-1.log'), 'utf8');
    expect(log).toContain('starts by index.html');
  });

  it.each([
    ['no app', { 'README.md': 'hello' }, 'cannot tell how to run this source'],
    ['no archive', Buffer.from('nonsense'), 'the source is no tar.gz archive'],
  ])('says that a source with %s cannot be built', async (name, files, message) => {
    const object = name.replace(' ', '-');
    await create(object, sources.publish(files));
    expect(condition(await failed(object), 'Ready').message).toContain(message);
  });

  it('says what it does not support', async () => {
    await create('git', '', { source: { git: { url: 'https://x', revision: 'main' } } });
    expect(condition(await failed('git'), 'Ready')).toMatchObject({
      reason: 'SourceNotSupported',
      message: expect.stringContaining('let a GitRepository follow the source'),
    });
  });

  it('waits for a source that is not there, and refuses one that is not what its server announced', async () => {
    await create('late', sources.publish({}).replace(/\d+\.tar/, '999.tar'));
    expect(condition(await failed('late'), 'Ready').message).toMatch(
      /cannot fetch .*: the server answered 404 .*trying again/,
    );
    const lie = `sha-256=:${createHash('sha256').update('other').digest('base64')}:`;
    await follow('late', sources.publish(nodeApp('x'), { 'repr-digest': lie }));
    await laptop.until(
      imageType,
      'late',
      (image) => condition(image, 'Ready').message?.includes('not what its server announced') === true,
    );
    await laptop.client.delete(imageType, { namespace: 'default', name: 'late' });
  });

  it('cancels a build whose source is superseded', async () => {
    const slow = {
      'package.json': JSON.stringify({ scripts: { build: 'echo $$ > "$PID_FILE"; exec sleep 60', start: 'true' } }),
    };
    const pidFile = join(laptop.dataDir, 'pid');
    await create('slow', sources.publish(slow), { build: { env: [{ name: 'PID_FILE', value: pidFile }] } });
    await laptop.until(imageType, 'slow', (image) => condition(image, 'Ready').reason === 'BuildRunning');
    await until(async () => (await readFile(pidFile, 'utf8').catch(() => '')) !== '');
    await follow('slow', sources.publish(nodeApp('fast')));
    expect((await ready('slow'))['status']).toMatchObject({ buildCounter: 1, latestBuildReason: 'CONFIG' });
    const pid = Number(await readFile(pidFile, 'utf8'));
    await until(() => markProcess(pid) === undefined);
    await until(async () => (await readdir(join(laptop.dataDir, 'image/work'))).length === 0);
  });

  it('gives up a build that takes too long', async () => {
    const slow = { 'package.json': JSON.stringify({ scripts: { build: 'sleep 60' } }) };
    await create('endless', sources.publish(slow), { build: { buildTimeout: 1 } });
    expect(condition(await failed('endless'), 'Ready').message).toContain('the build took longer than 1 s');
  });

  it('is found finished after a restart: nothing is fetched, built or written', async () => {
    const before = await ready('web');
    const fetched = sources.fetched();
    await laptop.restart();
    await create('after', sources.publish(nodeApp('after')));
    await ready('after');
    const after = await laptop.image('web');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(sources.fetched()).toBeGreaterThan(fetched); // only `after` and what still fails
    expect(getPath(after['status'], 'buildCounter')).toBe(2);
  });

  it('is built again when its files were removed from the disk', async () => {
    const { folder, name } = { folder: join(laptop.dataDir, 'image/images/default/twin/layout/blobs'), name: 'twin' };
    const before = await ready(name);
    await rm(folder, { recursive: true });
    await laptop.restart();
    await until(
      async () => (await get(latestImage(before).replace('/default', '/v2/default').replace('@', '/manifests/'))).ok,
    );
  });

  it('keeps the images that Services run when old builds go, even those of a deleted Image', async () => {
    await create('kept', sources.publish(nodeApp('1')), { successBuildHistoryLimit: 1 });
    const first = latestImage(await ready('kept'));
    await laptop.client.create(serviceType, serviceObject('user', first));
    await laptop.until(serviceType, 'user', isReady('True'));
    const digests: string[] = [];
    for (const text of ['2', '3']) {
      await follow('kept', sources.publish(nodeApp(text)));
      digests.push(latestImage(await ready('kept')));
    }
    const has = async (image: string): Promise<boolean> =>
      (await get(image.replace('/default', '/v2/default').replace('@', '/manifests/'))).ok;
    await until(async () => !(await has(digests[0] ?? '')));
    expect([await has(first), await has(digests[1] ?? '')]).toEqual([true, true]);
    await laptop.client.delete(imageType, { namespace: 'default', name: 'kept' });
    await until(async () => !(await has(digests[1] ?? '')));
    expect(await has(first)).toBe(true);
    await laptop.client.delete(serviceType, { namespace: 'default', name: 'user' });
    await until(async () => !(await has(first)));
  });
});
