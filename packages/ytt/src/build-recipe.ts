import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WASM_PAGE_BYTES } from './wasm-memory.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

/** Where the Go program and its pinned modules are. */
export const GO_FOLDER = join(import.meta.dirname, '..', 'go');

/** Where builds are kept, one folder each. */
export const CACHE_FOLDER = join(REPOSITORY, '.cache', 'ytt');

/** The module, compressed with zstd: as small as gzip makes it, and read in half the time. */
export const WASM_FILE = 'ytt.wasm.zst';

/** The loader of exactly that Go release that built the module. */
export const LOADER_FILE = 'wasm_exec.js';

/** The memory that a worker may use unless told otherwise; it is written into the module. */
export const DEFAULT_MEMORY_MIB = 256;

/** `-X`: as a released ytt, so that `version.require_at_least` in a template works. */
export const LINKER_FLAGS = '-s -w -X carvel.dev/ytt/pkg/version.Version=0.52.1';

/** WebAssembly pages of so many MiB. */
export function pagesOf(mib: number): number {
  return Math.floor((mib * 1_048_576) / WASM_PAGE_BYTES);
}

/** Names what is built: a change of the program, its modules or the way of building gives another name. */
export function recipeDigest(): string {
  const hash = createHash('sha256').update(`${LINKER_FLAGS}\n${DEFAULT_MEMORY_MIB}\n${WASM_FILE}\n`);
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(GO_FOLDER, file))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** The folder of a build whose name begins so: that of the newest Go release, if there are several. */
export async function findBuild(cache: string, prefix: string): Promise<string | undefined> {
  const names = (await readdir(cache).catch((): string[] => [])).filter((name) => name.startsWith(prefix));
  const [newest] = names.toSorted((left, right) => right.localeCompare(left, 'en', { numeric: true }));
  return newest === undefined ? undefined : join(cache, newest);
}
