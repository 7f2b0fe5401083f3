import { Buffer } from 'node:buffer';

/** Sections of a program for a test, by name. */
export type Sections = Readonly<Record<string, Buffer>>;

const BASE = 0x400000;

/** A file of ELF for 64 bits that has these sections, and one segment that maps all of it. */
export function elfOf(sections: Sections): Buffer {
  const names = ['', ...Object.keys(sections), '.shstrtab'];
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(''));
  const bodies = [...Object.values(sections), strings];
  let at = 64 + 56;
  const placed = bodies.map((body) => {
    at += (16 - (at % 16)) % 16;
    const offset = at;
    at += body.length;
    return { offset, body };
  });
  const table = at + ((16 - (at % 16)) % 16);
  const total = table + 64 * (names.length + 0);
  const file = Buffer.alloc(total);
  file.write('\x7fELF', 'latin1');
  file.set([2, 1, 1], 4);
  file.writeUInt16LE(2, 16); // an executable
  file.writeUInt16LE(62, 18); // for x86-64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(64n, 32);
  file.writeBigUInt64LE(BigInt(table), 40);
  for (const [index, value] of [64, 56, 1, 64, names.length, names.length - 1].entries()) {
    file.writeUInt16LE(value, 52 + index * 2);
  }
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(6, 68); // it may be read and written
  for (const [index, value] of [0, BASE, BASE, total, total, 4096].entries()) {
    file.writeBigUInt64LE(BigInt(value), 72 + index * 8);
  }
  for (const [index, { offset, body }] of placed.entries()) {
    body.copy(file, offset);
    const header = table + 64 * (index + 1);
    file.writeUInt32LE(strings.indexOf(`${names[index + 1] ?? ''}\0`), header);
    file.writeUInt32LE(index === placed.length - 1 ? 3 : 1, header + 4);
    for (const [field, value] of [2, BASE + offset, offset, body.length].entries()) {
      file.writeBigUInt64LE(BigInt(value), header + 8 + field * 8);
    }
  }
  return file;
}

/** What Go's linker writes since 1.18: the version of Go, and lines of modules. */
export function goBuildInfo(version: string, modules: string): Buffer {
  const header = Buffer.alloc(32);
  header.write('\xff Go buildinf:', 'latin1');
  header[14] = 8;
  header[15] = 2;
  const marked = modules === '' ? '' : `${'<'.repeat(16)}${modules}${'>'.repeat(16)}`;
  return Buffer.concat([header, lengthOf(version), Buffer.from(version), lengthOf(marked), Buffer.from(marked)]);
}

/** A header of a package as rpm keeps it, with the region that rpm signs. */
export function rpmHeader(tags: Readonly<Record<number, string | number>>): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  const entries = Object.entries(tags).map(([tag, value]) => {
    const bytes = typeof value === 'number' ? Buffer.alloc(4) : Buffer.from(`${value}\0`);
    if (typeof value === 'number') {
      const padding = (4 - (size % 4)) % 4;
      parts.push(Buffer.alloc(padding));
      size += padding;
      bytes.writeUInt32BE(value);
    }
    const entry = [Number(tag), typeof value === 'number' ? 4 : 6, size, 1];
    parts.push(bytes);
    size += bytes.length;
    return entry;
  });
  const count = entries.length + 1;
  const region = [63, 7, size, 16];
  const trailer = [63, 7, -16 * count, 16];
  return Buffer.concat([words([count, size + 16]), ...[region, ...entries].map(words), ...parts, words(trailer)]);
}

function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4);
  return bytes;
}

function lengthOf(text: string): Buffer {
  const bytes: number[] = [];
  let left = Buffer.byteLength(text);
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}
