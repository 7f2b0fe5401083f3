import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_MEMORY_MIB, WASM_FILE } from './built-files.ts';

/** Where the Go program and its pinned modules are. */
export const GO_FOLDER = fileURLToPath(new URL('../go', import.meta.url));

/** Where builds are kept, one folder each. */
export const CACHE_FOLDER = fileURLToPath(new URL('../../../.cache/ytt', import.meta.url));

/** `-X`: as a released ytt, so that `version.require_at_least` in a template works. */
export const LINKER_FLAGS = '-s -w -X carvel.dev/ytt/pkg/version.Version=0.52.1';

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

/** The folder of the build of this version. Undefined when there is none. */
export function builtFolder(cache: string = CACHE_FOLDER): Promise<string | undefined> {
  // Any Go release will do: the folder holds the loader that belongs to it.
  return findBuild(cache, `${recipeDigest()}-`);
}
