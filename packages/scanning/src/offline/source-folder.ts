import { opendir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isReadInSource, SOURCE_LIMITS, type SourceFile } from '../inventory/read-source.ts';

/**
 * The files of a folder, those without meaning to the inventory without their bytes. Links are not followed: what they
 * lead to is either in the folder anyway, or not of it.
 */
export async function* sourceFiles(root: string, folder: string = root): AsyncGenerator<SourceFile> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== '.git' && entry.name !== 'node_modules') yield* sourceFiles(root, path);
    } else if (entry.isFile()) {
      yield { path: relative(root, path).replaceAll('\\', '/'), bytes: await bytesAt(path, relative(root, path)) };
    }
  }
}

async function bytesAt(path: string, name: string): Promise<Uint8Array | undefined> {
  if (!isReadInSource(name)) return undefined;
  const { size } = await stat(path);
  return size > SOURCE_LIMITS.fileBytes ? undefined : await readFile(path);
}
