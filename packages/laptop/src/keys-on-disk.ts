import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Keys of the folders `NAMESPACE/NAME` below a folder. */
export async function keysOnDisk(folder: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const namespace of await readdir(folder).catch(() => [])) {
    for (const name of await readdir(join(folder, namespace)).catch(() => [])) keys.push(`${namespace}/${name}`);
  }
  return keys;
}
