import { compareDigits, compareLists, type VersionOrder, versionOrder } from './order.ts';

type ComposerVersion = {
  readonly numbers: readonly string[];
  /** Its place among {@link STABILITIES}. */
  readonly stability: number;
  readonly stabilityNumbers: readonly string[];
  readonly isDev: boolean;
};

const VERSION =
  /^v?([0-9]+(?:[.-][0-9]+)*(?:\.[x*])?)(?:[._-]?(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9])*))?([.-]?dev)?(?:\+[^\s]*)?$/i;
const STABILITIES = ['dev', 'alpha', 'beta', 'rc', 'stable', 'patch'];
const SHORT: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', p: 'patch', pl: 'patch' };
/** What Composer puts for the `x` of `1.2.x-dev`: above every release of that line. */
const WILDCARD = '9999999';

/** Packagist: as Composer orders. Numbers that are left out are 0; a branch (`dev-main`) has no order. */
export const packagistOrder: VersionOrder = versionOrder(
  readComposer,
  (left, right) =>
    compareLists(left.numbers, right.numbers, '0', compareDigits) ||
    left.stability - right.stability ||
    compareLists(left.stabilityNumbers, right.stabilityNumbers, '0', compareDigits) ||
    Number(right.isDev) - Number(left.isDev),
);

function readComposer(version: string): ComposerVersion | undefined {
  const [, numbers, word, stabilityNumbers = '', dev] = VERSION.exec(version) ?? [];
  if (numbers === undefined) return undefined;
  const lower = word?.toLowerCase() ?? (dev === undefined ? 'stable' : 'dev');
  return {
    numbers: numbersOf(numbers),
    stability: STABILITIES.indexOf(SHORT[lower] ?? lower),
    stabilityNumbers: stabilityNumbers.match(/[0-9]+/g) ?? [],
    isDev: dev !== undefined,
  };
}

function numbersOf(text: string): readonly string[] {
  const numbers = text.split(/[.-]/);
  const isLine = /[x*]$/.test(text);
  return isLine ? [...numbers.slice(0, -1), ...Array<string>(4).fill(WILDCARD)].slice(0, 4) : numbers;
}
