import { WASM_PAGE_BYTES } from './wasm-memory.ts';

/** The module, compressed with zstd: as small as gzip makes it, and read in half the time. */
export const WASM_FILE = 'ytt.wasm.zst';

/** The loader of exactly that Go release that built the module. */
export const LOADER_FILE = 'wasm_exec.js';

/** The memory that a worker may use unless told otherwise; it is written into the module. */
export const DEFAULT_MEMORY_MIB = 256;

/** WebAssembly pages of so many MiB. */
export function pagesOf(mib: number): number {
  return Math.floor((mib * 1_048_576) / WASM_PAGE_BYTES);
}
