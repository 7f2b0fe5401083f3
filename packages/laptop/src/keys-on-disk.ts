import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '@cartographer/oci';

/** Keys of the folders `NAMESPACE/NAME` below a folder. */
export async function keysOnDisk(folder: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const namespace of (await ifThere(readdir(folder))) ?? []) {
    for (const name of (await ifThere(readdir(join(folder, namespace)))) ?? []) keys.push(`${namespace}/${name}`);
  }
  return keys;
}
