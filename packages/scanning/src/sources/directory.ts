import { createHash } from 'node:crypto';
import { opendir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CartoError, messageOf } from '@cartographer/machinery';
import { ARCHIVE_LIMITS, MAX_RECORD_BYTES } from '../advisories/read-advisory.ts';
import type { SourceChange } from '../portfolio/change.ts';
import { compareTexts } from '../versions/order.ts';
import { isRecordFile, type Reading, type ReadingOptions, type RecordFile, recordChanges, refuse } from './reading.ts';

/** What is read of a folder. */
export type DirectoryLimits = { readonly files: number; readonly depth: number; readonly fileBytes: number };

/** As many as an archive may have: all of OSV is a million records. */
const DIRECTORY_LIMITS: DirectoryLimits = { files: ARCHIVE_LIMITS.maxEntries, depth: 16, fileBytes: MAX_RECORD_BYTES };

/**
 * What differs in a folder of OSV files, those in folders below it included; files and folders whose names begin with a
 * dot are passed over. Files are read in the order of their paths.
 * @throws CartoError `CARTO_ADVISORIES` when the folder itself cannot be read: nothing is taken away then.
 */
export function directoryChanges(
  root: string,
  reading: Reading,
  options: ReadingOptions,
  limits: DirectoryLimits = DIRECTORY_LIMITS,
): SourceChange {
  const revision = createHash('sha256');
  return recordChanges(
    recordFiles(root, reading, limits, (text) => revision.update(text)),
    reading,
    () => `sha256:${revision.digest('hex')}`,
    options,
  );
}

async function* recordFiles(
  root: string,
  reading: Reading,
  limits: DirectoryLimits,
  note: (text: string) => void,
): AsyncGenerator<RecordFile> {
  const realRoot = await realpath(root).catch((error: unknown) => {
    throw unreadable(root, error);
  });
  const paths: string[] = [];
  await findFiles(root, 0, limits, paths, (path, why) => refuse(reading, relative(root, path), why));
  for (const path of paths.toSorted(compareTexts)) {
    const what = relative(root, path).split(sep).join('/');
    yield {
      what,
      read: async () => {
        const bytes = await readRecord(path, realRoot, limits.fileBytes);
        note(`${what}\0${createHash('sha256').update(bytes).digest('hex')}\n`);
        return bytes;
      },
    };
  }
}

async function findFiles(
  folder: string,
  depth: number,
  limits: DirectoryLimits,
  paths: string[],
  refused: (path: string, why: string) => void,
): Promise<void> {
  const entries = await opendir(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  for await (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < limits.depth) await findFiles(path, depth + 1, limits, paths, refused);
      else refused(path, `is more than ${limits.depth} folders deep`);
      continue;
    }
    const form = isRecordFile(entry.name);
    if (form === true) {
      if (paths.length >= limits.files) {
        throw new CartoError(
          'CARTO_ADVISORIES',
          `advisories: ${folder} and the folders beside it have more than ${limits.files} files; make a source of each part`,
        );
      }
      paths.push(path);
    } else if (form !== undefined) {
      refused(path, form.why);
    }
  }
}

/** Links are followed within the folder alone, as mounted volumes have them. */
async function readRecord(path: string, realRoot: string, maxBytes: number): Promise<Buffer> {
  const refused = (why: string): CartoError => new CartoError('CARTO_ADVISORIES', why);
  try {
    if (!(await realpath(path)).startsWith(`${realRoot}${sep}`))
      throw refused('is a link that leads out of the folder');
    const stats = await stat(path);
    if (!stats.isFile()) throw refused('is no file');
    if (stats.size > maxBytes) throw refused(`is larger than ${maxBytes / 1024 / 1024} MiB`);
    return await readFile(path);
  } catch (error) {
    throw error instanceof CartoError ? error : refused(`cannot be read: ${messageOf(error)}`);
  }
}

function unreadable(folder: string, cause: unknown): CartoError {
  return new CartoError('CARTO_ADVISORIES', `advisories: folder ${folder} cannot be read: ${messageOf(cause)}`, {
    cause,
  });
}
