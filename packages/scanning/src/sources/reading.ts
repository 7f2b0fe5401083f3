import { createHash } from 'node:crypto';
import type { Unread } from '@cartographer/bills';
import { CartoError } from '@cartographer/machinery';
import type { Advisory } from '../advisories/advisory.ts';
import { readAdvisory } from '../advisories/read-advisory.ts';
import type { SourceChange } from '../portfolio/change.ts';
import { baseEcosystem } from '../versions/ecosystems.ts';
import { compareTexts } from '../versions/order.ts';

/** A file of a source that should hold one record. */
export type RecordFile = {
  /** Where it is within the source: `GHSA-….json`. */
  readonly what: string;
  /** @throws CartoError when it cannot be read: the message says why, as a predicate. */
  readonly read: () => Promise<Buffer>;
};

/** What a source had when it was read last. */
export type Reading = {
  /** Records that count, those that were kept already included. */
  records: number;
  /** Records that were parsed, since their text differs from what is kept. */
  parsed: number;
  /** Files that do not count; the first hundred are named. */
  unreadCount: number;
  readonly unread: Unread[];
  /** Records of ecosystems that are not wanted. */
  leftOut: number;
  /** Kept records that are missing, and kept nevertheless, since they may be in a file that cannot be read. */
  withheld: number;
};

/** How the records of a source are read. */
export type ReadingOptions = {
  /** The digest of each record that is kept, by id. */
  readonly kept: ReadonlyMap<string, string>;
  /** Records of these alone are taken; all, where it is left out. */
  readonly ecosystems?: readonly string[];
  readonly signal: AbortSignal;
  /** A text that was modified before the kept one does not count. */
  readonly onlyNewer?: boolean;
  /** Asked before anything is taken away; refuses by throwing. */
  readonly check?: (reading: Reading) => void;
};

/** Goes up whenever an {@link Advisory} is read in another way: every record differs then. */
const FORMAT = 1;
const MAX_NAMED = 100;
/** Forms in which advisories come, too, and that are not read. */
const OTHER_FORMS = /\.(?:ya?ml|xml|zip|gz|tgz|tar|zst|bz2|xz|7z|jsonl|csv)$/i;

/** Whether a file should be a record, or why it cannot be one; undefined for what has nothing to do with advisories. */
export function isRecordFile(name: string): true | { readonly why: string } | undefined {
  if (/\.json$/i.test(name)) return true;
  return OTHER_FORMS.test(name) ? { why: 'is in a form that is not read here: JSON is' } : undefined;
}

/** A reading that is still to be done. */
export function emptyReading(): Reading {
  return { records: 0, parsed: 0, unreadCount: 0, unread: [], leftOut: 0, withheld: 0 };
}

/**
 * What differs between the files of a source and what is kept of it; only that is parsed. A file that cannot be read is
 * named and changes nothing: the record that it held before stays. What is gone comes last, once all was read.
 */
export async function* recordChanges(
  files: AsyncIterable<RecordFile>,
  reading: Reading,
  revision: () => string,
  options: ReadingOptions,
): SourceChange {
  const { kept, signal } = options;
  const digestOf = digester(options.ecosystems);
  const idOf = new Map([...kept].map(([id, digest]) => [digest, id]));
  const seen = new Set<string>();
  const lost = new Set<string>();
  let [named, otherwise] = [0, 0];
  for await (const file of files) {
    signal.throwIfAborted();
    const found = await recordOf(file, digestOf, idOf, reading);
    if ('why' in found) {
      refuse(reading, file.what, found.why);
      lost.add(nameOf(file.what));
      continue;
    }
    if (nameOf(file.what) === found.id) named += 1;
    else otherwise += 1;
    if (found.advisory !== undefined && !isWanted(found.advisory, options.ecosystems)) {
      reading.leftOut += 1;
      continue;
    }
    if (seen.has(found.id)) {
      refuse(reading, file.what, `has the id ${found.id}, which another file has, too`);
      continue;
    }
    seen.add(found.id);
    reading.records += 1;
    if (found.advisory === undefined) continue;
    yield { kind: 'put', digest: found.digest, advisory: found.advisory, onlyNewer: options.onlyNewer === true };
  }
  options.check?.(reading);
  yield* goneRecords(kept, { seen, lost, named, otherwise }, reading);
  return revision();
}

/** Notes a file that does not count. */
export function refuse(reading: Reading, what: string, why: string): void {
  reading.unreadCount += 1;
  if (reading.unread.length < MAX_NAMED) reading.unread.push({ what, why });
}

/** Whether what is kept was read as this program reads: a source that did not change is read again otherwise. */
export function isReadAlike(kept: ReadonlyMap<string, string>, ecosystems: readonly string[] | undefined): boolean {
  const prefix = prefixOf(ecosystems);
  for (const digest of kept.values()) if (!digest.startsWith(prefix)) return false;
  return true;
}

type Found = { readonly id: string; readonly digest: string; readonly advisory?: Advisory };

async function recordOf(
  { read }: RecordFile,
  digestOf: (bytes: Buffer) => string,
  idOf: ReadonlyMap<string, string>,
  reading: Reading,
): Promise<Found | { readonly why: string }> {
  let bytes: Buffer;
  try {
    bytes = await read();
  } catch (error) {
    if (error instanceof CartoError) return { why: error.message };
    throw error;
  }
  const digest = digestOf(bytes);
  const id = idOf.get(digest);
  if (id !== undefined) return { id, digest };
  reading.parsed += 1;
  const parsed = readAdvisory(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  return 'why' in parsed ? parsed : { id: parsed.advisory.id, digest, advisory: parsed.advisory };
}

/** What was found in the files of a source. */
type Files = {
  /** Ids of the records that are there. */
  readonly seen: ReadonlySet<string>;
  /** Names of the files that cannot be read. */
  readonly lost: ReadonlySet<string>;
  /** How many files are called by the ids of their records, and how many are not. */
  readonly named: number;
  readonly otherwise: number;
};

/** What begins as ids of databases do: `GHSA-…`, `PYSEC-…`. */
const LIKE_AN_ID = /^[A-Z][A-Za-z0-9]*-/;

/**
 * Kept records that no file has any more. One whose own file cannot be read stays; so do all where a file cannot be read
 * whose name says nothing of what is in it, since any of them may be.
 */
function* goneRecords(
  kept: ReadonlyMap<string, string>,
  files: Files,
  reading: Reading,
): Generator<{ readonly kind: 'gone'; readonly id: string }> {
  const mayBeAnywhere = [...files.lost].some((name) => !saysItsId(name, kept, files));
  for (const id of kept.keys()) {
    if (files.seen.has(id)) continue;
    if (mayBeAnywhere || files.lost.has(id)) reading.withheld += 1;
    else yield { kind: 'gone', id };
  }
}

/** Whether the name of a file that cannot be read is the id of its record, as far as the other files and the store can tell. */
function saysItsId(name: string, kept: ReadonlyMap<string, string>, { named, otherwise }: Files): boolean {
  return otherwise === 0 && (kept.has(name) || (named > 0 && LIKE_AN_ID.test(name)));
}

function isWanted({ affected }: Advisory, ecosystems: readonly string[] | undefined): boolean {
  if (ecosystems === undefined) return true;
  return affected.some(
    ({ ecosystem }) => ecosystems.includes(ecosystem) || ecosystems.includes(baseEcosystem(ecosystem)),
  );
}

function digester(ecosystems: readonly string[] | undefined): (bytes: Buffer) => string {
  const prefix = prefixOf(ecosystems);
  return (bytes) => prefix + hashOf(bytes);
}

/** Of what a digest is besides the text: other wishes are other digests. */
export function prefixOf(ecosystems: readonly string[] | undefined): string {
  const wishes = ecosystems === undefined ? '' : hashOf(JSON.stringify(ecosystems.toSorted(compareTexts))).slice(0, 6);
  return `${FORMAT}${wishes}:`;
}

/** A text that stands for bytes. */
export function hashOf(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

/** `GHSA-1` of `npm/GHSA-1.json`. */
function nameOf(what: string): string {
  return what.replace(/^.*[/\\]/, '').replace(/\.json$/i, '');
}
