import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveError } from './archive-error.ts';
import { decompress, defaultDecompressLimits } from './decompress.ts';

const MiB = 1024 ** 2;

async function* inChunks(bytes: Buffer, chunkBytes = 700): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

const limits = (some: Partial<typeof defaultDecompressLimits>): typeof defaultDecompressLimits => ({
  ...defaultDecompressLimits,
  ...some,
});
const all = async (bytes: Buffer, some = {}): Promise<string> =>
  Buffer.concat(await Array.fromAsync(decompress(inChunks(bytes), limits(some)))).toString('latin1');

/** A frame of zstd that readers skip. */
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

describe('decompressing', () => {
  it.each([
    ['gzip', gzipSync('hello')],
    ['gzip of several members', Buffer.concat([gzipSync('he'), gzipSync('llo')])],
    ['zstd', zstdCompressSync('hello')],
    ['zstd of several frames', Buffer.concat([zstdCompressSync('he'), zstdCompressSync('llo')])],
    [
      'zstd of a thousand frames',
      Buffer.concat(
        ['h', 'e', 'l', 'l', 'o'].flatMap((letter) => [
          ...Array.from({ length: 200 }, () => skippable),
          zstdCompressSync(letter),
        ]),
      ),
    ],
    ['zstd with frames to be skipped', Buffer.concat([skippable, zstdCompressSync('hello'), skippable])],
    ['what is not compressed', Buffer.from('hello')],
  ])('reads %s', async (_name, bytes) => {
    expect(await all(bytes)).toBe('hello');
  });

  it('reads nothing as nothing, and a few bytes as they are, whatever the chunks', async () => {
    expect(await all(Buffer.alloc(0))).toBe('');
    expect(await all(Buffer.from('ab'))).toBe('ab');
    const parts = await Array.fromAsync(decompress(inChunks(gzipSync('hello'), 1)));
    expect(Buffer.concat(parts).toString()).toBe('hello');
  });

  it.each([
    ['gzip', gzipSync('hello'.repeat(1_000))],
    ['zstd', zstdCompressSync('hello'.repeat(1_000))],
  ])('says so when %s is cut off or damaged', async (_name, bytes) => {
    await expect(all(bytes.subarray(0, -6))).rejects.toThrow(ArchiveError);
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, 12, 20);
    await expect(all(damaged)).rejects.toThrow('the archive is no whole gzip or zstd stream');
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('stops %s at its limits, not one byte before', async (_name, compress) => {
    const bytes = compress('x'.repeat(1_000));
    expect((await all(bytes, { maxBytes: 1_000 })).length).toBe(1_000);
    await expect(all(bytes, { maxBytes: 999 })).rejects.toThrow('holds more than 999 bytes');
    expect((await all(bytes, { maxCompressedBytes: bytes.length })).length).toBe(1_000);
    await expect(all(bytes, { maxCompressedBytes: bytes.length - 1 })).rejects.toThrow('the archive has more than');
  });

  it('stops a stream that is all air, and lets a small one be', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(65 * MiB));
    await expect(Array.fromAsync(decompress(inChunks(bomb)))).rejects.toThrow('more than 200 times its size');
    const small = decompress(inChunks(gzipSync(Buffer.alloc(8 * MiB))));
    let bytes = 0;
    for await (const chunk of small) bytes += chunk.length;
    expect(bytes).toBe(8 * MiB);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('says so when %s goes on with a part that is cut off', async (_name, compress) => {
    const two = Buffer.concat([compress('hello'), compress('world')]);
    for (const cut of [1, 5]) await expect(all(two.subarray(0, -cut))).rejects.toThrow('no whole gzip or zstd stream');
  });

  it('passes on what the stream throws', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield gzipSync(Buffer.alloc(MiB)).subarray(0, 200);
      throw new Error('the line is dead');
    }
    await expect(Array.fromAsync(decompress(broken()))).rejects.toThrow('the line is dead');
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(MiB, 'x'))],
    ['zstd', zstdCompressSync(Buffer.alloc(MiB, 'x'))],
    ['plain', Buffer.alloc(MiB, 'x')],
  ])('ends a %s stream when nobody wants more of it', async (_name, bytes) => {
    let ended = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield bytes;
      } finally {
        ended = true;
      }
    }
    for await (const chunk of decompress(endless())) if (chunk.length > 0) break;
    await expect.poll(() => ended).toBe(true);
  });

  it('of any bytes ends in bytes or in an error that says why', async () => {
    const bytes = [gzipSync('hello world'), zstdCompressSync('hello world')];
    const damage = fc.record({ which: fc.nat(1), at: fc.nat(40), byte: fc.nat(255), cut: fc.nat(40) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ which, at, byte, cut }) => {
        const damaged = Buffer.from(bytes[which] ?? '');
        damaged[Math.min(at, damaged.length - 1)] = byte;
        await all(damaged.subarray(0, cut)).catch((error: Error) => expect(error.name).toBe('ArchiveError'));
      }),
      { numRuns: 60 },
    );
  });
});
