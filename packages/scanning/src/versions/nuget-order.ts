import { compareDigits, compareLists, compareTexts, isDigits, type VersionOrder, versionOrder } from './order.ts';

type NuGetVersion = { readonly numbers: readonly string[]; readonly prerelease: readonly string[] };

const VERSION = /^v?([0-9]+(?:\.[0-9]+){0,3})(?:-([0-9a-z.-]+))?(?:\+[0-9a-z.-]*)?$/i;

/** NuGet: semver with a fourth number, in which the case of letters says nothing. */
export const nugetOrder: VersionOrder = versionOrder(
  readNuGet,
  (left, right) =>
    compareLists(left.numbers, right.numbers, '0', compareDigits) ||
    comparePrereleases(left.prerelease, right.prerelease),
);

function readNuGet(version: string): NuGetVersion | undefined {
  const [, numbers, prerelease] = VERSION.exec(version) ?? [];
  if (numbers === undefined) return undefined;
  return { numbers: numbers.split('.'), prerelease: prerelease?.toLowerCase().split('.') ?? [] };
}

/** None is above any, and more identifiers are above fewer. */
function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  return compareLists(left, right, '', compareIdentifiers);
}

function compareIdentifiers(left: string, right: string): number {
  if (isDigits(left) && isDigits(right)) return compareDigits(left, right);
  if (isDigits(left) && right !== '') return -1;
  if (isDigits(right) && left !== '') return 1;
  return compareTexts(left, right);
}
