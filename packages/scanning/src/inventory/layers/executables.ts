/** A part of an executable that stands in the file. */
type Section = { readonly name: string; readonly address: number; readonly bytes: Buffer };

/** An executable or a library of ELF, Mach-O or PE, as far as we look into it. */
export type Executable = {
  readonly sections: readonly Section[];
  /** What is mapped into memory, to find what stands at an address. */
  readonly segments: readonly Section[];
  /** The data that the program may write: where Go's linker puts what it says of the build. */
  readonly data: Section | undefined;
};

/** Real ones have some dozens. */
const MOST_SECTIONS = 10_000;
const NOBITS = 8;
const PT_LOAD = 1;
const PF_W_AND_X = 3;
const PF_W = 2;
const MOST_ARCHITECTURES = 16;

/** Whether a file that begins so may be an executable that {@link readExecutable} reads. */
export function isExecutable(head: Buffer): boolean {
  if (head.length < 4) return false;
  const mark = head.readUInt32BE(0);
  return mark === 0x7f454c46 || head.toString('latin1', 0, 2) === 'MZ' || isMachO(mark) || mark === 0xcafebabe;
}

/** Undefined for what is no executable, or one whose headers are damaged. */
export function readExecutable(bytes: Buffer): Executable | undefined {
  try {
    const mark = bytes.readUInt32BE(0);
    if (mark === 0x7f454c46) return readElf(bytes);
    if (isMachO(mark)) return readMachO(bytes);
    if (mark === 0xcafebabe) return readFat(bytes);
    return bytes.toString('latin1', 0, 2) === 'MZ' ? readPe(bytes) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it points outside of the file
    throw error;
  }
}

/** The bytes at an address, as many as stand there up to `length`. */
export function bytesAt({ segments }: Executable, address: number, length: number): Buffer | undefined {
  const segment = segments.find((one) => address >= one.address && address < one.address + one.bytes.length);
  const start = address - (segment?.address ?? 0);
  return segment?.bytes.subarray(start, start + length);
}

/** Numbers of one width and order of bytes. */
class Numbers {
  readonly #bytes: Buffer;
  readonly #isBig: boolean;
  readonly is64: boolean;

  constructor(bytes: Buffer, isBig: boolean, is64: boolean) {
    this.#bytes = bytes;
    this.#isBig = isBig;
    this.is64 = is64;
  }

  u16(at: number): number {
    return this.#isBig ? this.#bytes.readUInt16BE(at) : this.#bytes.readUInt16LE(at);
  }

  u32(at: number): number {
    return this.#isBig ? this.#bytes.readUInt32BE(at) : this.#bytes.readUInt32LE(at);
  }

  /** Beyond 2^53 it is not exact, and names nothing that is in a file. */
  u64(at: number): number {
    return Number(this.#isBig ? this.#bytes.readBigUInt64BE(at) : this.#bytes.readBigUInt64LE(at));
  }

  /** A field of the width of addresses, which stands at another place in each width. */
  word(at32: number, at64: number): number {
    return this.is64 ? this.u64(at64) : this.u32(at32);
  }
}

function readElf(bytes: Buffer): Executable {
  const numbers = new Numbers(bytes, bytes[5] === 2, bytes[4] === 2);
  const { is64 } = numbers;
  const sectionsAt = numbers.word(0x20, 0x28);
  const sizes = is64 ? 0x34 : 0x28;
  const headers = { at: numbers.word(0x1c, 0x20), size: numbers.u16(sizes + 2), count: numbers.u16(sizes + 4) };
  const section = { size: numbers.u16(sizes + 6), count: numbers.u16(sizes + 8), names: numbers.u16(sizes + 10) };
  const segments: (Section & { readonly flags: number })[] = [];
  for (let at = headers.at, left = headers.count; left > 0; at += headers.size, left -= 1) {
    if (numbers.u32(at) !== PT_LOAD) continue;
    const flags = numbers.u32(at + (is64 ? 4 : 24));
    const [offset, address] = [numbers.word(at + 4, at + 8), numbers.word(at + 8, at + 16)];
    segments.push({ name: '', flags, address, bytes: part(bytes, offset, numbers.word(at + 16, at + 32)) });
  }
  const raw = (index: number): Omit<Section, 'name'> & { readonly nameAt: number } => {
    const at = sectionsAt + index * section.size;
    const isEmpty = numbers.u32(at + 4) === NOBITS;
    const size = isEmpty ? 0 : numbers.word(at + 20, at + 32);
    return {
      nameAt: numbers.u32(at),
      address: numbers.word(at + 12, at + 16),
      bytes: part(bytes, numbers.word(at + 16, at + 24), size),
    };
  };
  const count = sectionsAt === 0 ? 0 : Math.min(section.count, MOST_SECTIONS);
  const names = count === 0 ? Buffer.alloc(0) : raw(section.names).bytes;
  const sections = Array.from({ length: count }, (_, index) => raw(index)).map(({ nameAt, ...rest }) => ({
    name: textAt(names, nameAt, 64),
    ...rest,
  }));
  return { sections, segments, data: segments.find(({ flags }) => (flags & PF_W_AND_X) === PF_W) };
}

function isMachO(mark: number): boolean {
  return mark === 0xcffaedfe || mark === 0xcefaedfe;
}

/** One file for several processors: all of them are of one program, so the first will do. Class files of Java begin alike. */
function readFat(bytes: Buffer): Executable | undefined {
  const count = bytes.readUInt32BE(4);
  if (count === 0 || count > MOST_ARCHITECTURES) return undefined;
  const inner = part(bytes, bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  return isMachO(inner.readUInt32BE(0)) ? readMachO(inner) : undefined;
}

function readMachO(bytes: Buffer): Executable {
  const numbers = new Numbers(bytes, false, bytes[0] === 0xcf);
  const { is64 } = numbers;
  const sections: Section[] = [];
  const segments: (Section & { readonly maxProtection: number })[] = [];
  let at = is64 ? 32 : 28;
  for (let left = Math.min(numbers.u32(16), MOST_SECTIONS); left > 0; left -= 1) {
    const [command, size] = [numbers.u32(at), numbers.u32(at + 4)];
    if (command === (is64 ? 0x19 : 1)) {
      const [address, offset] = [numbers.word(at + 24, at + 24), numbers.word(at + 32, at + 40)];
      const content = part(bytes, offset, numbers.word(at + 36, at + 48));
      const maxProtection = numbers.u32(at + (is64 ? 60 : 44));
      segments.push({ name: textAt(bytes, at + 8, 16), address, bytes: content, maxProtection });
      const count = Math.min(numbers.u32(at + (is64 ? 64 : 48)), MOST_SECTIONS - sections.length);
      const [first, width] = is64 ? [at + 72, 80] : [at + 56, 68];
      for (let index = 0; index < count; index += 1) {
        const one = first + index * width;
        const start = numbers.u32(one + (is64 ? 48 : 40));
        sections.push({
          name: textAt(bytes, one, 16),
          address: numbers.word(one + 32, one + 32),
          bytes: part(bytes, start, numbers.word(one + 36, one + 40)),
        });
      }
    }
    if (size === 0) break;
    at += size;
  }
  const data = segments.find(({ name, maxProtection }) => name === '__DATA' && (maxProtection & 3) === 3);
  return { sections, segments, data };
}

function readPe(bytes: Buffer): Executable | undefined {
  const numbers = new Numbers(bytes, false, false);
  const start = numbers.u32(0x3c);
  if (numbers.u32(start) !== 0x4550) return undefined;
  const optional = start + 24;
  const base = numbers.u16(optional) === 0x20b ? numbers.u64(optional + 24) : numbers.u32(optional + 28);
  const first = optional + numbers.u16(start + 20);
  const count = Math.min(numbers.u16(start + 6), MOST_SECTIONS);
  const sections = Array.from({ length: count }, (_, index) => {
    const at = first + index * 40;
    return {
      name: textAt(bytes, at, 8),
      address: base + numbers.u32(at + 12),
      bytes: part(bytes, numbers.u32(at + 20), numbers.u32(at + 16)),
      flags: numbers.u32(at + 36),
    };
  });
  const isData = ({ flags }: { readonly flags: number }): boolean => (flags & 0xc0000040) >>> 0 === 0xc0000040;
  return { sections, segments: sections, data: sections.find((one) => one.bytes.length > 0 && isData(one)) };
}

/** As much of it as stands in the file. */
function part(bytes: Buffer, offset: number, length: number): Buffer {
  return bytes.subarray(offset, offset + length);
}

function textAt(bytes: Buffer, at: number, most: number): string {
  const text = bytes.toString('latin1', at, at + most);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
