import { LayerFileError } from './facts.ts';

/** Values as SQLite stores them; numbers are not asked for here. */
type Value = string | Buffer | number | undefined;

const SIGNATURE = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const LEAF = 0x0d;
const INTERIOR = 0x05;
const MOST_DEPTH = 20;
const MOST_ROWS = 1_000_000;
const UTF8 = 1;

/**
 * The rows of a table of a database of SQLite, in the order of their numbers. A database out of an image may be made by
 * anybody, and SQLite itself would run what stands in its schema; here no page is looked at twice, and nothing is run.
 * Source: https://www.sqlite.org/fileformat.html
 *
 * @throws LayerFileError when the file is no such database, or is damaged.
 */
export function* sqliteRows(
  bytes: Buffer,
  table: string,
  mostRows: number = MOST_ROWS,
): Generator<readonly Value[], void, undefined> {
  const pages = new Pages(bytes);
  for (const [type, name, , root] of rowsOf(pages, 1, mostRows)) {
    if (type === 'table' && typeof name === 'string' && name.toLowerCase() === table.toLowerCase()) {
      if (typeof root !== 'number' || root < 1)
        throw new LayerFileError(`has a table ${table} without rows of its own`);
      yield* rowsOf(pages, root, mostRows);
      return;
    }
  }
  throw new LayerFileError(`has no table ${table}`);
}

function* rowsOf(pages: Pages, root: number, most: number): Generator<readonly Value[], void, undefined> {
  let count = 0;
  for (const row of rowsBelow(pages, root, 0)) {
    count += 1;
    if (count > most) throw new LayerFileError(`has more than ${most} rows`);
    yield row;
  }
}

class Pages {
  readonly #bytes: Buffer;
  readonly #seen = new Set<number>();
  readonly #pageBytes: number;
  /** Of a page, without what extensions keep at its end. */
  readonly usable: number;

  constructor(bytes: Buffer) {
    if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 16) !== SIGNATURE) {
      throw new LayerFileError('is no database of SQLite');
    }
    const size = bytes.readUInt16BE(16);
    this.#pageBytes = size === 1 ? 65_536 : size;
    this.usable = this.#pageBytes - (bytes[20] ?? 0);
    this.#bytes = bytes;
    const isPowerOfTwo = (this.#pageBytes & (this.#pageBytes - 1)) === 0;
    if (this.#pageBytes < 512 || !isPowerOfTwo || this.usable < 480) throw damaged('the size of its pages');
    const encoding = bytes.readUInt32BE(56);
    if (encoding > UTF8) throw new LayerFileError('is a database of SQLite in UTF-16, which is not read');
  }

  /** Every page has one place in a tree or a chain, so that whoever asks twice goes around in a circle. */
  take(number: number): Buffer {
    const end = number * this.#pageBytes;
    if (number < 1 || end > this.#bytes.length || this.#seen.has(number)) throw damaged(`page ${number}`);
    this.#seen.add(number);
    return this.#bytes.subarray(end - this.#pageBytes, end);
  }
}

function* rowsBelow(pages: Pages, number: number, depth: number): Generator<readonly Value[], void, undefined> {
  if (depth > MOST_DEPTH) throw damaged('it is too deep');
  const page = pages.take(number);
  const start = number === 1 ? HEADER_BYTES : 0;
  const type = page[start];
  if (type !== LEAF && type !== INTERIOR) throw damaged(`page ${number}`);
  const pointers = start + (type === LEAF ? 8 : 12);
  const count = within(page, start + 3, 2).readUInt16BE();
  for (let index = 0; index < count; index += 1) {
    const cell = within(page, pointers + index * 2, 2).readUInt16BE();
    if (type === LEAF) yield valuesIn(payloadAt(pages, page, cell));
    else yield* rowsBelow(pages, within(page, cell, 4).readUInt32BE(), depth + 1);
  }
  if (type === INTERIOR) yield* rowsBelow(pages, within(page, start + 8, 4).readUInt32BE(), depth + 1);
}

/** The whole content of a row: what does not fit in the page goes on in a chain of others. */
function payloadAt(pages: Pages, page: Buffer, cell: number): Buffer {
  const length = varint(page, cell);
  const number = varint(page, length.end);
  const { usable } = pages;
  const most = usable - 35;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = least + ((length.value - least) % (usable - 4));
  const local = length.value <= most ? length.value : wanted <= most ? wanted : least;
  const parts = [within(page, number.end, local)];
  let left = length.value - local;
  let next = left > 0 ? within(page, number.end + local, 4).readUInt32BE() : 0;
  while (left > 0) {
    const more = pages.take(next);
    const part = within(more, 4, Math.min(left, usable - 4));
    parts.push(part);
    left -= part.length;
    next = more.readUInt32BE(0);
  }
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function valuesIn(record: Buffer): readonly Value[] {
  const header = varint(record, 0);
  const values: Value[] = [];
  let at = header.value;
  for (let column = header.end; column < header.value; ) {
    const type = varint(record, column);
    column = type.end;
    const length = type.value < 12 ? (INTEGER_BYTES[type.value] ?? 0) : Math.floor((type.value - 12) / 2);
    values.push(valueOf(within(record, at, length), type.value));
    at += length;
  }
  return values;
}

function valueOf(bytes: Buffer, type: number): Value {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString('utf8');
  if (type === 8 || type === 9) return type - 8;
  // Numbers of more bytes, and those with a point, are nothing that is asked for.
  return bytes.length > 0 && bytes.length <= 6 ? bytes.readIntBE(0, bytes.length) : undefined;
}

function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 9; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    if (index === 8) return { value: value * 256 + byte, end: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw damaged('a number ends with its page');
}

function within(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw damaged('something lies outside of its page');
  return bytes.subarray(at, at + length);
}

function damaged(what: string): LayerFileError {
  return new LayerFileError(`is a damaged database of SQLite: ${what}`);
}
