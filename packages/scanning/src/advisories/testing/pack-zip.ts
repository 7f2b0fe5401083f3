import { crc32, deflateRawSync } from 'node:zlib';

/** A file to pack; what is given besides name and bytes is written instead of the truth. */
export type PackedFile = {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly store?: boolean;
  readonly packed?: Buffer;
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly method?: number;
  /** Where its bytes are said to be, instead of bytes of its own. */
  readonly at?: number;
  /** As a Unix packs it; else it comes from elsewhere. */
  readonly unixMode?: number;
};

/** A zip archive for tests, honest or not. */
export function packZip(files: readonly PackedFile[], options: { comment?: string; zip64?: boolean } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const bytes = Buffer.from(file.bytes);
    const body = file.packed ?? (file.store === true ? bytes : deflateRawSync(bytes));
    const name = Buffer.from(file.name);
    const header = headerOf(file, bytes, body, options.zip64 === true ? 0xffffffff : undefined);
    const local = Buffer.concat([uint32(0x04034b50), header, uint16(name.length), uint16(0), name, body]);
    const at = file.at ?? offset;
    const extra = options.zip64 === true ? large(bytes.length, body.length, at) : Buffer.alloc(0);
    const attributes = uint32((file.unixMode ?? 0) * 0x10000);
    const lengths = Buffer.concat([uint16(name.length), uint16(extra.length), Buffer.alloc(6), attributes]);
    const madeBy = uint16(file.unixMode === undefined ? 20 : 20 + 0x300);
    const place = uint32(options.zip64 === true ? 0xffffffff : at);
    directory.push(Buffer.concat([uint32(0x02014b50), madeBy, header, lengths, place, name, extra]));
    if (file.at === undefined) {
      parts.push(local);
      offset += local.length;
    }
  }
  const entries = Buffer.concat(directory);
  const end64 = options.zip64 === true ? endOf64(files.length, entries.length, offset) : Buffer.alloc(0);
  const count = uint16(options.zip64 === true ? 0xffff : files.length);
  const comment = Buffer.from(options.comment ?? '');
  const sizes = Buffer.concat([uint32(entries.length), uint32(offset), uint16(comment.length), comment]);
  return Buffer.concat([...parts, entries, end64, uint32(0x06054b50), Buffer.alloc(4), count, count, sizes]);
}

/** What the header of a file and the directory have in common. */
function headerOf(file: PackedFile, bytes: Buffer, body: Buffer, sizes: number | undefined): Buffer {
  const method = file.method ?? (file.store === true ? 0 : 8);
  return Buffer.concat([
    ...[20, file.flags ?? 0, method, 0, 0].map(uint16),
    ...[file.crc ?? crc32(bytes), sizes ?? body.length, sizes ?? file.size ?? bytes.length].map(uint32),
  ]);
}

function large(size: number, packed: number, at: number): Buffer {
  return Buffer.concat([uint16(0x7777), uint16(0), uint16(1), uint16(24), ...[size, packed, at].map(uint64)]);
}

function endOf64(count: number, length: number, offset: number): Buffer {
  const end = Buffer.concat([
    uint32(0x06064b50),
    uint64(44),
    Buffer.alloc(12),
    ...[count, count, length, offset].map(uint64),
  ]);
  return Buffer.concat([end, uint32(0x07064b50), uint32(0), uint64(offset + length), uint32(1)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
