import { createHash } from 'node:crypto';
import { CartoError, type Clock, messageOf } from '@cartographer/machinery';
import { openFile } from '../advisories/bytes.ts';
import { ARCHIVE_LIMITS } from '../advisories/read-advisory.ts';
import { type RandomAccess, type ZipLimits, zipEntries } from '../advisories/zip.ts';
import type { SourceChange } from '../portfolio/change.ts';
import { type Download, download, downloadNewer, type Fetch, type FileVersion, isUrl } from './download.ts';
import {
  isReadAlike,
  isRecordFile,
  type Reading,
  type ReadingOptions,
  type RecordFile,
  recordChanges,
  refuse,
} from './reading.ts';

/** An archive that has lost more than that part of its records is taken for broken. */
const LEAST_LEFT = 0.5;
/** An archive is hashed by pieces of that. */
const HASHED_BYTES = 1024 * 1024;

/** Where an archive is, and what was taken in of it. */
export type ArchiveOptions = ReadingOptions & {
  /** A path, or a URL. */
  readonly from: string;
  /** The revision that was taken in last; empty at first. */
  readonly revision: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly authorization?: string;
  readonly limits?: ZipLimits;
};

/**
 * What differs in an archive of OSV records, `all.zip`: undefined where it is the one that was taken in. Of a newer one only
 * the records with another text are parsed. An archive that is cut off, older than the last one, or has lost most of its
 * records takes nothing away.
 * @throws CartoError `CARTO_ADVISORIES` now, or while its changes are read.
 */
export async function archiveChanges(reading: Reading, options: ArchiveOptions): Promise<SourceChange | undefined> {
  const isKept = options.revision !== '' && isReadAlike(options.kept, options.ecosystems);
  if (!isUrl(options.from)) {
    const revision = await digestOfFile(options.from, options.signal);
    if (isKept && revision === options.revision) return undefined;
    return fromFile(options.from, revision, reading, options);
  }
  const known = versionOf(options.revision);
  const { fetch, clock, signal, authorization } = options;
  const how = { fetch, clock, signal, ...(authorization !== undefined && { authorization }) };
  const file = await (isKept ? downloadNewer(options.from, known, how) : download(options.from, how));
  if (file === undefined) return undefined;
  return downloaded(file, known, reading, options);
}

async function* fromFile(path: string, revision: string, reading: Reading, options: ArchiveOptions): SourceChange {
  await using archive = await openFile(path);
  return yield* changesOf(archive, path, revision, reading, options);
}

async function* downloaded(
  file: Download,
  known: FileVersion,
  reading: Reading,
  options: ArchiveOptions,
): SourceChange {
  await using archive = file;
  const { host } = new URL(options.from);
  const { etag, modified } = archive.version;
  if (known.modified !== '' && modified !== '' && modified < known.modified) {
    throw new CartoError(
      'CARTO_ADVISORIES',
      `advisories: ${host} went back from ${known.modified} to ${modified}; the newer ones are kept`,
    );
  }
  const tag = etag === '' ? await digestOf(archive.bytes, options.signal) : etag;
  const revision = [modified, tag].filter((part) => part !== '').join(' ');
  return yield* changesOf(archive.bytes, host, revision, reading, options);
}

async function* changesOf(
  archive: RandomAccess,
  shown: string,
  revision: string,
  reading: Reading,
  options: ArchiveOptions,
): SourceChange {
  const check = ({ records, leftOut }: Reading): void => {
    const had = options.kept.size;
    if (had === 0 && records === 0) throw refused(shown, 'it has no OSV record that counts');
    if (records + leftOut >= had * LEAST_LEFT) return;
    const left = `${records + leftOut} records where ${had} are kept`;
    throw refused(shown, `it has ${left}, which stay; make the source anew if that is meant`);
  };
  try {
    return yield* recordChanges(
      recordFiles(zipEntries(archive, options.limits ?? ARCHIVE_LIMITS), reading),
      reading,
      () => revision,
      { ...options, check, onlyNewer: true },
    );
  } catch (error) {
    if (!(error instanceof CartoError) || error.code !== 'CARTO_ARCHIVE') throw error;
    throw new CartoError('CARTO_ADVISORIES', `advisories: archive ${shown} ${error.message}`, { cause: error });
  }
}

function refused(shown: string, why: string): CartoError {
  return new CartoError('CARTO_ADVISORIES', `advisories: ${shown}: ${why}`);
}

async function* recordFiles(entries: ReturnType<typeof zipEntries>, reading: Reading): AsyncGenerator<RecordFile> {
  for await (const { name, read } of entries) {
    const form = isRecordFile(name);
    if (form === true) yield { what: name, read };
    else if (form !== undefined) refuse(reading, name, form.why);
  }
}

async function digestOfFile(path: string, signal: AbortSignal): Promise<string> {
  try {
    await using file = await openFile(path);
    return await digestOf(file, signal);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new CartoError('CARTO_ADVISORIES', `advisories: archive ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function digestOf({ sizeBytes, read }: RandomAccess, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += HASHED_BYTES) {
    signal.throwIfAborted();
    hash.update(await read(at, Math.min(HASHED_BYTES, sizeBytes - at)));
  }
  return `sha256:${hash.digest('hex')}`;
}

/** A revision of a URL is the time of its change and its ETag, as far as the server says them. */
function versionOf(revision: string): FileVersion {
  const [, modified = '', etag = ''] = /^(\d{4}-\S+Z)? ?(.*)$/.exec(revision) ?? [];
  return { modified, etag: etag.startsWith('sha256:') ? '' : etag };
}
