import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CartoError, type Clock, messageOf } from '@cartographer/machinery';
import { ifThere, writeGzip } from '@cartographer/oci';

/** What was written: the digest and the size of the compressed archive. */
type StoredArchive = { readonly digest: string; readonly sizeBytes: number };

/** Archives on disk, under the paths by which the artifact server serves them. */
export interface ArtifactStore {
  readonly root: string;
  /** Compresses and stores a tar stream; readers see the old file or the new one, never half of one. */
  write(path: string, tar: AsyncIterable<Buffer>, signal: AbortSignal): Promise<StoredArchive>;
  /** Stores an archive as it is. */
  copy(path: string, archive: AsyncIterable<Buffer>, signal: AbortSignal): Promise<StoredArchive>;
  /** Whether an archive is there and is what it was. */
  check(path: string, digest: string): Promise<'intact' | 'missing' | 'altered'>;
  remove(path: string): Promise<void>;
  /**
   * Removes older archives beside the current one: those past their time to live, and more than the
   * number kept. Answers how many went.
   */
  collect(currentPath: string): Promise<number>;
  /** Removes a folder with everything in it; false when there was none. */
  removeFolder(folder: string): Promise<boolean>;
}

/** Flux's defaults: an old archive lives a minute longer for those who are just reading it, and two are kept in all. */
const RETENTION_MS = 60_000;
const RETAINED = 2;
const TEMPORARY = '.tmp-';

/** Makes a store below a folder, which is created when first written to. */
export function createArtifactStore(options: { readonly root: string; readonly clock: Clock }): ArtifactStore {
  const { root, clock } = options;
  let count = 0;

  function locate(path: string): string {
    const inside = normalize(path);
    if (inside.startsWith('/') || inside.startsWith('..')) throw new RangeError(`path ${path} leaves the store`);
    return join(root, inside);
  }

  async function put(path: string, write: (file: string) => Promise<StoredArchive>): Promise<StoredArchive> {
    const file = locate(path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    count += 1;
    const temporary = join(dirname(file), `${TEMPORARY}${process.pid}-${count}`);
    try {
      const { digest, sizeBytes } = await write(temporary);
      // The store's own clock dates the file, because it also decides how old it is.
      await utimes(temporary, clock.now() / 1000, clock.now() / 1000);
      await rename(temporary, file);
      return { digest, sizeBytes };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    root,
    write: (path, tar, signal) => put(path, (temporary) => writeGzip(tar, temporary, signal)),
    copy: (path, archive, signal) => put(path, (temporary) => writeAsIs(archive, temporary, signal)),
    async check(path, digest) {
      const file = locate(path);
      const found = await orStoreError(file, ifThere(lstat(file)));
      if (found === undefined || !found.isFile()) return 'missing';
      const hash = createHash('sha256');
      await orStoreError(file, pipeline(createReadStream(file), hash));
      return `sha256:${hash.digest('hex')}` === digest ? 'intact' : 'altered';
    },
    remove: (path) => orStoreError(path, rm(locate(path), { force: true })),
    async collect(currentPath) {
      const current = locate(currentPath);
      const files = await filesOf(dirname(current));
      const garbage = garbageOf(files, current, clock.now());
      for (const file of garbage) await orStoreError(file, rm(file, { force: true }));
      return garbage.length;
    },
    async removeFolder(folder) {
      const path = locate(folder);
      const found = await orStoreError(path, ifThere(lstat(path)));
      await orStoreError(path, rm(path, { recursive: true, force: true }));
      return found !== undefined;
    },
  };
}

async function writeAsIs(archive: AsyncIterable<Buffer>, file: string, signal: AbortSignal): Promise<StoredArchive> {
  const hash = createHash('sha256');
  await pipeline(archive, createWriteStream(file, { mode: 0o600, flush: true }), { signal });
  await pipeline(createReadStream(file), hash);
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes: (await lstat(file)).size };
}

/** What the file system refuses is the machine's trouble, not a bug. */
async function orStoreError<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const message = `artifact store: ${messageOf(error)}; check the folder of ${path}`;
    throw new CartoError('CARTO_ARTIFACT_STORE', message, { cause: error });
  }
}

type DatedFile = { readonly path: string; readonly writtenAt: number };

/** Which files go: first the expired, then the oldest beyond the number kept; never the current one. */
function garbageOf(files: readonly DatedFile[], current: string, now: number): readonly string[] {
  const others = files
    .filter(({ path }) => path !== current)
    .toSorted((left, right) => left.writtenAt - right.writtenAt);
  const expired = others.filter(({ writtenAt }) => now - writtenAt > RETENTION_MS);
  const surplus = others.slice(expired.length, Math.max(expired.length, files.length - RETAINED));
  return [...expired, ...surplus].map(({ path }) => path);
}

async function filesOf(folder: string): Promise<readonly DatedFile[]> {
  const names = (await orStoreError(folder, ifThere(readdir(folder)))) ?? [];
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const file = await orStoreError(path, ifThere(lstat(path)));
      return file?.isFile() === true ? [{ path, writtenAt: file.mtimeMs }] : [];
    }),
  );
  return found.flat();
}
