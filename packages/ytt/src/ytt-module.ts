import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { CartoError } from '@cartographer/machinery';
import { builtFolder } from '#built';
import { LOADER_FILE, pagesOf, WASM_FILE } from './built-files.ts';
import { withMemoryMaximum } from './wasm-memory.ts';
import { type WasmModule, webAssembly } from './web-assembly.ts';

/** ytt, compiled and ready to be started in any number of workers, which share its machine code. */
export type YttModule = { readonly module: WasmModule; readonly loader: string };

// More than any build of ytt unpacks to; a damaged file must not fill the memory.
const MAX_MODULE_BYTES = 200_000_000;

/**
 * Loads what `npm run build:ytt` built, off the event loop; undefined when this version of ytt is not built.
 * @throws CartoError `CARTO_YTT_LOAD` when the build is damaged.
 */
export async function loadYttModule(memoryMiB: number, cache?: string): Promise<YttModule | undefined> {
  const folder = await builtFolder(cache);
  if (folder === undefined) return undefined;
  try {
    const [compressed, loader] = await Promise.all([
      readFile(join(folder, WASM_FILE)),
      readFile(join(folder, LOADER_FILE), 'utf8'),
    ]);
    const bytes = await promisify(zstdDecompress)(compressed, { maxOutputLength: MAX_MODULE_BYTES });
    const limited = withMemoryMaximum(bytes, pagesOf(memoryMiB));
    return { module: await webAssembly.compile(limited), loader };
  } catch (cause) {
    const message = `cannot load ytt from ${folder}: ${String(cause)}; remove that folder and run npm run build:ytt`;
    throw new CartoError('CARTO_YTT_LOAD', message, { cause });
  }
}
