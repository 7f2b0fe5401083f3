import type { Buffer } from 'node:buffer';
import { CartoError, messageOf } from '@cartographer/machinery';

/** An entry of a folder of sources. */
export type SourceEntry = {
  readonly name: string;
  /** A symbolic link, a socket and the like are told of, and left out. */
  readonly kind: 'folder' | 'file' | 'link' | 'other';
  readonly executable: boolean;
  readonly sizeBytes: number;
};

/** Sources where the user has them: a folder, or an archive that is read as one. Paths are below it, without slashes at the ends. */
export interface SourceTree extends AsyncDisposable {
  /** As the user named it, for messages. */
  readonly path: string;
  entries(folder: string): Promise<readonly SourceEntry[]>;
  read(file: string): AsyncIterable<Buffer>;
}

/** What keeps a file of the sources, or all of them, from being packed. */
export function unreadable(path: string, file: string, why: unknown): CartoError {
  // Not joined: what leads out of an archive is to be seen.
  const where = file === '' ? path : `${path}/${file}`;
  const message = `--local-path: ${where} cannot be packed: ${typeof why === 'string' ? why : messageOf(why)}`;
  return new CartoError('CARTO_LOCAL_SOURCE', message, { cause: why, retry: 'never' });
}

/** What the disk refuses is told with the file. @throws CartoError `CARTO_LOCAL_SOURCE` */
export async function orUnreadable<T>(path: string, file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unreadable(path, file, error);
  }
}
