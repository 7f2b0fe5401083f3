import { compareDigits, compareTexts, type VersionOrder, versionOrder } from './order.ts';

/** Kinds of tokens. Where two versions go on with different kinds, the one whose kind stands earlier here is the higher. */
const KINDS = ['first', 'number', 'letter', 'suffix', 'suffixNumber', 'hash', 'revision', 'end'] as const;
type Token = { readonly kind: (typeof KINDS)[number]; readonly text: string };

const VERSION = /^([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_[a-z]+[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?$/;
/** Suffixes from the lowest; the first four stand before the version without any. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', 'cvs', 'svn', 'git', 'hg', 'p'];
const BEFORE_RELEASE = SUFFIXES.indexOf('rc');
const END: Token = { kind: 'end', text: '' };

/** Alpine: as apk-tools orders. */
export const apkOrder: VersionOrder = versionOrder(readApk, (left, right) => {
  for (let at = 0; ; at += 1) {
    const first = left[at] ?? END;
    const second = right[at] ?? END;
    if (first.kind !== second.kind) return compareKinds(first, second);
    if (first.kind === 'end') return 0;
    const order = compareTokens(first, second);
    if (order !== 0) return order;
  }
});

function readApk(version: string): readonly Token[] | undefined {
  const [, first, numbers = '', letter = '', suffixes = '', hash, revision] = VERSION.exec(version) ?? [];
  if (first === undefined) return undefined;
  const tokens: Token[] = [{ kind: 'first', text: first }];
  for (const number of numbers.split('.').slice(1)) tokens.push({ kind: 'number', text: number });
  if (letter !== '') tokens.push({ kind: 'letter', text: letter });
  for (const [, text = '', number = ''] of suffixes.matchAll(/_([a-z]+)([0-9]*)/g)) {
    if (!SUFFIXES.includes(text)) return undefined;
    tokens.push({ kind: 'suffix', text });
    if (number !== '') tokens.push({ kind: 'suffixNumber', text: number });
  }
  if (hash !== undefined) tokens.push({ kind: 'hash', text: hash });
  if (revision !== undefined) tokens.push({ kind: 'revision', text: revision });
  return tokens;
}

function compareKinds(left: Token, right: Token): number {
  if (isBeforeRelease(left)) return -1;
  if (isBeforeRelease(right)) return 1;
  return KINDS.indexOf(right.kind) - KINDS.indexOf(left.kind);
}

function isBeforeRelease({ kind, text }: Token): boolean {
  return kind === 'suffix' && SUFFIXES.indexOf(text) <= BEFORE_RELEASE;
}

/** Numbers behind a dot are compared as digits of a fraction as soon as one has a leading zero. */
function compareTokens({ kind, text }: Token, { text: other }: Token): number {
  if (kind === 'letter' || kind === 'hash') return compareTexts(text, other);
  if (kind === 'suffix') return SUFFIXES.indexOf(text) - SUFFIXES.indexOf(other);
  if (kind === 'number' && (text.startsWith('0') || other.startsWith('0'))) return compareTexts(text, other);
  return compareDigits(text, other);
}
