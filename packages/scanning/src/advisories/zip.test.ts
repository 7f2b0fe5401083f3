import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesOf, openFile } from './bytes.ts';
import { type PackedFile, packZip } from './testing/pack-zip.ts';
import { type ZipLimits, zipEntries } from './zip.ts';

const LIMITS: ZipLimits = { maxEntries: 10, maxEntryBytes: 4 * 1024 * 1024, maxTotalBytes: 6 * 1024 * 1024 };

async function unzip(archive: Buffer, limits: Partial<ZipLimits> = {}): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of zipEntries(bytesOf(archive), { ...LIMITS, ...limits })) {
    found[entry.name] = (await entry.read()).toString();
  }
  return found;
}

const text = 'some text '.repeat(100);
const copies = (count: number, file: PackedFile): readonly PackedFile[] => Array.from({ length: count }, () => file);

describe('a zip archive', () => {
  it.each([
    { case: 'packed', zip: packZip([{ name: 'a/b.json', bytes: text }]) },
    { case: 'stored', zip: packZip([{ name: 'a/b.json', bytes: text, store: true }]) },
    { case: 'with a comment', zip: packZip([{ name: 'a/b.json', bytes: text }], { comment: 'x'.repeat(65_535) }) },
    { case: 'of Zip64', zip: packZip([{ name: 'a/b.json', bytes: text }], { zip64: true }) },
    {
      case: 'with folders',
      zip: packZip([
        { name: 'a/', bytes: '' },
        { name: 'a/b.json', bytes: text },
      ]),
    },
  ])('$case is read', async ({ zip }) => {
    expect(await unzip(zip)).toEqual({ 'a/b.json': text });
  });

  it('without files is empty', async () => {
    expect(await unzip(packZip([]))).toEqual({});
  });

  it('is read from a file, whatever order its files are asked for in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carto-zip-'));
    const files = ['a', 'b', 'c'].map((name) => ({ name, bytes: name.repeat(3_000_000), store: true }));
    await writeFile(join(folder, 'x.zip'), packZip(files));
    await using file = await openFile(join(folder, 'x.zip'));
    const entries = await Array.fromAsync(zipEntries(file, { ...LIMITS, maxTotalBytes: 1e9 }));
    for (const { name, read } of entries.toReversed()) expect((await read()).toString()).toBe(name.repeat(3_000_000));
    await rm(folder, { recursive: true });
  });

  it('that is cut off anywhere is refused, and gives nothing wrong', async () => {
    const zip = packZip([
      { name: 'a', bytes: text },
      { name: 'b', bytes: 'other' },
    ]);
    for (let end = 0; end < zip.length; end += 7) {
      await expect(unzip(zip.subarray(0, end))).rejects.toMatchObject({ code: 'CARTO_ARCHIVE' });
    }
  });

  it('with one byte changed gives the files as they were, or is refused', async () => {
    const zip = packZip([{ name: 'a', bytes: text }]);
    for (let at = 0; at < zip.length; at += 1) {
      const changed = Buffer.from(zip);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      const read = await unzip(changed).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toMatchObject({ code: 'CARTO_ARCHIVE' });
      else expect(Object.values(read as object)).toEqual(Object.keys(read as object).map(() => text));
    }
  });

  const zeros = Buffer.alloc(3 * 1024 * 1024);
  const lying = (file: Partial<PackedFile>): Buffer => packZip([{ name: 'a', bytes: text, ...file }]);
  it.each<{ case: string; zip: Buffer; limits?: Partial<ZipLimits>; says: string }>([
    { case: 'a bomb', zip: packZip([{ name: 'a', bytes: zeros }]), says: 'unpacks to 200 times its size' },
    { case: 'a file that is too large', zip: lying({}), limits: { maxEntryBytes: 999 }, says: 'is larger than' },
    {
      case: 'more than is read in all',
      zip: lying({}),
      limits: { maxTotalBytes: 999 },
      says: 'is beyond what is read',
    },
    { case: 'a size that is a lie', zip: lying({ size: 10 }), says: 'cannot be unpacked, or is larger' },
    { case: 'a checksum that is a lie', zip: lying({ crc: 1 }), says: 'its checksum differs' },
    { case: 'an encrypted file', zip: lying({ flags: 1 }), says: 'is encrypted' },
    { case: 'another method', zip: lying({ method: 12 }), says: 'is packed by method 12' },
    { case: 'too many files', zip: packZip(copies(11, { name: 'a', bytes: '' })), says: 'has 11 files; 10 are' },
    { case: 'no archive', zip: Buffer.from('<html>not found</html>'.repeat(9)), says: 'no zip archive' },
  ])('with $case is refused', async ({ zip, limits, says }) => {
    await expect(unzip(zip, limits)).rejects.toThrow(says);
  });

  it('at each limit is read', async () => {
    const files = Array.from({ length: 10 }, (_, at) => ({ name: String(at), bytes: 'x'.repeat(100) }));
    const limits = { maxEntries: 10, maxEntryBytes: 100, maxTotalBytes: 1_000 };
    expect(Object.keys(await unzip(packZip(files), limits))).toHaveLength(10);
  });

  it('whose files lie over each other is read no further than its own size', async () => {
    const bytes = Buffer.from('x'.repeat(1_000));
    const packed = deflateRawSync(bytes);
    const zip = packZip([
      { name: 'a', bytes, packed, crc: crc32(bytes) },
      ...copies(5, { name: 'b', at: 0, bytes, packed }),
    ]);
    await expect(unzip(zip)).resolves.toHaveProperty('a');
    const many = packZip([
      { name: 'a', bytes: text.repeat(9), store: true },
      ...copies(5, { name: 'b', at: 0, bytes: text.repeat(9), store: true }),
    ]);
    await expect(unzip(many)).rejects.toThrow('lies over other files');
  });
});
