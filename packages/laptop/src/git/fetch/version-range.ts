import { compare, parse, type SemVer } from 'semver';

/**
 * A range of versions as Flux reads it: the dialect of Masterminds/semver, which differs from npm's.
 * A comma means "and"; `!=`, `=>` and `~>` exist; as soon as one bound of an "and" group names a
 * pre-release, the whole group admits pre-releases (npm: only those of the same version).
 */
export interface VersionRange {
  /** Whether a version satisfies the range. */
  admits(version: SemVer): boolean;
}

const NUMBER = String.raw`v?([0-9xX*|]+)(\.[0-9xX*|]+)?(\.[0-9xX*|]+)?`;
const SUFFIX = String.raw`(-([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?`;
const VERSION = `${NUMBER}${SUFFIX}`;
const OPERATOR = String.raw`=>|=<|!=|>=|<=|~>|=|>|<|~|\^|`;
const BOUND = new RegExp(`^(${OPERATOR})${VERSION}$`);
const HYPHEN = new RegExp(String.raw`\s*(${VERSION})\s+-\s+(${VERSION})\s*`, 'g');
/** A range longer than this is refused: nobody writes one, and it bounds the work of the expressions. */
const MAX_RANGE_LENGTH = 256;

type Bound = {
  readonly operator: string;
  readonly version: SemVer;
  /** Which parts were left out or written as x. */
  readonly open: { readonly any: boolean; readonly minor: boolean; readonly patch: boolean };
};

/** Parses a range; the error of a wrong one has Masterminds' text. */
export function parseVersionRange(
  text: string,
): { readonly kind: 'range'; readonly range: VersionRange } | { readonly kind: 'invalid'; readonly message: string } {
  const groups: { readonly bounds: readonly Bound[]; readonly preReleases: boolean }[] = [];
  const rewritten = text.length > MAX_RANGE_LENGTH ? text : text.replace(HYPHEN, hyphenAsBounds);
  for (const part of rewritten.split('||')) {
    const bounds = text.length > MAX_RANGE_LENGTH ? undefined : parseGroup(part);
    if (bounds === undefined)
      return { kind: 'invalid', message: `improper constraint: ${part.slice(0, MAX_RANGE_LENGTH)}` };
    groups.push({ bounds, preReleases: bounds.some(({ version }) => version.prerelease.length > 0) });
  }
  const admits = (version: SemVer): boolean =>
    groups.some(
      ({ bounds, preReleases }) =>
        (preReleases || version.prerelease.length === 0) && bounds.every((bound) => satisfies(version, bound)),
    );
  return { kind: 'range', range: { admits } };
}

/**
 * A tag as a version: with two dots at least (Flux's own rule, so `v1` and `1.2` are none), a leading `v`
 * and leading zeros allowed (`v2025.02.03`). A missing part counts as 0: `1.2-rc.1` is 1.2.0-rc.1.
 */
export function versionOfTag(tag: string): SemVer | undefined {
  return tag.split('.').length < 3 ? undefined : versionOf(tag);
}

function versionOf(text: string): SemVer | undefined {
  const match = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?([-+].*)?$/.exec(text);
  if (match === null) return undefined;
  const [, major, minor = '0', patch = '0', suffix = ''] = match;
  return parse(`${Number(major)}.${Number(minor)}.${Number(patch)}${suffix}`) ?? undefined;
}

function hyphenAsBounds(_match: string, from: string, ...rest: readonly string[]): string {
  // Nine groups inside each version: the second version is the tenth group after the first.
  return `>= ${from}, <= ${rest[9] ?? ''} `;
}

/** Bounds stand apart by white space or one comma. What blanks there are is settled first, so that no expression has a choice. */
function parseGroup(text: string): readonly Bound[] | undefined {
  const compact = text
    .trim()
    .replace(/\s*,\s*/g, ',')
    .replace(/([=<>~^])\s+/g, '$1')
    .replace(/\s+/g, ' ');
  const bounds = compact.split(/[ ,]/).map(parseBound);
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined;
}

function parseBound(text: string): Bound | undefined {
  const match = BOUND.exec(text);
  if (match === null) return undefined;
  const [, operator = '', major = '', dotMinor = '', dotPatch = '', preRelease = ''] = match;
  const minor = dotMinor.slice(1);
  const patch = dotPatch.slice(1);
  const noMajor = isOpen(major);
  const noMinor = !noMajor && isOpen(minor);
  const noPatch = !noMajor && !noMinor && isOpen(patch);
  const numbers = [
    noMajor ? '0' : major,
    noMajor || noMinor ? '0' : minor,
    isOpen(patch) || noMinor || noMajor ? '0' : patch,
  ];
  const version = versionOf(`${numbers.join('.')}${preRelease}`);
  if (version === undefined) return undefined;
  return { operator, version, open: { any: noMajor || noMinor || noPatch, minor: noMinor, patch: noPatch } };
}

function isOpen(part: string): boolean {
  return part === '' || part === 'x' || part === 'X' || part === '*';
}

function satisfies(version: SemVer, { operator, version: bound, open }: Bound): boolean {
  const order = compare(version, bound);
  switch (operator) {
    case '!=':
      return isOther(version, bound, open);
    case '>':
      return isGreater(version, bound, open);
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      return isAtMost(version, bound, open);
    case '^':
      return order >= 0 && isCompatible(version, bound, open);
    case '~':
    case '~>':
      return order >= 0 && isClose(version, bound, open);
    default:
      return open.any ? order >= 0 && isClose(version, bound, open) : order === 0;
  }
}

function isOther(version: SemVer, bound: SemVer, open: Bound['open']): boolean {
  if (!open.any) return compare(version, bound) !== 0;
  if (version.major !== bound.major) return true;
  if (open.minor) return false;
  if (version.minor !== bound.minor) return true;
  if (open.patch) return version.prerelease.join('.') !== bound.prerelease.join('.');
  return compare(version, bound) !== 0;
}

/** `>11` needs 12.0.0, `>11.1` needs 11.2.0: an open part covers all of its values. */
function isGreater(version: SemVer, bound: SemVer, open: Bound['open']): boolean {
  if (open.any && version.major !== bound.major) return version.major > bound.major;
  if (open.minor) return false;
  if (open.patch) return version.minor > bound.minor;
  return compare(version, bound) > 0;
}

function isAtMost(version: SemVer, bound: SemVer, open: Bound['open']): boolean {
  if (!open.any) return compare(version, bound) <= 0;
  if (version.major !== bound.major) return version.major < bound.major;
  return open.minor || version.minor <= bound.minor;
}

function isClose(version: SemVer, bound: SemVer, open: Bound['open']): boolean {
  // `*` and `~0.0.0` admit everything, as Masterminds has it.
  if (bound.major === 0 && bound.minor === 0 && bound.patch === 0 && !open.minor && !open.patch) return true;
  return version.major === bound.major && (open.minor || version.minor === bound.minor);
}

function isCompatible(version: SemVer, bound: SemVer, open: Bound['open']): boolean {
  if (bound.major > 0 || open.minor) return version.major === bound.major;
  if (version.major > 0) return false;
  if (bound.minor > 0 || open.patch) return version.minor === bound.minor;
  return version.minor === 0 && version.patch === bound.patch;
}
