import { compareDigits, compareTexts, isDigits, type VersionOrder, versionOrder } from './order.ts';

/** A number, a qualifier, or what follows a hyphen or a change between digits and letters. */
type Item = { readonly digits: string } | { readonly qualifier: string } | readonly Item[];
type MutableList = Item[];

/** Qualifiers with a place of their own; the empty one is the release, all others come after them by the alphabet. */
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const RELEASE = QUALIFIERS.indexOf('');
const SAME_AS: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const SHORT: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };

/** Maven: as its `ComparableVersion` orders; every text is a version. */
export const mavenOrder: VersionOrder = versionOrder(readMaven, compareItemLists);

/** Splits at dots, hyphens and changes between digits and letters; the last two open a list inside the list. */
function readMaven(version: string): readonly Item[] {
  const whole: MutableList = [];
  const lists = [whole];
  const open = (): void => {
    const inner: MutableList = [];
    lists.at(-1)?.push(inner);
    lists.push(inner);
  };
  const add = (item: Item): void => void lists.at(-1)?.push(item);
  const addQualifier = (text: string, beforeDigit: boolean): void => {
    if (lists.at(-1)?.length !== 0) open();
    add({ qualifier: qualifierOf(text, beforeDigit) });
  };
  const tokens = version.toLowerCase().match(/[0-9]+|[^0-9.-]+|[.-]/g) ?? [];
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (token === '.' || token === '-') {
      if (at === 0 || isSeparator(tokens[at - 1])) add({ digits: '0' });
      if (token === '-') open();
    } else if (isDigits(token)) {
      add({ digits: token });
      if (next !== undefined && !isSeparator(next)) open();
    } else if (next !== undefined && isDigits(next)) {
      addQualifier(token, true);
      open();
    } else if (next === undefined) {
      addQualifier(token, false);
    } else {
      add({ qualifier: qualifierOf(token, false) });
    }
  }
  for (const list of lists.toReversed()) trimNulls(list);
  return whole;
}

function isSeparator(token: string | undefined): boolean {
  return token === '.' || token === '-';
}

function qualifierOf(text: string, beforeDigit: boolean): string {
  const long = (beforeDigit ? SHORT[text] : undefined) ?? text;
  return SAME_AS[long] ?? long;
}

/** Takes what says nothing (0, a release, an empty list) from the end, and from before the lists at the end. */
function trimNulls(list: MutableList): void {
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const item = list[at] as Item;
    if (compareItems(item, undefined) === 0 && (!isItemList(item) || item.length === 0)) list.splice(at, 1);
    else if (!isItemList(item)) return;
  }
}

function compareItemLists(left: readonly Item[], right: readonly Item[]): number {
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareItems(left[at], right[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Kinds from the lowest: a qualifier, a list, a number. What is not there is the release of its neighbour's kind. */
function compareItems(left: Item | undefined, right: Item | undefined): number {
  if (left === undefined) return right === undefined ? 0 : -compareItems(right, undefined);
  if (right === undefined) return compareWithNothing(left);
  const kinds = kindOf(left) - kindOf(right);
  if (kinds !== 0) return kinds;
  if (isItemList(left)) return compareItemLists(left, right as readonly Item[]);
  if ('digits' in left) return compareDigits(left.digits, (right as { digits: string }).digits);
  return compareQualifiers(left.qualifier, (right as { qualifier: string }).qualifier);
}

function compareWithNothing(item: Item): number {
  if (isItemList(item)) return item.map(compareWithNothing).find((order) => order !== 0) ?? 0;
  return 'digits' in item ? compareDigits(item.digits, '') : placeOf(item.qualifier) - RELEASE;
}

function kindOf(item: Item): number {
  if (isItemList(item)) return 1;
  return 'digits' in item ? 2 : 0;
}

function isItemList(item: Item): item is readonly Item[] {
  return Array.isArray(item);
}

function compareQualifiers(left: string, right: string): number {
  return placeOf(left) - placeOf(right) || (placeOf(left) < QUALIFIERS.length ? 0 : compareTexts(left, right));
}

function placeOf(qualifier: string): number {
  const place = QUALIFIERS.indexOf(qualifier);
  return place === -1 ? QUALIFIERS.length : place;
}
