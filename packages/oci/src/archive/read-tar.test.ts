import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tarOf } from '../testing/tar-of.ts';
import { readTar } from './read-tar.ts';

async function* inChunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
}

async function itemsOf(bytes: Buffer): Promise<readonly (readonly [string, string, string])[]> {
  const items: [string, string, string][] = [];
  for await (const item of readTar(inChunks(bytes))) {
    const content = Buffer.concat(await Array.fromAsync(item.content)).toString();
    expect(bytes.subarray(item.offset, item.offset + item.sizeBytes).toString()).toBe(content);
    items.push([item.kind, item.path, item.target === '' ? content : item.target]);
  }
  return items;
}

it('says where each content is, and what is a link', async () => {
  const bytes = tarOf(['a', 'one'], { folder: 'd' }, { path: 'l', link: 'a' }, { path: 'h', hardlink: 'a' }, [
    'b',
    '2',
  ]);
  expect(await itemsOf(bytes)).toEqual([
    ['file', 'a', 'one'],
    ['folder', 'd', ''],
    ['link', 'l', 'a'],
    ['hardlink', 'h', 'a'],
    ['file', 'b', '2'],
  ]);
});

it.each([
  ['a type that nobody knows', 'Z', 'other'],
  ['a contiguous file', '7', 'file'],
])('goes on behind %s', async (_name, type, kind) => {
  const items = await itemsOf(tarOf({ path: 'x', type, content: 'y'.repeat(600) }, ['b', '2']));
  expect(items.map(([found, path]) => [found, path])).toEqual([
    [kind, 'x'],
    ['file', 'b'],
  ]);
});

it('goes on behind devices and pipes, which have no content whatever their size', async () => {
  const pipe = tarOf({ path: 'p', type: '6', content: 'x' });
  const bytes = Buffer.concat([pipe.subarray(0, 512), tarOf(['b', '2'])]);
  expect((await itemsOf(bytes)).map(([kind, path]) => [kind, path])).toEqual([
    ['device', 'p'],
    ['file', 'b'],
  ]);
});

it.each(['gnu', 'posix'])('knows a sparse file of tar --format=%s for what it does not read', async (format) => {
  const folder = await mkdtemp(join(tmpdir(), 'carto-sparse-'));
  try {
    await writeFile(join(folder, 'b'), '2');
    // Many parts with holes between, so that the map of old GNU archives goes beyond the header.
    await truncate(await written(join(folder, 'sparse')), 64 * 1024 ** 2);
    const bytes = execFileSync('tar', [`--format=${format}`, '-S', '-C', folder, '-cf', '-', 'sparse', 'b']);
    const items = await itemsOf(bytes);
    expect(items.map(([kind, path]) => [kind, path])).toEqual([
      ['other', 'sparse'],
      ['file', 'b'],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function written(file: string): Promise<string> {
  await writeFile(file, '');
  for (let part = 0; part < 12; part += 1) {
    await truncate(file, part * 4 * 1024 ** 2);
    await writeFile(file, 'data', { flag: 'a' });
  }
  return file;
}
