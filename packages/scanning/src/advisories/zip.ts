import { crc32, inflateRawSync } from 'node:zlib';
import { CartoError } from '@cartographer/machinery';

/** Bytes that can be read anywhere: a file, or a buffer. Reads past the end are the caller's mistake. */
export type RandomAccess = {
  readonly sizeBytes: number;
  readonly read: (offset: number, length: number) => Promise<Buffer>;
};

/** A file of an archive, as its directory says; nothing of it is read yet. */
export type ZipEntry = {
  readonly name: string;
  readonly sizeBytes: number;
  /** The mode that a Unix gave it, type bits and all; undefined where it was packed elsewhere. */
  readonly unixMode: number | undefined;
  /** @throws CartoError `CARTO_ARCHIVE` when what is packed is broken, encrypted, packed in an unknown way, or too large. */
  readonly read: () => Promise<Buffer>;
};

/** What an archive may cost. */
export type ZipLimits = {
  readonly maxEntries: number;
  /** Of one unpacked file. */
  readonly maxEntryBytes: number;
  /** Of all files that are read, unpacked. */
  readonly maxTotalBytes: number;
};

const END_BYTES = 22;
const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 256 * 1024 * 1024;
/** JSON packs to a tenth; what unpacks to more than this times its size, and to more than a little, is a bomb. */
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;
const IS_ENCRYPTED = 1;
const MADE_ON_UNIX = 3;

/**
 * The files of a zip archive in the order of its directory, folders left out; with the large sizes of Zip64. Nothing is
 * unpacked before it is asked for, and never more than the limits say.
 * @throws CartoError `CARTO_ARCHIVE` when the archive is cut off, none, or beyond its limits.
 */
export async function* zipEntries(archive: RandomAccess, limits: ZipLimits): AsyncGenerator<ZipEntry> {
  const { count, offset, length } = await findDirectory(archive);
  if (count > limits.maxEntries) throw broken(`has ${count} files; ${limits.maxEntries} are the most that are read`);
  if (length > MAX_DIRECTORY_BYTES) throw broken(`has a directory of ${length} bytes, which is more than is read`);
  if (offset + length > archive.sizeBytes) throw broken('is cut off: its directory lies outside');
  const directory = await archive.read(offset, length);
  const budget = { packed: archive.sizeBytes, unpacked: limits.maxTotalBytes };
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > length || directory.readUInt32LE(at) !== ENTRY_SIGNATURE) {
      throw broken(`is broken: its directory ends after ${index} of ${count} files`);
    }
    const entry = directoryEntry(directory, at);
    at = entry.end;
    if (!entry.name.endsWith('/')) {
      const { name, size: sizeBytes, unixMode } = entry;
      yield { name, sizeBytes, unixMode, read: () => readEntry(archive, entry, limits, budget) };
    }
  }
}

type Directory = { readonly count: number; readonly offset: number; readonly length: number };

async function findDirectory(archive: RandomAccess): Promise<Directory> {
  const tailBytes = Math.min(archive.sizeBytes, END_BYTES + MAX_COMMENT_BYTES + LOCATOR_BYTES);
  const tail = await archive.read(archive.sizeBytes - tailBytes, tailBytes);
  for (let at = tailBytes - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const locator = at - LOCATOR_BYTES;
    if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_SIGNATURE)
      return await directory64(archive, tail, locator);
    return {
      count: tail.readUInt16LE(at + 10),
      length: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
  }
  throw broken('is cut off, or no zip archive: it has no end of a directory');
}

async function directory64(archive: RandomAccess, tail: Buffer, locator: number): Promise<Directory> {
  const at = safe(tail.readBigUInt64LE(locator + 8));
  if (at + 56 > archive.sizeBytes) throw broken('is cut off: the end of its directory lies outside');
  const end = await archive.read(at, 56);
  if (end.readUInt32LE(0) !== END64_SIGNATURE) throw broken('is broken: it has no Zip64 end of a directory');
  return {
    count: safe(end.readBigUInt64LE(32)),
    length: safe(end.readBigUInt64LE(40)),
    offset: safe(end.readBigUInt64LE(48)),
  };
}

type DirectoryEntry = {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  readonly unixMode: number | undefined;
  /** Where the next one begins. */
  readonly end: number;
};

function directoryEntry(directory: Buffer, at: number): DirectoryEntry {
  const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
  const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
  const large = largeFields(directory.subarray(nameEnd, extraEnd));
  const field = (offset: number): number => {
    const value = directory.readUInt32LE(at + offset);
    return value === 0xffffffff ? (large.shift() ?? value) : value;
  };
  const size = field(24);
  const packed = field(20);
  return {
    name: directory.toString('utf8', at + ENTRY_BYTES, nameEnd),
    flags: directory.readUInt16LE(at + 8),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packed,
    size,
    offset: field(42),
    unixMode: directory.readUInt8(at + 5) === MADE_ON_UNIX ? directory.readUInt16LE(at + 40) : undefined,
    end: extraEnd + directory.readUInt16LE(at + 32),
  };
}

/** The numbers of the Zip64 field, in their fixed order: size, packed size, offset; those that fit elsewhere are left out. */
function largeFields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2));
    const numbers: number[] = [];
    for (let field = at + 4; field + 8 <= end; field += 8) numbers.push(safe(extra.readBigUInt64LE(field)));
    return numbers;
  }
  return [];
}

/** What may still be read: packed bytes at most once each, so that files that lie over each other end. */
type Budget = { packed: number; unpacked: number };

async function readEntry(
  archive: RandomAccess,
  { flags, method, crc, packed, size, offset }: DirectoryEntry,
  { maxEntryBytes }: ZipLimits,
  budget: Budget,
): Promise<Buffer> {
  if ((flags & IS_ENCRYPTED) !== 0) throw broken('is encrypted');
  if (method !== STORED && method !== DEFLATED) throw broken(`is packed by method ${method}, which is not known`);
  if (size > maxEntryBytes) throw broken(`is larger than ${maxEntryBytes / 1024 / 1024} MiB`);
  if (size > RATIO_FROM_BYTES && size > MAX_RATIO * packed) throw broken(`unpacks to ${MAX_RATIO} times its size`);
  budget.packed -= packed;
  budget.unpacked -= size;
  if (budget.packed < 0) throw broken('lies over other files of the archive');
  if (budget.unpacked < 0) throw broken('is beyond what is read of one archive, unpacked');
  const header = offset + LOCAL_BYTES <= archive.sizeBytes ? await archive.read(offset, LOCAL_BYTES) : undefined;
  if (header?.readUInt32LE(0) !== LOCAL_SIGNATURE) throw broken('is not where the directory says');
  const start = offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + packed > archive.sizeBytes) throw broken('is cut off');
  const bytes = unpack(await archive.read(start, packed), method, size);
  if (bytes.length !== size || crc32(bytes) !== crc) throw broken('is not what was packed: its checksum differs');
  return bytes;
}

function unpack(bytes: Buffer, method: number, size: number): Buffer {
  if (method === STORED) return bytes;
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw broken('cannot be unpacked, or is larger than its directory says', cause);
  }
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken('is broken: it has a size beyond any');
  return Number(value);
}

function broken(what: string, cause?: unknown): CartoError {
  return new CartoError('CARTO_ARCHIVE', what, { cause });
}
