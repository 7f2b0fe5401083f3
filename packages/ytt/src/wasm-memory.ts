/** Bytes of a page of WebAssembly memory. */
export const WASM_PAGE_BYTES = 65_536;

const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;

type Section = { readonly id: number; readonly start: number; readonly bodyStart: number; readonly end: number };

/**
 * A copy of the module whose own memory cannot grow beyond so many pages. Go's linker writes no maximum, and the limits
 * of a worker thread do not count this memory. A module that has this maximum already is returned as it is.
 */
export function withMemoryMaximum(module: Uint8Array, pages: number): Uint8Array {
  const section = memorySection(module);
  let at = section.bodyStart;
  const count = readUnsigned(module, at);
  at = count.end;
  const flags = module[at];
  if (count.value !== 1 || (flags !== 0 && flags !== HAS_MAXIMUM)) throw new Error('the module has an unusual memory');
  const minimum = readUnsigned(module, at + 1);
  if (flags === HAS_MAXIMUM && readUnsigned(module, minimum.end).value === pages) return module;
  if (minimum.value > pages) {
    throw new RangeError(`the module starts with ${minimum.value} pages of memory, and the maximum is ${pages}`);
  }
  const body = [1, HAS_MAXIMUM, ...unsigned(minimum.value), ...unsigned(pages)];
  return Buffer.concat([
    module.subarray(0, section.start),
    Uint8Array.from([MEMORY_SECTION, ...unsigned(body.length), ...body]),
    module.subarray(section.end),
  ]);
}

function memorySection(module: Uint8Array): Section {
  for (let start = HEADER_BYTES; start < module.length; ) {
    const size = readUnsigned(module, start + 1);
    const section = { id: module[start] ?? 0, start, bodyStart: size.end, end: size.end + size.value };
    if (section.id === MEMORY_SECTION) return section;
    start = section.end;
  }
  throw new Error('the module has no memory of its own');
}

/** LEB128, as the binary format writes all its numbers. */
function unsigned(value: number): readonly number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function readUnsigned(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start, shift = 0; at < bytes.length && shift < 32; at += 1, shift += 7) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new Error('the module is cut short');
}
