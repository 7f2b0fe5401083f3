import { type Bill, BillError, billOf, readBill, type Unread } from '@cartographer/bills';
import { type LockContents, type LockFile, LockFileError, type LockReader } from './lockfiles/lock-file.ts';
import { isUnreadLock, lockReaderOf } from './lockfiles/lock-files.ts';
import { type Covered, coveredBy, isManifest, unlockedBy } from './manifests.ts';

/** One file of a source. */
export type SourceFile = {
  /** Below the source, parts joined by `/`; a `./` before it does not count. */
  readonly path: string;
  /** Undefined where whoever walks the source would not keep so much. */
  readonly bytes: Uint8Array | undefined;
};

/** How much of a source is read. What is beyond is named in `unread`. */
export type SourceLimits = {
  /** Files that are looked at, by name alone, at most. */
  readonly files: number;
  /** Folders within folders. */
  readonly depth: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Bytes of all files that are read, together. */
  readonly totalBytes: number;
};

/** Beyond any real source: its lock files have some megabytes. */
export const SOURCE_LIMITS: SourceLimits = {
  files: 1_000_000,
  depth: 64,
  fileBytes: 32 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
};

/** What requirements may include has any name; real ones are small, and not worth a word where they are not. */
const MOST_INCLUDED_BYTES = 256 * 1024;

/** Whose files are not this source's: what git keeps, and packages that npm put there, with their authors' lock files. */
const SKIPPED = new Set(['.git', 'node_modules']);

/**
 * Whether the inventory asks for the contents of a file of this path: those of all others may be left out. `.git` and
 * `node_modules` are not looked into; `.gitignore` is not asked, since what is in a source counts.
 */
export function isReadInSource(path: string): boolean {
  return kindOf(normalised(path)) !== undefined;
}

/**
 * The packages that the lock files and bills of a source name, wherever they stand in it. Named as unread are lock files
 * that cannot be read or are beyond a limit, and manifests whose dependencies no lock file covers.
 */
export async function readSource(
  files: AsyncIterable<SourceFile> | Iterable<SourceFile>,
  limits: SourceLimits = SOURCE_LIMITS,
): Promise<Bill> {
  const beyond: Unread[] = [];
  const texts = await textsOf(files, limits, beyond);
  const all: LockContents[] = [{ packages: [], unread: beyond }];
  const covered = coveredBy(texts.keys());
  // Files that others include come last, each once.
  const readers = new Map([...texts.keys()].map((path) => [path, lockReaderOf(path)] as const));
  for (const [path, reader] of readers) {
    const found = contentsOf({ path, text: texts.get(path) ?? '' }, reader, covered);
    all.push(found);
    for (const { written, path: other } of found.includes ?? []) {
      if (!texts.has(other)) beyond.push({ what: `${path}: ${written}`, why: 'is not in the source' });
      else if (readers.get(other) === undefined) {
        readers.delete(other);
        readers.set(other, reader);
      }
    }
  }
  return billOf(
    all.flatMap(({ packages }) => packages),
    all.flatMap(({ unread }) => unread),
  );
}

/** Nothing says what it depends on, or says it in a way that is not read. */
const NOT_UNDERSTOOD: Unread = {
  what: 'source',
  why: 'has no lock file that is read: what it depends on is not known',
};

function contentsOf(file: LockFile, reader: LockReader | undefined, covered: Covered): LockContents {
  const { path, text } = file;
  const why = unlockedBy(path, text, covered);
  if (why !== undefined) return { packages: [], unread: [{ what: path, why }] };
  try {
    if (reader !== undefined) return reader(file);
    return isBill(path) ? billAt(path, text) : { packages: [], unread: [] };
  } catch (error) {
    if (!(error instanceof LockFileError) && !(error instanceof BillError)) throw error;
    return { packages: [], unread: [{ what: path, why: error.message }] };
  }
}

function billAt(path: string, text: string): LockContents {
  const { packages, unread } = readBill(text);
  return {
    packages: packages.map((item) => ({ ...item, places: [path] })),
    unread: unread.map(({ what, why }) => ({ what: `${path}: ${what}`, why })),
  };
}

/** The texts of the files that count, by path, and of what requirements may include. */
async function textsOf(
  files: AsyncIterable<SourceFile> | Iterable<SourceFile>,
  limits: SourceLimits,
  unread: Unread[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  let [count, total] = [0, 0];
  for await (const file of files) {
    count += 1;
    if (count > limits.files) {
      unread.push({ what: 'source', why: `has more than ${limits.files} files` });
      break;
    }
    const path = normalised(file.path);
    const kind = kindOf(path);
    if (kind === undefined) continue;
    const size = file.bytes?.length ?? Number.POSITIVE_INFINITY;
    if (kind === 'included' && size > MOST_INCLUDED_BYTES) continue;
    const why = problemOf(path, kind, size, total, limits);
    const text = why === undefined && file.bytes !== undefined ? decoded(file.bytes) : undefined;
    if (text !== undefined) {
      total += size;
      texts.set(path, text);
    } else if (kind !== 'included') unread.push({ what: path, why: why ?? 'is neither UTF-8 nor UTF-16' });
    // An unread lock file still covers its manifest: one word about both is enough.
    if (kind === 'unread') texts.set(path, '');
  }
  const isUnderstood = count === 0 || [...texts.keys()].some((path) => kindOf(path) !== 'included');
  if (!isUnderstood && unread.length === 0) unread.push(NOT_UNDERSTOOD);
  return texts;
}

function problemOf(path: string, kind: Kind, size: number, total: number, limits: SourceLimits): string | undefined {
  if (kind === 'unread') return 'locks versions in a form that is not read';
  if (path.split('/').length - 1 > limits.depth) return `is more than ${limits.depth} folders deep`;
  if (size > limits.fileBytes) return `is larger than ${limits.fileBytes} bytes`;
  return total + size > limits.totalBytes
    ? `is beyond the ${limits.totalBytes} bytes that are read of a source`
    : undefined;
}

type Kind = 'lock' | 'manifest' | 'bill' | 'unread' | 'included';

function kindOf(path: string): Kind | undefined {
  const parts = path.split('/');
  if (parts.some((part) => SKIPPED.has(part))) return undefined;
  if (lockReaderOf(path) !== undefined) return 'lock';
  if (isBill(path)) return 'bill';
  if (isUnreadLock(path) || isUnreadBill(path)) return 'unread';
  if (isManifest(path)) return 'manifest';
  return /\.(?:txt|in|pip)$/.test(path) ? 'included' : undefined;
}

/** File names that the formats ask for. */
function isBill(path: string): boolean {
  return /(?:^|\/)bom\.json$|\.cdx\.json$|\.spdx\.json$/i.test(path);
}

function isUnreadBill(path: string): boolean {
  return /(?:^|\/)bom\.xml$|\.cdx\.xml$|\.spdx(?:\.(?:rdf|xml|ya?ml))?$/i.test(path);
}

function normalised(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '');
}

function decoded(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  try {
    return new TextDecoder(isWide ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8', { fatal: true }).decode(
      bytes,
    );
  } catch {
    return undefined;
  }
}
