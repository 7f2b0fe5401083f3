import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tarHeader } from '../archive/write-tar.ts';
import { type TestEntry, tarOf } from '../testing/tar-of.ts';
import type { ContentReader, LayerContents, LayerReader } from './layer-contents.ts';
import { defaultLayerLimits, type LayerLimits, visitLayer } from './visit-layer.ts';

const { signal } = new AbortController();

const text: ContentReader<string> = async (content) => Buffer.concat(await Array.fromAsync(content)).toString();
const size: ContentReader<string> = (_content, sizeBytes) => Promise.resolve(`${sizeBytes} bytes`);
const jsonFiles: LayerReader<string> = (path) => (path.endsWith('.json') ? text : undefined);

/** Counts how often a layer is opened. */
function opener(bytes: Buffer): { readonly open: () => Promise<AsyncIterable<Buffer>>; readonly opened: () => number } {
  let opened = 0;
  async function* stream(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  }
  const open = (): Promise<AsyncIterable<Buffer>> => {
    opened += 1;
    return Promise.resolve(stream());
  };
  return { open, opened: () => opened };
}

function visit(
  bytes: Buffer,
  reader: LayerReader<string> = jsonFiles,
  some: Partial<LayerLimits> = {},
): Promise<LayerContents<string>> {
  return visitLayer(opener(bytes).open, reader, { signal, limits: { ...defaultLayerLimits, ...some } });
}

describe('visiting a layer', () => {
  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('reads what is asked for and lists what is there: %s', async (_name, compress) => {
    const entries: TestEntry[] = [{ folder: './' }, { folder: 'a' }, ['./a/x.json', 'one'], ['/b', 'two']];
    const layer = await visit(compress(tarOf(...entries, { path: 'l', link: '../../etc' })));
    expect(layer).toEqual({
      entries: [
        { path: 'a', kind: 'folder' },
        { path: 'a/x.json', kind: 'file', value: 'one' },
        { path: 'b', kind: 'file' },
        { path: 'l', kind: 'link', target: '../../etc' },
      ],
      whiteouts: [],
      opaque: [],
    });
  });

  it.each([
    ['.wh.a', { whiteouts: ['a'], opaque: [] }],
    ['d/.wh.a', { whiteouts: ['d/a'], opaque: [] }],
    ['d/.wh..hidden', { whiteouts: ['d/.hidden'], opaque: [] }],
    ['d/.wh..wh..opq', { whiteouts: [], opaque: ['d'] }],
    ['.wh..wh..opq', { whiteouts: [], opaque: [''] }],
    ['d/.wh..wh.plnk', { whiteouts: [], opaque: [] }],
    ['d/.wh.', { whiteouts: [], opaque: [] }],
    ['d/.wh..', { whiteouts: [], opaque: [] }],
    ['d/.wh...', { whiteouts: [], opaque: [] }],
  ])('takes %s for what it says is gone', async (path, expected) => {
    expect(await visit(tarOf([path, '']))).toEqual({ entries: [], ...expected });
  });

  it.each([
    ['../../up.json', 'up.json'],
    ['a/../../up.json', 'up.json'],
    ['/abs.json', 'abs.json'],
    ['a//./b.json', 'a/b.json'],
    ['ü.json', 'ü.json'],
  ])('keeps %s inside of the image', async (path, clean) => {
    expect((await visit(tarOf([path, 'x']))).entries).toEqual([{ path: clean, kind: 'file', value: 'x' }]);
  });

  it('gives a hard link the value of its target, also by way of others', async () => {
    const layer = opener(
      tarOf(['x.json', 'one'], { path: 'y.json', hardlink: 'x.json' }, { path: 'z.json', hardlink: './y.json' }),
    );
    const { entries } = await visitLayer(layer.open, jsonFiles, { signal });
    expect(entries.map(({ path, value }) => [path, value])).toEqual([
      ['x.json', 'one'],
      ['y.json', 'one'],
      ['z.json', 'one'],
    ]);
    expect(layer.opened()).toBe(1);
  });

  it('reads once more for links whose target was not read, or was read otherwise', async () => {
    const reader: LayerReader<string> = (path) => (path.endsWith('.size') ? size : jsonFiles(path, 0));
    const layer = opener(
      tarOf(
        ['store/1', 'one'],
        ['x.json', 'three'],
        { path: 'a.json', hardlink: 'store/1' },
        { path: 'b.json', hardlink: 'store/1' },
        { path: 'c.size', hardlink: 'x.json' },
      ),
    );
    const { entries } = await visitLayer(layer.open, reader, { signal });
    expect(entries.map(({ value }) => value)).toEqual([undefined, 'three', 'one', 'one', '5 bytes']);
    expect(layer.opened()).toBe(2);
  });

  it('does not read once more for links that nobody asks for', async () => {
    const layer = opener(tarOf(['a', ''], { path: 'b', hardlink: 'a' }, ['x.json', '1']));
    await visitLayer(layer.open, jsonFiles, { signal });
    expect(layer.opened()).toBe(1);
  });

  it.each<[string, readonly TestEntry[]]>([
    ['leads nowhere', [{ path: 'x.json', hardlink: 'gone' }]],
    ['leads out', [{ path: 'x.json', hardlink: '../../etc/shadow' }]],
    ['leads to itself', [{ path: 'x.json', hardlink: 'x.json' }]],
    [
      'leads in a circle',
      [
        { path: 'x.json', hardlink: 'y' },
        { path: 'y', hardlink: 'x.json' },
      ],
    ],
    ['leads to a folder', [{ folder: 'd' }, { path: 'x.json', hardlink: 'd' }]],
    [
      'leads to a symbolic link',
      [
        { path: 'l', link: 'a' },
        { path: 'x.json', hardlink: 'l' },
      ],
    ],
  ])('says of a hard link that %s that it is not read', async (_name, links) => {
    const { entries } = await visit(tarOf(...links));
    expect(entries.find(({ path }) => path === 'x.json')).toMatchObject({
      unread: expect.stringContaining('hard link'),
    });
  });

  it('says of what it cannot read that it is not read, and nothing of devices', async () => {
    const { entries } = await visit(tarOf({ path: 'x.json', type: 'Z', content: 'x' }, { path: 'y.json', type: '3' }));
    expect(entries).toEqual([
      { path: 'x.json', kind: 'file', unread: expect.stringContaining('sparse') },
      { path: 'y.json', kind: 'file' },
    ]);
  });

  it('goes to the very end of the stream, beyond the archive', async () => {
    const bytes = Buffer.concat([tarOf(['x.json', '1']), Buffer.alloc(5_000)]);
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield bytes;
      throw new Error('not what its digest says');
    };
    await expect(visitLayer(() => Promise.resolve(broken()), jsonFiles, { signal })).rejects.toThrow('digest');
  });

  it('stops at its limits, not one entry or byte before', async () => {
    const bytes = tarOf(['a', '1'], { path: 'b', link: 'cc' });
    const most = { maxEntries: 2, maxNameBytes: 4 };
    expect((await visit(bytes, jsonFiles, most)).entries).toHaveLength(2);
    await expect(visit(bytes, jsonFiles, { ...most, maxEntries: 1 })).rejects.toThrow('more than 1 entries');
    await expect(visit(bytes, jsonFiles, { ...most, maxNameBytes: 3 })).rejects.toThrow('names of 3 bytes');
    expect((await visit(tarOf(['d/'.repeat(2_047) + 'ab', '']))).entries).toHaveLength(1);
    await expect(visit(tarOf(['d/'.repeat(2_048) + 'a', '']))).rejects.toThrow('a path of more than 4096 bytes');
  });

  it('ends when it is not needed any more, and passes on what a reader throws', async () => {
    const gone = AbortSignal.abort(new Error('not needed'));
    const reading = visitLayer(opener(tarOf(['a', ''])).open, jsonFiles, { signal: gone });
    await expect(reading).rejects.toThrow('not needed');
    const broken: LayerReader<string> = () => () => Promise.reject(new Error('no JSON'));
    await expect(visit(tarOf(['a', '']), broken)).rejects.toThrow('no JSON');
  });

  it('holds a single chunk of 20 GB at a time', async () => {
    const sizeBytes = 20 * 1000 ** 3;
    const chunk = Buffer.alloc(4 * 1024 ** 2);
    let given = 0;
    let farthest = 0;
    let taken = 0;
    async function* stream(): AsyncGenerator<Buffer> {
      yield tarHeader({ kind: 'file', path: 'big.json', executable: false, sizeBytes });
      for (let left = sizeBytes; left > 0; left -= chunk.length) {
        given += chunk.length;
        farthest = Math.max(farthest, given - taken);
        yield chunk;
      }
      yield Buffer.alloc(2_048);
    }
    const count: ContentReader<number> = async (content) => {
      for await (const part of content) taken += part.length;
      return taken;
    };
    const limits = { ...defaultLayerLimits, maxCompressedBytes: 2 * sizeBytes, maxBytes: 2 * sizeBytes };
    const { entries } = await visitLayer(
      () => Promise.resolve(stream()),
      () => count,
      { signal, limits },
    );
    expect(entries).toEqual([{ path: 'big.json', kind: 'file', value: sizeBytes }]);
    expect(farthest).toBeLessThanOrEqual(2 * chunk.length);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('takes no more of a %s stream than it can use, when a reader is slow', async (_name, compress) => {
    const megabyte = 1024 ** 2;
    // Each part is a stream of its own, so that much goes through without being made first.
    const first = compress(tarHeader({ kind: 'file', path: 'big.json', executable: false, sizeBytes: 100 * megabyte }));
    const part = compress(Buffer.alloc(megabyte));
    let given = 0;
    let read = 0;
    let farthest = 0;
    async function* stream(): AsyncGenerator<Buffer> {
      yield first;
      for (; given < 100; given += 1) {
        farthest = Math.max(farthest, given - Math.floor(read / megabyte));
        yield part;
      }
      yield compress(Buffer.alloc(1_024));
    }
    const slow: ContentReader<number> = async (content) => {
      for await (const bytes of content) {
        read += bytes.length;
        await new Promise(setImmediate);
      }
      return read;
    };
    await visitLayer(
      () => Promise.resolve(stream()),
      () => slow,
      { signal, limits: { ...defaultLayerLimits, maxRatio: 1e6 } },
    );
    expect(read).toBe(100 * megabyte);
    // A gzip part has 1 kB, and 64 KiB of them wait in the stream: that is what is bounded.
    expect(farthest * part.length).toBeLessThan(megabyte);
  });
});
