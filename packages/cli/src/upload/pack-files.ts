import { Buffer } from 'node:buffer';
import { dirname } from 'node:path';
import { type Compressed, tarEnd, tarHeader, tarPadding, writeGzip } from '@cartographer/oci';
import type { SourceFile } from './select-files.ts';
import { type SourceTree, unreadable } from './source-tree.ts';

/**
 * Packs files into a tar.gz at `target`: the same bytes for the same names, contents and executable bits, whoever owns them,
 * whenever they were written, and on whatever machine.
 * @throws CartoError `CARTO_LOCAL_SOURCE` when a file cannot be read, or changes meanwhile.
 */
export function packFiles(
  tree: SourceTree,
  files: readonly SourceFile[],
  { target, signal }: { readonly target: string; readonly signal: AbortSignal },
): Promise<Compressed> {
  return writeGzip(tarOf(tree, files), target, signal);
}

async function* tarOf(tree: SourceTree, files: readonly SourceFile[]): AsyncGenerator<Buffer> {
  const begun = new Set<string>(['.']);
  for (const { path, executable, sizeBytes } of files) {
    for (const folder of foldersAbove(path)) {
      if (begun.has(folder)) continue;
      begun.add(folder);
      // The slash at the end is how every tar marks a folder.
      yield tarHeader({ kind: 'folder', path: `${binary(folder)}/`, mode: 0o755 });
    }
    yield tarHeader({ kind: 'file', path: binary(path), executable, sizeBytes, mode: executable ? 0o755 : 0o644 });
    let read = 0;
    for await (const chunk of tree.read(path)) {
      read += chunk.length;
      if (read > sizeBytes) break;
      yield chunk;
    }
    if (read !== sizeBytes) throw unreadable(tree.path, path, 'it changed while it was packed; try again');
    yield tarPadding(sizeBytes);
  }
  yield tarEnd();
}

/** The folders that a path lies in, outermost first. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [...foldersAbove(folder), folder];
}

/** As {@link tarHeader} takes a path. */
function binary(path: string): string {
  return Buffer.from(path).toString('latin1');
}
