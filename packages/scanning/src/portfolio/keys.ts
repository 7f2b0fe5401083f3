import { createHash } from 'node:crypto';
import type { Bill, BillPackage } from '@cartographer/bills';
import type { Finding } from '../match/finding.ts';
import { isDistribution, packageKey } from '../versions/ecosystems.ts';

/** An index of PostgreSQL takes 2,700 bytes; a text may have four for each character. */
const MAX_KEY_LENGTH = 500;
const DIGEST_LENGTH = 22;

/** A text by which rows are found: itself, or its digest where it is long or has what a database does not take. */
export function storedKey(text: string): string {
  return text.length <= MAX_KEY_LENGTH && text.isWellFormed() && !text.includes('\0') ? text : `sha256:${hashOf(text)}`;
}

/** The key by which advisories find a package of a bill. */
export function keyOfPackage(item: BillPackage): string {
  return storedKey(packageKey(item.ecosystem, advisedName(item)));
}

/** The name by which advisories speak of a package: of a distribution's that of the source package that it was built from. */
export function advisedName({ ecosystem, name, source }: BillPackage): string {
  return isDistribution(ecosystem) ? (source?.name ?? name) : name;
}

/** What tells the findings of one name in one bill apart. */
export function rowOf({ id, package: { name, version, purl, ecosystem } }: Finding): string {
  return hashOf(JSON.stringify([id, name, version, purl, ecosystem]));
}

/** The digest of a bill: the same packages in the same order, and the same unread, have the same. */
export function digestOfBill({ packages, unread }: Bill): string {
  const text = JSON.stringify([packages.map(contentOf), unread.map(({ what, why }) => [what, why])]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** A package as it is kept. */
export function contentOf(item: BillPackage): string {
  const { name, version, purl, ecosystem, source, platforms, places } = item;
  return JSON.stringify({ name, version, purl, ecosystem, source, platforms, places });
}

/** The list in parts of at most so many. */
export function* parts<T>(list: Iterable<T>, most: number): Generator<readonly T[]> {
  let part: T[] = [];
  for (const item of list) {
    part.push(item);
    if (part.length < most) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}
