import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, posix } from 'node:path';

import { ArchiveError } from '../archive/archive-error.ts';
import { ifThere } from '../archive/if-there.ts';
import { readTar } from '../archive/read-tar.ts';
import { ImageError } from '../content/image-error.ts';
import { MAX_MANIFEST_BYTES } from '../content/manifest.ts';

/** A file of a layout. */
export type LayoutFile = { readonly sizeBytes: number; stream(): AsyncIterable<Buffer> };

/** The files of a layout by their paths, wherever they are. */
export type LayoutFiles = (path: string) => Promise<LayoutFile | undefined>;

/** `docker save` writes a few files for each layer; without a bound a small archive could fill the memory. */
const MAX_ENTRIES = 100_000;
const MAX_HOPS = 8;

/** The files of a folder. Paths are ours or from digests: they lead nowhere else. */
export function filesOfFolder(folder: string): LayoutFiles {
  return async (path) => {
    const file = join(folder, path);
    const found = await ifThere(stat(file));
    return found?.isFile() === true ? { sizeBytes: found.size, stream: () => createReadStream(file) } : undefined;
  };
}

type Place = { readonly offset: number; readonly sizeBytes: number } | { readonly target: string };

/**
 * The files of an archive that is not compressed: where each is, is found by reading through it once.
 *
 * @throws ArchiveError when it is broken.
 */
export async function filesOfArchive(archive: string, signal: AbortSignal): Promise<LayoutFiles> {
  const places = new Map<string, Place>();
  for await (const { kind, path, target, offset, sizeBytes } of readTar(createReadStream(archive, { signal }))) {
    const name = posix.normalize(path);
    if (kind === 'file') places.set(name, { offset, sizeBytes });
    // `docker save` once wrote layers that several images share as links.
    if (kind === 'link') places.set(name, { target: posix.normalize(posix.join(posix.dirname(path), target)) });
    if (places.size > MAX_ENTRIES) throw new ArchiveError(`the archive has more than ${MAX_ENTRIES} files`);
  }
  return (path) => {
    let place = places.get(posix.normalize(path));
    for (let hops = 0; place !== undefined && 'target' in place && hops < MAX_HOPS; hops += 1) {
      place = places.get(place.target);
    }
    if (place === undefined || 'target' in place) return Promise.resolve(undefined);
    const { offset: start, sizeBytes } = place;
    return Promise.resolve({
      sizeBytes,
      stream: () => (sizeBytes === 0 ? nothing() : createReadStream(archive, { start, end: start + sizeBytes - 1 })),
    });
  };
}

async function* nothing(): AsyncGenerator<Buffer> {}

/**
 * Reads a small file of a layout.
 *
 * @throws ImageError when it is missing or larger than a manifest may be.
 */
export async function wholeFile(files: LayoutFiles, path: string, where: string): Promise<Buffer> {
  const file = await files(path);
  if (file === undefined) throw new ImageError(`${where} has no ${path}`);
  boundedSize(file, `${path} of ${where}`);
  return Buffer.concat(await Array.fromAsync(file.stream()));
}

/** @throws ImageError when the file is larger than a manifest may be. */
export function boundedSize({ sizeBytes }: LayoutFile, what: string): number {
  if (sizeBytes > MAX_MANIFEST_BYTES) throw new ImageError(`${what} has more than ${MAX_MANIFEST_BYTES} bytes`);
  return sizeBytes;
}
