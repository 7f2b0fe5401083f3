import type { RE2JS } from '@bufbuild/re2';
import { messageOf } from '../values/carto-error.ts';
import type { WorkGuard } from '../values/work-guard.ts';
import { programSize } from './pattern-size.ts';

/**
 * Tests strings against a pattern in RE2 syntax, the one of Go and of CRDs. The guard is told before what a test may
 * take at worst.
 */
export type Pattern = {
  /** @throws OutOfTimeError from the guard */
  readonly matches: (text: string, guard?: WorkGuard) => boolean;
};

/** A pattern that RE2 refuses; the message is RE2's. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Steps that backtracking may take on one string; beyond that the linear-time engine is used. */
const MAX_STEPS = 1e7;
/** How large a pattern may become with its counted repeats written out. Go allows more, at the cost of seconds. */
const MAX_PROGRAM = 50_000;
/** RE2's engine looks at each instruction for each character, at worst, in so many units of work. */
const UNITS_PER_INSTRUCTION = 10;
const MAX_VERDICTS = 256;

/**
 * Compiles a pattern. JavaScript's own engine is used where its meaning is surely the same and its backtracking is
 * bounded for the string at hand; else RE2 itself, which is slower but linear.
 * @throws PatternError
 */
export function compilePattern(pattern: string): Pattern {
  const size = programSize(pattern);
  if (size > MAX_PROGRAM) throw new PatternError('error parsing regexp: expression too large');
  const translated = translatePattern(pattern);
  let linear = translated === undefined ? linearMatcher(pattern, size) : undefined;
  const matches = (text: string, guard?: WorkGuard): boolean => {
    if (translated !== undefined) {
      const steps = translated.stepsFor(text.length);
      if (steps <= MAX_STEPS) {
        guard?.spend(steps);
        return translated.regExp.test(text);
      }
    }
    linear ??= linearMatcher(pattern, size);
    return linear(text, guard);
  };
  return { matches };
}

/**
 * Verdicts are remembered: strings that meet patterns repeat (condition types, reasons, names).
 * @throws PatternError for what RE2 refuses.
 */
function linearMatcher(pattern: string, size: number): Pattern['matches'] {
  const re2 = compileLinear(pattern);
  const verdicts = new Map<string, boolean>();
  return (text, guard) => {
    const known = verdicts.get(text);
    if (known !== undefined) return known;
    guard?.spend(text.length * size * UNITS_PER_INSTRUCTION);
    const verdict = re2.test(text);
    if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
    if (text.length < 1024) verdicts.set(text, verdict);
    return verdict;
  };
}

/** RE2 for JavaScript, loaded when a pattern needs it: few do. */
function compileLinear(pattern: string): RE2JS {
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  const library = require('@bufbuild/re2') as typeof import('@bufbuild/re2');
  try {
    return library.RE2JS.compile(pattern);
  } catch (error) {
    throw new PatternError(messageOf(error), { cause: error });
  }
}

/** A pattern in JavaScript's syntax, with a bound on its backtracking. */
export type TranslatedPattern = { readonly regExp: RegExp; readonly stepsFor: (length: number) => number };

const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: '\\t\\n\\f\\r ',
};
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** A group that is open, or the pattern itself: in how many ways backtracking may go through it. */
type Group = {
  /** Whether it can match in several ways. */
  hasChoice: boolean;
  /** Ways through the parts of the current alternative; they multiply. */
  ways: number;
  /** Unbounded or counted repeats of the current alternative: each may try every length. */
  repeats: number;
  /** Ways through the alternatives before; they add up. */
  waysBefore: number;
  /** The most repeats of an alternative before. */
  repeatsBefore: number;
};

const newGroup = (): Group => ({ hasChoice: false, ways: 1, repeats: 0, waysBefore: 0, repeatsBefore: 0 });

/** What has been seen so far of a pattern that is being translated. */
type Progress = {
  source: string;
  /** Whether something that can match in several ways is repeated: backtracking may be exponential. */
  isNested: boolean;
  /** The open groups, outermost first. */
  readonly groups: Group[];
  /** The part just read, and the ways through it; undefined where no quantifier may follow. */
  last: { readonly hasChoice: boolean; readonly ways: number } | undefined;
};

/** Gives undefined for syntax whose meaning differs or is not known here; RE2 then decides. */
export function translatePattern(pattern: string): TranslatedPattern | undefined {
  const progress: Progress = { source: '', isNested: false, groups: [newGroup()], last: undefined };
  for (let at = 0; at < pattern.length; ) {
    const length = translateNext(pattern.slice(at), progress);
    if (length === undefined) return undefined;
    at += length;
  }
  const { source, isNested, groups } = progress;
  const [whole] = groups;
  if (whole === undefined || groups.length !== 1) return undefined;
  const ways = whole.waysBefore + whole.ways;
  const repeats = Math.max(whole.repeatsBefore, whole.repeats);
  const isAnchored = pattern.startsWith('^') && whole.waysBefore === 0; // a match can only begin where the text does
  const power = Math.max(repeats + (isAnchored ? 0 : 1), 1);
  const stepsFor = (length: number): number => (isNested ? 4 ** length : ways * (length + 1) ** power);
  try {
    return { regExp: new RegExp(source, 'u'), stepsFor };
  } catch {
    return undefined;
  }
}

/** Translates the next part and gives its length. */
function translateNext(rest: string, progress: Progress): number | undefined {
  const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)?.[0];
  if (quantifier !== undefined) return translateQuantifier(quantifier, progress);
  const opening = /^\((?:\?:|\?P?<[A-Za-z_]\w*>)?/.exec(rest)?.[0];
  if (opening !== undefined) {
    if (opening === '(' && rest.startsWith('(?')) return undefined; // flags
    progress.groups.push(newGroup());
    progress.last = undefined;
    progress.source += '(?:';
    return opening.length;
  }
  if (rest.startsWith(')')) return closeGroup(progress);
  const atom = translateAtom(rest);
  if (atom === undefined) return undefined;
  if (atom.text === '|') nextAlternative(progress.groups.at(-1));
  progress.source += atom.text;
  progress.last = atom.canRepeat ? { hasChoice: false, ways: 1 } : undefined;
  return atom.length;
}

function translateQuantifier(quantifier: string, progress: Progress): number | undefined {
  const { last } = progress;
  const group = progress.groups.at(-1);
  if (last === undefined || group === undefined || /^\{(?:\d{4,}|\d+,\d{4,})/.test(quantifier)) return undefined;
  if (quantifier.startsWith('?')) group.ways *= (last.ways + 1) / last.ways;
  else {
    group.repeats += 1;
    progress.isNested ||= last.hasChoice;
  }
  group.hasChoice = true;
  progress.source += quantifier;
  progress.last = undefined;
  return quantifier.length;
}

function closeGroup(progress: Progress): number | undefined {
  const closed = progress.groups.pop();
  const outer = progress.groups.at(-1);
  if (closed === undefined || outer === undefined) return undefined;
  const ways = closed.waysBefore + closed.ways;
  outer.hasChoice ||= closed.hasChoice;
  outer.ways *= ways;
  outer.repeats += Math.max(closed.repeatsBefore, closed.repeats);
  progress.source += ')';
  progress.last = { hasChoice: closed.hasChoice, ways };
  return 1;
}

/** Begins another alternative. */
function nextAlternative(group: Group | undefined): void {
  if (group === undefined) return;
  group.hasChoice = true;
  group.waysBefore += group.ways;
  group.repeatsBefore = Math.max(group.repeatsBefore, group.repeats);
  group.ways = 1;
  group.repeats = 0;
}

type Atom = { readonly text: string; readonly length: number; readonly canRepeat: boolean };

function translateAtom(rest: string): Atom | undefined {
  const char = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  if (char === '^' || char === '$' || char === '|') return { text: char, length: 1, canRepeat: false };
  if (char === '.') return { text: '[^\\n]', length: 1, canRepeat: true };
  if (char === '[') return translateClass(rest);
  if (char === '\\') return translateEscape(rest.charAt(1));
  if ('*+?{'.includes(char)) return undefined;
  return { text: literal(char), length: char.length, canRepeat: true };
}

function translateEscape(char: string): Atom | undefined {
  const atom = (text: string, canRepeat = true): Atom => ({ text, length: 2, canRepeat });
  if (char === 'A') return atom('^', false);
  if (char === 'z') return atom('$', false);
  if (char === 'b' || char === 'B') return atom(`\\${char}`, false);
  if ('tnrfv'.includes(char) && char !== '') return atom(`\\${char}`);
  if (Object.hasOwn(CLASS_ESCAPES, char)) return atom(`[${CLASS_ESCAPES[char]}]`);
  const negated = char.toLowerCase();
  if (char !== negated && Object.hasOwn(CLASS_ESCAPES, negated)) return atom(`[^${CLASS_ESCAPES[negated]}]`);
  return PUNCTUATION.test(char) ? atom(literal(char)) : undefined;
}

function literal(char: string): string {
  return /[$()*+./?[\\\]^{|}]/.test(char) ? `\\${char}` : char;
}

function translateClass(rest: string): Atom | undefined {
  let at = 1;
  let text = '[';
  if (rest.charAt(at) === '^') {
    text += '^';
    at += 1;
  }
  for (let isFirst = true; ; isFirst = false) {
    const tail = rest.slice(at);
    if (tail === '') return undefined;
    if (tail.startsWith(']') && !isFirst) return { text: `${text}]`, length: at + 1, canRepeat: true };
    const member = translateClassMember(tail, isFirst);
    if (member === undefined) return undefined;
    text += member.text;
    at += member.length;
  }
}

function translateClassMember(tail: string, isFirst: boolean): { text: string; length: number } | undefined {
  const posix = /^\[:(\^?)(\w+):\]/.exec(tail);
  if (posix !== null) {
    const members = Object.hasOwn(POSIX_CLASSES, posix[2] ?? '') ? POSIX_CLASSES[posix[2] ?? ''] : undefined;
    return members === undefined || posix[1] === '^' ? undefined : { text: members, length: posix[0].length };
  }
  const char = String.fromCodePoint(tail.codePointAt(0) ?? 0);
  if (char === '\\') return translateClassEscape(tail.charAt(1));
  // A bare `-` is literal only at either end; elsewhere it makes a range, which both engines read alike.
  if (char === '-') return { text: isFirst || tail.charAt(1) === ']' ? '\\-' : '-', length: 1 };
  return { text: /[\][^&]/.test(char) && char !== '&' ? `\\${char}` : char, length: char.length };
}

function translateClassEscape(char: string): { text: string; length: number } | undefined {
  const members = Object.hasOwn(CLASS_ESCAPES, char) ? CLASS_ESCAPES[char] : undefined;
  if (members !== undefined) return { text: members, length: 2 };
  if ('tnrfv'.includes(char) && char !== '') return { text: `\\${char}`, length: 2 };
  if (!PUNCTUATION.test(char)) return undefined;
  return { text: /[\]\\[^$*+./?(){}|-]/.test(char) ? `\\${char}` : char, length: 2 };
}
