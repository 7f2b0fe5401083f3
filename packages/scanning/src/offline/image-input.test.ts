import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { answerRegistryRequest, createOciLayout, type OciLayout, ociImage, tarOfFolder } from '@cartographer/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageOptions, readImage } from './image-input.ts';

const { signal } = new AbortController();
const AUTHORIZED = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

/** Adds an image that has one npm package, by a tag. */
async function addImage(layout: OciLayout, root: string, name: string, tag: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'node_modules', name), { recursive: true });
  await writeFile(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
  const layer = await layout.writeLayer(tarOfFolder({ folder, path: 'app' }, signal), signal);
  const how = { entrypoint: ['node'], cmd: [], env: [], workingDir: '/app', labels: {} };
  const image = ociImage(how, [{ ...layer, content: name }], { arch: 'x64', os: 'linux' });
  await layout.writeImage(image, [tag]);
  return image.digest;
}

describe('an image', () => {
  let root = '';
  let one = '';
  let two = '';
  let digest = '';
  let server: Server;
  let host = '';
  let options: ImageOptions;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-image-'));
    [one, two] = [join(root, 'one'), join(root, 'two')];
    const layout = createOciLayout(one);
    digest = await addImage(layout, root, 'lodash', 'v1');
    await addImage(createOciLayout(two), root, 'lodash', 'v1');
    await addImage(createOciLayout(two), root, 'express', 'v2');
    server = createServer((request, response) => {
      if (request.headers.authorization !== AUTHORIZED) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
        return;
      }
      const layoutOf = (repository: string): Promise<OciLayout | undefined> =>
        Promise.resolve(repository === 'team/app' ? layout : undefined);
      answerRegistryRequest(layoutOf, request, response).catch(() => response.destroy());
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const auths = { [host]: { auth: Buffer.from('ann:secret').toString('base64') } };
    await writeFile(join(root, 'config.json'), JSON.stringify({ auths }));
    options = { clock: systemClock, random: () => 0, dockerConfig: root, signal };
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(root, { recursive: true });
  });

  const lodash = { unread: [], packages: [expect.objectContaining({ name: 'lodash', version: '1.0.0' })] };

  it('is read from a layout that has no other', async () => {
    expect(await readImage(one, options)).toMatchObject({ bill: lodash });
  });

  it('is read from a layout of several by its digest', async () => {
    await expect(readImage(two, options)).rejects.toThrow(/two has 2 images; name one: .*@sha256:/);
    expect(await readImage(`${two}@${digest}`, options)).toMatchObject({ bill: lodash });
  });

  it('is read from a registry with the logins of docker, by tag and by digest', async () => {
    expect(await readImage(`${host}/team/app:v1`, options)).toMatchObject({ bill: lodash });
    expect(await readImage(`${host}/team/app@${digest}`, options)).toMatchObject({ bill: lodash });
  });

  it('of a registry that wants a login, or that has none such, is an error that names it', async () => {
    const without = { ...options, dockerConfig: join(root, 'nothing') };
    await expect(readImage(`${host}/team/app:v1`, without)).rejects.toMatchObject({ name: 'RegistryError' });
    await expect(readImage(`${host}/team/other:v1`, options)).rejects.toThrow(host);
  });

  it('that is none is refused', async () => {
    await expect(readImage('Not An Image', options)).rejects.toMatchObject({ code: 'CARTO_SCAN_INPUT' });
    await expect(readImage(join(root, 'config.json'), options)).rejects.toMatchObject({ code: 'CARTO_IMAGE' });
  });
});
