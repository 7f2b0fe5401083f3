import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { ArchiveError } from './archive-error.ts';
import { staysInside } from './link-target.ts';
import { tarEnd, tarHeader, tarPadding } from './write-tar.ts';

/** A folder of the disk that becomes a folder of an archive. */
export type TarRoot = {
  readonly folder: string;
  /** Its path in the archive, without slashes at the ends. */
  readonly path: string;
  /** Which names directly below it are taken; all of them by default. */
  readonly takes?: (name: string) => boolean;
};

/**
 * The tar stream of a folder, the same bytes for the same content: sorted, owner 0, time 0, and modes that say only
 * whether a file is executable.
 *
 * @throws ArchiveError when there is something that an archive for others cannot hold.
 */
export async function* tarOfFolder(root: TarRoot, signal: AbortSignal): AsyncGenerator<Buffer> {
  const parts = root.path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) yield folderHeader(parts.slice(0, depth).join('/'));
  yield* contents(Buffer.from(root.folder), { ...root, path: Buffer.from(root.path).toString('latin1') }, '', signal);
  yield tarEnd();
}

async function* contents(folder: Buffer, root: TarRoot, inside: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const names = (await readdir(folder, { encoding: 'buffer' })).map((name) => name.toString('latin1')).toSorted();
  for (const name of names) {
    signal.throwIfAborted();
    if (inside === '' && root.takes !== undefined && !root.takes(name)) continue;
    const place = Buffer.concat([folder, Buffer.from(`/${name}`, 'latin1')]);
    const below = inside === '' ? name : `${inside}/${name}`;
    const path = `${root.path}/${below}`;
    const found = await lstat(place);
    if (found.isDirectory()) {
      yield folderHeader(path);
      yield* contents(place, root, below, signal);
    } else if (found.isSymbolicLink()) {
      const target = (await readlink(place, { encoding: 'buffer' })).toString('latin1');
      checkLink(below, target);
      yield tarHeader({ kind: 'link', path, target });
    } else if (found.isFile()) {
      yield* file(place, path, found);
    } else {
      throw new ArchiveError(
        `'${below}' is neither a file nor a folder nor a symbolic link; the build must not leave it`,
      );
    }
  }
}

async function* file(
  place: Buffer,
  path: string,
  { size, mode }: { readonly size: number; readonly mode: number },
): AsyncGenerator<Buffer> {
  const executable = (mode & 0o111) !== 0;
  yield tarHeader({ kind: 'file', path, executable, sizeBytes: size, mode: executable ? 0o755 : 0o644 });
  let read = 0;
  if (size > 0) {
    for await (const chunk of createReadStream(place, { end: size - 1 }) as AsyncIterable<Buffer>) {
      read += chunk.length;
      yield chunk;
    }
  }
  if (read !== size) throw new ArchiveError(`'${path}' changed while it was packed`);
  yield tarPadding(size);
}

function folderHeader(path: string): Buffer {
  // The slash at the end is how every tar marks a folder.
  return tarHeader({ kind: 'folder', path: `${path}/`, mode: 0o755 });
}

function checkLink(path: string, target: string): void {
  if (staysInside(path, target)) return;
  throw new ArchiveError(`the link '${path}' leads out of the app, to '${target}'; replace it by what it points to`);
}
