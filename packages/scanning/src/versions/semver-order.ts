import { parse, type SemVer } from 'semver';
import { type VersionOrder, versionOrder } from './order.ts';

const NUMBERS = /^[v=]*\s*([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?![.0-9])(.*)$/s;
/** Of Go itself: `go1.22`, `go1.22rc1`, `1.21.3 X:boringcrypto`. */
const TOOLCHAIN = /^(?:go)?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(?:(rc|beta)([0-9]+))?(?:[ -].*)?$/;

/** npm, crates.io and others that follow semver 2.0; what a version leaves out is 0, as records have `1.2` and `0`. */
export const semverOrder: VersionOrder = versionOrder(readSemver, compareSemver);

/** Go: semver with a `v`; pseudo-versions are prereleases, `+incompatible` is no part of the order. */
export const goOrder: VersionOrder = versionOrder((version) => readSemver(fromToolchain(version)), compareSemver);

function readSemver(version: string): SemVer | undefined {
  const [, major, minor = '0', patch = '0', rest = ''] = NUMBERS.exec(version) ?? [];
  if (major === undefined) return undefined;
  return parse(`${Number(major)}.${Number(minor)}.${Number(patch)}${rest}`, { loose: true }) ?? undefined;
}

function compareSemver(left: SemVer, right: SemVer): number {
  return left.compare(right);
}

/** Versions of Go itself as its advisories write them: `go1.22rc1` is `1.22.0-rc.1`. */
function fromToolchain(version: string): string {
  const [, major, minor, patch = '0', kind, number] = TOOLCHAIN.exec(version) ?? [];
  if (major === undefined || !(version.startsWith('go') || kind !== undefined)) return version;
  return `${major}.${minor}.${patch}${kind === undefined ? '' : `-${kind}.${number}`}`;
}
