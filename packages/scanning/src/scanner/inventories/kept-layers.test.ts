import { Buffer } from 'node:buffer';
import { IN_MEMORY, sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestFile } from '../../inventory/layers/testing/image-of.ts';
import { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanTarget } from '../scan-request.ts';
import { createImageInventories } from './image-inventories.ts';
import type { Inventories } from './inventory.ts';
import { LAYER_READERS } from './kept-layers.ts';
import { clientFor, openToAll, type ServedImages, serveImages } from './testing/served-images.ts';

const { signal } = new AbortController();
const clock = createFakeClock();
const DAY_MS = 86_400_000;
let portfolio: Portfolio;

beforeEach(async () => {
  portfolio = await Portfolio.open({ database: sqliteDatabase(IN_MEMORY), clock });
});
afterEach(() => portfolio.close());

const npmLayer = (name: string): readonly TestFile[] => [
  [`app/node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.2.3' })],
];
const BASE = npmLayer('base');

/** Reads images as a process that has just started does. */
function started(...registries: readonly ServedImages[]): Inventories<Extract<ScanTarget, { kind: 'image' }>> {
  return createImageInventories({
    portfolio,
    registries: clientFor(clock, ...registries),
    pullSecrets: openToAll,
    clock,
    random: () => 0,
  });
}

const blobsOf = (registry: ServedImages): readonly string[] =>
  registry
    .asked()
    .filter((line) => line.includes(' blob '))
    .map((line) => line.split(' ')[0] ?? '');

describe('a layer that was read', () => {
  it('is read by no second image, nor after a restart, in whichever repository of the registry', async () => {
    await using registry = await serveImages();
    const [first, second] = [registry.repository('red/first'), registry.repository('red/second')];
    const one = first.add(BASE, npmLayer('one'));
    const two = second.add(BASE, npmLayer('two'));
    const read = started(registry);
    expect(await read(registry.target('red/first', one), { namespace: 'red', signal })).toMatchObject({
      kind: 'read',
      packages: 2,
      platforms: ['linux/amd64'],
      from: ['layers'],
      unread: [],
    });
    // Two layers and the config.
    expect(blobsOf(registry)).toEqual(['GET', 'GET', 'GET']);
    const again = await read(registry.target('red/second', two), { namespace: 'red', signal });
    expect(again).toMatchObject({ kind: 'read', packages: 2, unread: [] });
    expect(blobsOf(registry)).toEqual(['HEAD', 'GET', 'GET']);
    const third = second.add(BASE, npmLayer('one'), npmLayer('two'));
    expect(await started(registry)(registry.target('red/second', third), { namespace: 'red', signal })).toMatchObject({
      packages: 3,
    });
    // That of `one` is not in this repository until somebody has pushed it there; it was, and is only looked for.
    expect(blobsOf(registry)).toEqual(['HEAD', 'HEAD', 'HEAD', 'GET']);
  });

  it('is given to nobody whose repository does not have it, whatever digest they name', async () => {
    await using registry = await serveImages();
    const secret = registry.repository('red/app');
    const image = secret.add(npmLayer('secret'));
    const [layer] = [...secret.blobs].filter(([digest]) => digest !== image.digest);
    const read = started(registry);
    await read(registry.target('red/app', image), { namespace: 'red', signal });
    // An image of another tenant that names the layer, which its repository does not have.
    const forged = registry.repository('blue/app');
    const manifest = forged.addManifest([
      { digest: layer?.[0] ?? '', size: layer?.[1].length ?? 0, mediaType: 'application/vnd.oci.image.layer.v1.tar' },
    ]);
    const answer = await read(registry.target('blue/app', manifest), { namespace: 'blue', signal });
    expect(answer).toMatchObject({ kind: 'read', packages: 0 });
    expect(answer).toMatchObject({ unread: [{ what: `layer ${layer?.[0]}` }] });
    // The image itself, by its digest, in a repository that does not have it.
    expect(await read(registry.target('blue/app', image), { namespace: 'blue', signal })).toMatchObject({
      kind: 'failed',
      reason: 'ImageNotFound',
    });
  });

  it('is given to no registry that only says that it has it', async () => {
    await using registry = await serveImages();
    await using liar = await serveImages({ claimsAll: true });
    const images = registry.repository('red/app');
    const image = images.add(npmLayer('secret'));
    const [layer] = [...images.blobs].filter(([digest]) => digest !== image.digest);
    const read = started(registry, liar);
    const whole = await read(registry.target('red/app', image), { namespace: 'red', signal });
    const forged = liar
      .repository('red/app')
      .addManifest([
        { digest: layer?.[0] ?? '', size: layer?.[1].length ?? 0, mediaType: 'application/vnd.oci.image.layer.v1.tar' },
      ]);
    expect(await read(liar.target('red/app', image), { namespace: 'blue', signal })).toMatchObject({ kind: 'failed' });
    expect(await read(liar.target('red/app', forged), { namespace: 'blue', signal })).toMatchObject({ packages: 0 });
    // And what the liar showed is nothing of what the other one has.
    expect(await started(registry)(registry.target('red/app', image), { namespace: 'red', signal })).toEqual(whole);
  });

  it('is read again where what was kept cannot be read, or was read by others', async () => {
    await using registry = await serveImages();
    const image = registry.repository('red/app').add(BASE);
    const target = registry.target('red/app', image);
    await started(registry)(target, { namespace: 'red', signal });
    const [digest = ''] = registry
      .asked()
      .filter((line) => line.startsWith('GET blob'))
      .map((line) => line.slice(9));
    const key = { registry: registry.host, digest, readers: LAYER_READERS };
    expect(await portfolio.layerOf({ ...key, readers: 'older' })).toBeUndefined();
    await portfolio.putLayer(key, Buffer.from('no archive').toString('base64'));
    const second = registry.repository('red/app').add(BASE, npmLayer('more'));
    expect(await started(registry)(registry.target('red/app', second), { namespace: 'red', signal })).toMatchObject({
      packages: 2,
      unread: [],
    });
  });

  it('is forgotten once no kept image has it and it is old', async () => {
    await using registry = await serveImages();
    const image = registry.repository('red/app').add(BASE);
    await started(registry)(registry.target('red/app', image), { namespace: 'red', signal });
    const [digest = ''] = registry
      .asked()
      .filter((line) => line.startsWith('GET blob'))
      .map((line) => line.slice(9));
    const key = { registry: registry.host, digest, readers: LAYER_READERS };
    await clock.advance(40 * DAY_MS);
    expect(await portfolio.forgetLayers(LAYER_READERS, 30 * DAY_MS)).toBe(0);
    expect(await portfolio.layerOf(key)).toBeDefined();
    await portfolio.forgetBills(30 * DAY_MS);
    expect(await portfolio.forgetLayers(LAYER_READERS, 30 * DAY_MS)).toBe(1);
    expect(await portfolio.layerOf(key)).toBeUndefined();
  });
});
