import { Buffer } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { trimRight } from '@cartographer/machinery';
import { ArchiveError } from './archive-error.ts';
import { staysInside } from './link-target.ts';
import { readTar, type TarItem } from './read-tar.ts';

/** Bounds of what is unpacked, so that a small archive cannot fill the disk. */
export type UnpackLimits = { readonly maxEntries: number; readonly maxBytes: number };

/** Generous for an app with its dependencies. */
const defaultUnpackLimits: UnpackLimits = { maxEntries: 200_000, maxBytes: 2 * 1024 ** 3 };

/**
 * Unpacks a tar stream into a folder. Nothing is ever written outside of it: entries whose path or link leaves the
 * folder are refused, and so is a path that leads through a link.
 *
 * @throws ArchiveError when the archive is broken, too large or tries to leave the folder.
 */
export async function unpackTar(
  tar: AsyncIterable<Buffer>,
  folder: string,
  options: {
    readonly signal: AbortSignal;
    readonly limits?: UnpackLimits;
    /** How many leading folders of each path are left out, as tar has it. */
    readonly stripComponents?: number;
  },
): Promise<void> {
  const { signal, limits = defaultUnpackLimits, stripComponents = 0 } = options;
  const links = new Set<string>();
  let entries = 0;
  let bytes = 0;
  await mkdir(folder, { recursive: true });
  for await (const item of readTar(tar)) {
    signal.throwIfAborted();
    entries += 1;
    bytes += item.sizeBytes;
    if (entries > limits.maxEntries) throw new ArchiveError(`the archive has more than ${limits.maxEntries} entries`);
    if (bytes > limits.maxBytes) throw new ArchiveError(`the archive holds more than ${limits.maxBytes} bytes`);
    const path = safePath(item.path, links, stripComponents);
    if (path !== '.') await unpackItem(item, path, folder, { links, signal }).catch((error) => told(error, path));
  }
}

async function unpackItem(
  item: TarItem,
  path: string,
  folder: string,
  { links, signal }: { readonly links: Set<string>; readonly signal: AbortSignal },
): Promise<void> {
  const place = inFolder(folder, path);
  await mkdir(dirnameOf(place), { recursive: true });
  switch (item.kind) {
    case 'folder':
      await mkdir(place, { recursive: true, mode: 0o755 });
      return;
    case 'file': {
      links.delete(path);
      await rm(place, { force: true });
      const file = createWriteStream(place, { mode: (item.mode & 0o111) === 0 ? 0o644 : 0o755 });
      await pipeline(Readable.from(item.content, { objectMode: false }), file, { signal });
      return;
    }
    case 'link': {
      if (!staysInside(path, item.target)) {
        throw new ArchiveError(
          `the link '${printable(path)}' leads out of the archive, to '${printable(item.target)}'`,
        );
      }
      await rm(place, { force: true });
      await symlink(Buffer.from(item.target, 'latin1'), place);
      links.add(path);
      return;
    }
    case 'hardlink':
    case 'device':
    case 'other':
      throw new ArchiveError(`'${printable(path)}' is neither a file nor a folder nor a symbolic link`);
  }
}

/** What the disk says about an impossible entry is the archive's fault; what it says about itself is not. */
function told(error: unknown, path: string): never {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!['ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR', 'EEXIST', 'ENAMETOOLONG', 'EINVAL', 'ELOOP'].includes(code)) throw error;
  throw new ArchiveError(`'${printable(path)}' cannot be unpacked: ${message}`, error);
}

/** The path without detours; refuses one that leaves the folder, directly or through a link. */
function safePath(text: string, links: ReadonlySet<string>, stripComponents: number): string {
  const whole = trimRight(posix.normalize(text.replace(/^(\.?\/)+/, '')), '/') || '.';
  const path = whole.split('/').slice(stripComponents).join('/') || '.';
  if (path === '..' || path.startsWith('../') || path.startsWith('/') || path.includes('\0')) {
    throw new ArchiveError(`the entry '${printable(text)}' leads out of the archive`);
  }
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (links.has(path.slice(0, slash))) throw new ArchiveError(`the entry '${printable(text)}' leads through a link`);
  }
  return path;
}

/** Names of files are bytes; only a Buffer passes those that are no UTF-8. */
function inFolder(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
}

function dirnameOf(place: Buffer): Buffer {
  return place.subarray(0, place.lastIndexOf(0x2f));
}

function printable(path: string): string {
  return JSON.stringify(Buffer.from(path, 'latin1').toString('utf8').slice(0, 200)).slice(1, -1);
}
