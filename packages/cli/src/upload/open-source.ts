import type { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orUnreadable, type SourceEntry, type SourceTree, unreadable } from './source-tree.ts';

/** The two bytes of every zip archive, a jar or war among them. */
const ZIP = 'PK';

/**
 * Opens what `--local-path` names.
 * @throws CartoError `CARTO_LOCAL_SOURCE` when it is neither a folder nor a zip archive, or cannot be read.
 */
export async function openSource(path: string): Promise<SourceTree> {
  const found = await orUnreadable(path, '', stat(path));
  if (found.isDirectory()) return folderTree(path);
  if (found.isFile() && (await firstBytes(path)) === ZIP) return (await import('./zip-tree.ts')).zipTree(path);
  throw unreadable(path, '', 'it is neither a folder nor a zip, jar or war archive');
}

async function firstBytes(path: string): Promise<string> {
  const file = await orUnreadable(path, '', open(path));
  try {
    const { buffer, bytesRead } = await file.read({ length: ZIP.length });
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function folderTree(path: string): SourceTree {
  return {
    path,
    async entries(folder) {
      const names = await orUnreadable(path, folder, readdir(join(path, folder)));
      return Promise.all(names.map((name) => entryAt(path, folder, name)));
    },
    async *read(file) {
      try {
        yield* createReadStream(join(path, file)) as AsyncIterable<Buffer>;
      } catch (error) {
        throw unreadable(path, file, error);
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function entryAt(path: string, folder: string, name: string): Promise<SourceEntry> {
  const found = await orUnreadable(path, join(folder, name), lstat(join(path, folder, name)));
  return {
    name,
    kind: found.isDirectory() ? 'folder' : found.isFile() ? 'file' : found.isSymbolicLink() ? 'link' : 'other',
    executable: (found.mode & 0o111) !== 0,
    sizeBytes: found.size,
  };
}
