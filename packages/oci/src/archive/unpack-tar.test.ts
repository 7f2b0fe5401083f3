import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tarOfFolder } from './folder-tar.ts';
import { unpackTar } from './unpack-tar.ts';
import { type TarEntry, tarEnd, tarHeader, tarPadding } from './write-tar.ts';

const { signal } = new AbortController();

function stream(bytes: Buffer, chunkBytes = 700): AsyncIterable<Buffer> {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  return Readable.from(chunks);
}

function tar(...entries: readonly (TarEntry | readonly [path: string, text: string])[]): Buffer {
  const parts = entries.flatMap((entry) => {
    if (!Array.isArray(entry)) return [tarHeader(entry as TarEntry)];
    const [path, text] = entry as readonly [string, string];
    const header = tarHeader({ kind: 'file', path, executable: false, sizeBytes: text.length });
    return [header, Buffer.from(text), tarPadding(text.length)];
  });
  return Buffer.concat([...parts, tarEnd()]);
}

/** The checksum of the first header, as it stands in there. */
function checksum(bytes: Buffer): string {
  const sum = bytes.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

describe('unpacking an archive', () => {
  let folder: string;
  let target: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carto-tar-'));
    target = join(folder, 'target');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const unpack = (bytes: Buffer, options = {}): Promise<void> =>
    unpackTar(stream(bytes), target, { signal, ...options });

  it('gives back what was packed: contents, links, executable files, names of bytes and of great length', async () => {
    const source = join(folder, 'source');
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}`;
    await mkdir(join(source, long), { recursive: true });
    await writeFile(join(source, long, 'x'), 'deep');
    await writeFile(join(source, 'ünï'), 'ä');
    await writeFile(Buffer.from(`${source}/\xff`, 'latin1'), 'bytes');
    await writeFile(join(source, 'empty'), '');
    await writeFile(join(source, 'run'), '#!/bin/sh');
    await chmod(join(source, 'run'), 0o700);
    await symlink(`${long}/x`, join(source, 'link'));
    const pack = async (): Promise<Buffer> =>
      Buffer.concat(await Array.fromAsync(tarOfFolder({ folder: source, path: 'app' }, signal)));
    const packed = await pack();
    expect(await pack()).toEqual(packed);
    await unpack(packed);
    const app = join(target, 'app');
    expect(await readFile(join(app, 'link'), 'utf8')).toBe('deep');
    expect(await readlink(join(app, 'link'))).toBe(`${long}/x`);
    expect((await stat(join(app, 'run'))).mode & 0o777).toBe(0o755);
    expect(await readdir(app, 'buffer')).toEqual(await readdir(source, 'buffer'));
    // And another tar reads it, too.
    const listed = execFileSync('tar', ['-tf', '-'], { input: packed }).toString();
    expect(listed.split('\n')).toContain(`app/${long}/x`);
  });

  it('reads what other tars write', async () => {
    const source = join(folder, 'source');
    const long = `${'d'.repeat(120)}/${'e'.repeat(120)}`;
    await mkdir(join(source, dirname(long)), { recursive: true });
    await writeFile(join(source, long), 'deep');
    for (const format of ['gnu', 'posix', 'v7']) {
      const names = format === 'v7' ? [] : [long];
      await writeFile(join(source, 'short'), format);
      const bytes = execFileSync('tar', [`--format=${format}`, '-C', source, '-cf', '-', 'short', ...names]);
      await unpack(bytes);
      expect(await readFile(join(target, 'short'), 'utf8')).toBe(format);
    }
    expect(await readFile(join(target, long), 'utf8')).toBe('deep');
  });

  it('leaves out leading folders when it is told to', async () => {
    await unpack(tar(['top/a', '1'], ['top/b/c', '2']), { stripComponents: 1 });
    expect(await readdir(target)).toEqual(['a', 'b']);
  });

  it.each([
    ['a path upwards', tar(['../evil', 'x'])],
    ['a hidden path upwards', tar(['a/../../evil', 'x'])],
    ['a link upwards', tar({ kind: 'link', path: 'a', target: '../evil' })],
    ['a link to an absolute path', tar({ kind: 'link', path: 'a', target: '/etc' })],
    ['a link upwards by way of another', tar({ kind: 'link', path: 'a', target: 'up/../evil' })],
    ['a way through a link', tar({ kind: 'link', path: 'a', target: 'b' }, ['a/evil', 'x'])],
  ])('refuses %s', async (_name, bytes) => {
    await expect(unpack(bytes)).rejects.toThrow(/leads (out of|through)/);
    expect((await readdir(folder)).filter((name) => name !== 'target')).toEqual([]);
  });

  it('refuses a file that is to be a folder, too', async () => {
    await expect(unpack(tar(['a', 'x'], ['a/b', 'y']))).rejects.toThrow("'a/b' cannot be unpacked: ");
    await expect(unpack(tar(['c/d', 'x'], ['c', 'y']))).rejects.toThrow("'c' cannot be unpacked: ");
  });

  it('takes an absolute path as one below the folder', async () => {
    await unpack(tar(['/etc/passwd', 'x']));
    expect(await readFile(join(target, 'etc/passwd'), 'utf8')).toBe('x');
  });

  it('keeps links that climb no higher than the folder', async () => {
    const links = ['../b/x', './../b/./x', 'x', '..', '../b//x'];
    await unpack(tar(...links.map((to, index) => ({ kind: 'link', path: `a/${index}`, target: to }) as const)));
    expect(await Promise.all(links.map((_, index) => readlink(join(target, `a/${index}`))))).toEqual(links);
  });

  it.each([
    ['of no length', '0 a=b\n'],
    ['that reaches beyond its block', '99 path=b\n'],
    ['without a length', 'path=b\n'],
  ])('refuses a PAX record %s', async (_name, record) => {
    const bytes = tar(['x', record], ['y', '']);
    bytes[156] = 'x'.charCodeAt(0); // the first file becomes the record of the second
    bytes.write(checksum(bytes), 148, 'latin1');
    await expect(unpack(bytes)).rejects.toThrow('a PAX record is unreadable');
  });

  it('refuses records without end', async () => {
    const one = tar(['x', '13 comment=x\n']).subarray(0, 1024);
    one[156] = 'x'.charCodeAt(0);
    one.write(checksum(one), 148, 'latin1');
    const many = Buffer.concat([...Array.from({ length: 5_000 }, () => one), tar(['y', ''])]);
    await expect(unpack(many)).rejects.toThrow('more records than entries need');
  });

  it('stops at its limits', async () => {
    const limits = { maxEntries: 2, maxBytes: 10 };
    await expect(unpack(tar(['a', ''], ['b', ''], ['c', '']), { limits })).rejects.toThrow('more than 2 entries');
    await expect(unpack(tar(['a', 'x'.repeat(11)]), { limits })).rejects.toThrow('more than 10 bytes');
  });

  it('says of any bytes that they are an archive or not, and never hangs', async () => {
    const good = tar(['a/b', 'hello'], { kind: 'folder', path: 'c/' });
    const damage = fc.record({ cut: fc.nat(good.length), at: fc.nat(good.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ cut, at, byte }) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        await unpack(bytes.subarray(0, cut)).catch((error: Error) => expect(error.name).toBe('ArchiveError'));
        await rm(target, { recursive: true, force: true });
      }),
      { numRuns: 60 },
    );
  });
});
