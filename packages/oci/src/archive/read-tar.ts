import { Buffer } from 'node:buffer';
import { trimRight } from '@cartographer/machinery';
import { ArchiveError } from './archive-error.ts';

const BLOCK = 512;
/** A PAX or GNU record larger than this is refused. */
const MAX_RECORD_BYTES = 1024 * 1024;
/** Real archives have two records before an entry at most; without a bound a small one could keep a reader busy for ever. */
const MAX_RECORDS_PER_ENTRY = 100;

/**
 * An entry as it stands in an archive. Paths are binary strings: one character a byte. `other` is a file that is not read,
 * such as a sparse one.
 */
export type TarItem = {
  readonly kind: 'folder' | 'file' | 'link' | 'hardlink' | 'device' | 'other';
  readonly path: string;
  /** Where a link points; empty for others. */
  readonly target: string;
  readonly mode: number;
  readonly sizeBytes: number;
  /** Where in the archive its content begins. */
  readonly offset: number;
  /** Has to be read before the next entry is asked for; what is left of it is skipped. */
  readonly content: AsyncIterable<Buffer>;
};

/**
 * Reads an uncompressed tar stream: ustar, PAX and GNU long names. It ends at the first empty block; what follows in the
 * stream is left to whoever opened it.
 *
 * @throws ArchiveError when the archive is broken.
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarItem, void, undefined> {
  const reader = new ByteReader(chunks);
  let overrides = new Map<string, string>();
  let records = 0;
  for (;;) {
    const block = await reader.block();
    if (block === undefined || block.every((byte) => byte === 0)) return;
    const header = parseHeader(block);
    const isRecord = header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K';
    if (isRecord) {
      records += 1;
      if (records > MAX_RECORDS_PER_ENTRY) throw new ArchiveError('the archive has more records than entries need');
      const body = await reader.whole(header.sizeBytes);
      if (header.type !== 'g') overrides = new Map([...overrides, ...recordsOf(header.type, body)]);
      continue;
    }
    if (header.isSparse) await reader.skipSparseMap();
    const size = overrides.get('size');
    const sizeBytes = hasContent(header.type) ? (size === undefined ? header.sizeBytes : Number(size)) : 0;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
      throw new ArchiveError('the archive is broken: a size is no number');
    const content = reader.content(sizeBytes);
    const named = overrides.get('GNU.sparse.name') ?? overrides.get('path') ?? header.path;
    const kind = overrides.has('GNU.sparse.major') ? 'other' : kindOf(header.type);
    const { offset } = reader;
    yield {
      kind: kind === 'file' && header.path.endsWith('/') ? 'folder' : kind,
      path: trimRight(named, '/'),
      target: overrides.get('linkpath') ?? header.target,
      mode: header.mode,
      sizeBytes,
      offset,
      content,
    };
    overrides = new Map();
    records = 0;
    for await (const _rest of content); // what the reader did not take
    await reader.skip((BLOCK - (sizeBytes % BLOCK)) % BLOCK);
  }
}

type Header = {
  readonly path: string;
  readonly target: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly type: string;
  /** A GNU sparse file, whose map goes on behind the header. */
  readonly isSparse: boolean;
};

function parseHeader(block: Buffer): Header {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (sum !== octal(block, 148, 8)) throw new ArchiveError('the archive is broken: the checksum of an entry is wrong');
  const isUstar = block.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    target: text(block, 157, 100),
    mode: octal(block, 100, 8) & 0o7777,
    sizeBytes: size(block),
    type: String.fromCharCode(block[156] ?? 0),
    isSparse: block[156] === 0x53 && block[482] === 1,
  };
}

/** Links, devices, folders and pipes have none, whatever their size says; types that nobody knows count as files. */
function hasContent(type: string): boolean {
  return !/[1-6]/.test(type);
}

function kindOf(type: string): TarItem['kind'] {
  switch (type) {
    case '0':
    case '\0':
    case '7':
      return 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'link';
    case '3':
    case '4':
    case '6':
      return 'device';
    case '5':
      return 'folder';
    default:
      return 'other';
  }
}

/** GNU tar writes sizes beyond 8 GiB in binary. */
function size(block: Buffer): number {
  if (((block[124] ?? 0) & 0x80) === 0) return octal(block, 124, 12);
  return Number(block.readBigUInt64BE(128));
}

function octal(block: Buffer, offset: number, width: number): number {
  const digits = text(block, offset, width).trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new ArchiveError('the archive is broken: a number of an entry is unreadable');
  return Number.parseInt(digits, 8);
}

function text(block: Buffer, offset: number, width: number): string {
  const field = block.toString('latin1', offset, offset + width);
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}

/** What of the records counts here; times, owners and comments do not. */
const USED = new Set(['path', 'linkpath', 'size', 'GNU.sparse.major', 'GNU.sparse.name']);

function recordsOf(type: string, body: Buffer): ReadonlyMap<string, string> {
  const all = body.toString('latin1');
  if (type === 'L') return new Map([['path', all.replace(/\0.*$/s, '')]]);
  if (type === 'K') return new Map([['linkpath', all.replace(/\0.*$/s, '')]]);
  const records = new Map<string, string>();
  for (let at = 0; at < all.length; ) {
    const [, digits = ''] = /^(\d+) /.exec(all.slice(at, at + 12)) ?? [];
    const end = at + Number(digits);
    const record = all.slice(at + digits.length + 1, end - 1);
    const equals = record.indexOf('=');
    // The length counts itself, so that one of less than these few characters is none.
    const isWhole = digits !== '' && end > at + digits.length + 1 && end <= all.length && all[end - 1] === '\n';
    if (!isWhole || equals < 0) throw new ArchiveError('the archive is broken: a PAX record is unreadable');
    if (USED.has(record.slice(0, equals))) records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** Cuts a stream of chunks into blocks and counted bytes, holding no more than one chunk. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** How many bytes were taken. */
  get offset(): number {
    return this.#offset;
  }

  /** The next block; undefined at the end of the stream. */
  async block(): Promise<Buffer | undefined> {
    while (this.#rest.length < BLOCK) {
      const next = await this.#chunks.next();
      if (next.done !== true) this.#rest = Buffer.concat([this.#rest, next.value]);
      else if (this.#rest.length === 0) return undefined;
      else throw cutOff();
    }
    return this.#take(BLOCK);
  }

  /** The whole content of a record, with its padding gone. */
  async whole(count: number): Promise<Buffer> {
    if (count > MAX_RECORD_BYTES) throw new ArchiveError(`the archive has a name of ${count} bytes`);
    const parts: Buffer[] = [];
    for await (const part of this.content(count)) parts.push(part);
    await this.skip((BLOCK - (count % BLOCK)) % BLOCK);
    return Buffer.concat(parts);
  }

  /** The next bytes; can be iterated once more after a break, for what is left. */
  content(count: number): AsyncIterable<Buffer> {
    let left = count;
    const next = async (): Promise<IteratorResult<Buffer>> => {
      if (left === 0) return { done: true, value: undefined };
      if (this.#rest.length === 0) await this.#more();
      const value = this.#take(Math.min(left, this.#rest.length));
      left -= value.length;
      return { done: false, value };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async skip(count: number): Promise<void> {
    for await (const _part of this.content(count));
  }

  /** Blocks that say where the parts of a GNU sparse file go; byte 504 says whether another one follows. */
  async skipSparseMap(): Promise<void> {
    for (let more = true, blocks = 0; more; blocks += 1) {
      if (blocks === MAX_RECORDS_PER_ENTRY) throw new ArchiveError('the archive has a sparse file of too many parts');
      more = (await this.block())?.[504] === 1;
    }
  }

  #take(count: number): Buffer {
    this.#offset += count;
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return part;
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw cutOff();
    this.#rest = next.value;
  }
}

function cutOff(): ArchiveError {
  return new ArchiveError('the archive is broken: it ends in the middle of an entry');
}
