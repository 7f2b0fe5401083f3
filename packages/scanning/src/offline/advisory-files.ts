import { opendir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Unread } from '@cartographer/bills';
import { CartoError, messageOf } from '@cartographer/machinery';
import type { AdvisoryIndex } from '../advisories/advisory-index.ts';
import { openFile } from '../advisories/bytes.ts';
import { ARCHIVE_LIMITS, MAX_RECORD_BYTES, readAdvisory } from '../advisories/read-advisory.ts';
import { type RandomAccess, type ZipEntry, zipEntries } from '../advisories/zip.ts';

const MAX_FILES = 2_000_000;
const MAX_DEPTH = 32;
/** How many of what cannot be read are named; the rest is counted. */
const MAX_NAMED = 100;
/** Forms in which advisories come, too, and that are not read. */
const OTHER_FORMS = /\.(?:ya?ml|xml|gz|tgz|tar|zst|bz2|xz|7z|jsonl|csv)$/i;

/** What was loaded, and what could not be. */
export type Loaded = {
  /** Records that were read, withdrawn ones included. */
  records: number;
  withdrawn: number;
  /** Those that could not be read; the first hundred are named. */
  unreadCount: number;
  readonly unread: Unread[];
};

/** Where what is loaded goes, and who hears of it. */
export type LoadOptions = {
  readonly index: AdvisoryIndex;
  readonly loaded: Loaded;
  /** Called after each record that was read, to tell of progress. */
  readonly onRecord: (records: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Reads the OSV records of a folder (JSON files, and archives of them, in folders, too), of an archive, or of one file.
 * @throws CartoError `CARTO_ADVISORIES` when there is nothing that can be read as a whole.
 */
export async function loadAdvisories(path: string, options: LoadOptions): Promise<void> {
  const unreadable = (cause: unknown): never => {
    throw new CartoError('CARTO_ADVISORIES', `advisories ${path} cannot be read: ${messageOf(cause)}`, { cause });
  };
  const stats = await stat(path).catch(unreadable);
  if (stats.isDirectory()) return await loadFolder(path, options);
  await using file = await openFile(path).catch(unreadable);
  await loadDownloaded(file, path, options);
}

/**
 * The same of what is open already: an archive, or one record. A name says where it is from.
 * @throws CartoError `CARTO_ADVISORIES` for an archive that cannot be read as a whole.
 */
export async function loadDownloaded(bytes: RandomAccess, name: string, options: LoadOptions): Promise<void> {
  if (await isRecord(bytes)) return await loadEntry(recordIn(bytes), name, options);
  await loadZip(bytes, name, options).catch((cause: unknown) => {
    if (!(cause instanceof CartoError)) throw cause;
    throw new CartoError('CARTO_ADVISORIES', `advisories ${name}: the archive ${cause.message}`, { cause });
  });
}

async function loadFolder(root: string, options: LoadOptions): Promise<void> {
  const realRoot = await realpath(root);
  let files = 0;
  for await (const file of filesBelow(root, 0)) {
    options.signal.throwIfAborted();
    files += 1;
    const what = relative(root, file.path);
    if (files > MAX_FILES) return refuse(options.loaded, '.', `has more than ${MAX_FILES} files`);
    if (file.isTooDeep) refuse(options.loaded, what, `is more than ${MAX_DEPTH} folders deep`);
    else if (file.isLink && !(await leadsInside(file.path, realRoot))) {
      refuse(options.loaded, what, 'is a link that leads out of the folder, or nowhere');
    } else if (/\.json$/i.test(what)) await loadRecord(file.path, what, options);
    else if (/\.zip$/i.test(what)) await loadArchiveInside(file.path, what, options);
    else if (OTHER_FORMS.test(what)) refuse(options.loaded, what, 'is in a form that is not read: JSON and zip are');
  }
}

type Found = { readonly path: string; readonly isLink: boolean; readonly isTooDeep: boolean };

/** Files whose names do not begin with a dot: behind such stand what editors and mounted volumes keep for themselves. */
async function* filesBelow(folder: string, depth: number): AsyncGenerator<Found> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (!entry.isDirectory()) yield { path, isLink: entry.isSymbolicLink(), isTooDeep: false };
    else if (depth >= MAX_DEPTH) yield { path, isLink: false, isTooDeep: true };
    else yield* filesBelow(path, depth + 1);
  }
}

async function leadsInside(path: string, root: string): Promise<boolean> {
  const target = await realpath(path).catch(() => '');
  return target.startsWith(`${root}${sep}`);
}

async function loadRecord(path: string, what: string, { index, loaded, onRecord }: LoadOptions): Promise<void> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return refuse(loaded, what, 'is no file');
    if (stats.size > MAX_RECORD_BYTES)
      return refuse(loaded, what, `is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`);
    take(await readFile(path), what, index, loaded);
    onRecord(loaded.records);
  } catch (error) {
    refuse(loaded, what, `cannot be read: ${messageOf(error)}`);
  }
}

async function loadArchiveInside(path: string, what: string, options: LoadOptions): Promise<void> {
  await loadArchive(path, what, options).catch((error: unknown) => {
    if (!(error instanceof CartoError || (error instanceof Error && 'syscall' in error))) throw error;
    refuse(options.loaded, what, error.message);
  });
}

async function loadArchive(path: string, what: string, options: LoadOptions): Promise<void> {
  await using file = await openFile(path);
  await loadZip(file, what, options);
}

async function loadZip(archive: RandomAccess, what: string, options: LoadOptions): Promise<void> {
  for await (const entry of zipEntries(archive, ARCHIVE_LIMITS)) {
    options.signal.throwIfAborted();
    if (/\.json$/i.test(entry.name)) await loadEntry(entry, `${what}: ${entry.name}`, options);
    else if (OTHER_FORMS.test(entry.name) || /\.zip$/i.test(entry.name)) {
      refuse(options.loaded, `${what}: ${entry.name}`, 'is in a form that is not read inside an archive: JSON is');
    }
  }
}

async function loadEntry(
  entry: Pick<ZipEntry, 'read'>,
  what: string,
  { index, loaded, onRecord }: LoadOptions,
): Promise<void> {
  try {
    take(await entry.read(), what, index, loaded);
    onRecord(loaded.records);
  } catch (error) {
    if (!(error instanceof CartoError)) throw error;
    refuse(loaded, what, error.message);
  }
}

function take(bytes: Buffer, what: string, index: AdvisoryIndex, loaded: Loaded): void {
  const read = readAdvisory(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  if ('why' in read) return refuse(loaded, what, read.why);
  index.add(read.advisory);
  loaded.records += 1;
  if (read.advisory.withdrawn !== undefined) loaded.withdrawn += 1;
}

function refuse(loaded: Loaded, what: string, why: string): void {
  loaded.unreadCount += 1;
  if (loaded.unread.length < MAX_NAMED) loaded.unread.push({ what, why });
}

/** One record alone is JSON, which an archive never begins like. */
async function isRecord({ sizeBytes, read }: RandomAccess): Promise<boolean> {
  const start = await read(0, Math.min(16, sizeBytes));
  return /^\uFEFF?\s*\{/.test(start.toString('utf8'));
}

/** One record alone, as if it were in an archive. */
function recordIn({ sizeBytes, read }: RandomAccess): Pick<ZipEntry, 'read'> {
  return {
    read: async () => {
      if (sizeBytes > MAX_RECORD_BYTES) {
        throw new CartoError('CARTO_ADVISORIES', `is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`);
      }
      return await read(0, sizeBytes);
    },
  };
}
