import { BoundedMap } from '@cartographer/machinery';

/** Longer texts are no versions of anything; nothing is compared in more than linear time of so many characters. */
export const MAX_VERSION_LENGTH = 256;

/** How many versions that were read are remembered: the same borders of ranges are asked for again and again. */
const MOST_REMEMBERED = 8_192;

/** How the versions of an ecosystem compare. */
export type VersionOrder = {
  /** Whether the text is a version of this ecosystem. */
  readonly canRead: (version: string) => boolean;
  /** Below, equal to or above 0, as sorting wants it; undefined where one of the two cannot be read. */
  readonly compare: (left: string, right: string) => number | undefined;
};

/**
 * An order from a reader, which answers undefined for what is no version, and a comparison of what was read. Blanks
 * around a version are none of its characters.
 */
export function versionOrder<T>(
  read: (version: string) => T | undefined,
  compare: (left: T, right: T) => number,
): VersionOrder {
  const known = new BoundedMap<{ readonly version: T | undefined }>(MOST_REMEMBERED);
  const bounded = (version: string): T | undefined => {
    if (version.length > MAX_VERSION_LENGTH) return undefined;
    const before = known.get(version);
    if (before !== undefined) return before.version;
    const text = version.trim();
    const now = text === '' ? undefined : read(text);
    known.set(version, { version: now });
    return now;
  };
  return {
    canRead: (version) => bounded(version) !== undefined,
    compare: (left, right) => {
      const first = bounded(left);
      const second = bounded(right);
      return first === undefined || second === undefined ? undefined : compare(first, second);
    },
  };
}

/** Compares numbers of any length, given as digits; no digits are 0. */
export function compareDigits(left: string, right: string): number {
  const first = withoutZeros(left);
  const second = withoutZeros(right);
  return first.length - second.length || compareTexts(first, second);
}

/** Compares texts by their code units, whatever the language of the machine. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Compares lists by their first difference; what the shorter one lacks is filled up. */
export function compareLists<T>(
  left: readonly T[],
  right: readonly T[],
  fill: T,
  compare: (left: T, right: T) => number,
): number {
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compare(left[at] ?? fill, right[at] ?? fill);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether a text is digits alone. */
export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '');
}
