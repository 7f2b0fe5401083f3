import { celLibrary } from './cel-library.ts';

/** Tests strings against a pattern in RE2 syntax, the one of Go and of CRDs. */
export type Pattern = { readonly matches: (text: string) => boolean };

/** A pattern that RE2 refuses; the message is RE2's. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Steps that backtracking may take on one string; beyond that the linear-time engine is used. */
const MAX_STEPS = 1e7;
const MAX_VERDICTS = 256;

/**
 * Compiles a pattern. JavaScript's own engine is used where its meaning is surely the same and its backtracking is
 * bounded for the string at hand; else RE2 itself, which is slower but linear.
 * @throws PatternError
 */
export function compilePattern(pattern: string): Pattern {
  const translated = translatePattern(pattern);
  if (translated === undefined) {
    checkPattern(pattern);
    return { matches: linearMatcher(pattern) };
  }
  const { regExp, stepsFor } = translated;
  let linear: ((text: string) => boolean) | undefined;
  const matches = (text: string): boolean => {
    if (stepsFor(text.length) <= MAX_STEPS) return regExp.test(text);
    linear ??= linearMatcher(pattern);
    return linear(text);
  };
  return { matches };
}

/** @throws PatternError for what RE2 refuses. */
function checkPattern(pattern: string): void {
  const verdict = matchLinear('', pattern);
  if (typeof verdict === 'string') throw new PatternError(verdict);
}

/** Verdicts are remembered: strings that meet patterns repeat (condition types, reasons, names). */
function linearMatcher(pattern: string): (text: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (text) => {
    const known = verdicts.get(text);
    if (known !== undefined) return known;
    const verdict = matchLinear(text, pattern) === true;
    if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
    if (text.length < 1024) verdicts.set(text, verdict);
    return verdict;
  };
}

let evaluate: ((bindings: { text: string; pattern: string }) => unknown) | undefined;

/** Matches with RE2 by way of CEL's `matches`; a string is the error. */
function matchLinear(text: string, pattern: string): boolean | string {
  const { celEnv, parse, plan, CelScalar, isCelError } = celLibrary();
  evaluate ??= plan(
    celEnv({ variables: { text: CelScalar.STRING, pattern: CelScalar.STRING } }),
    parse('text.matches(pattern)'),
  );
  const result = evaluate({ text, pattern });
  return isCelError(result) ? result.message : result === true;
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

/** What has been seen so far of a pattern that is being translated. */
type Progress = {
  source: string;
  /** Unbounded or counted repeats: each may try every length. */
  repeats: number;
  /** Optional parts: each doubles what may be tried. */
  doublings: number;
  /** Whether something that can match in several ways is repeated: backtracking may be exponential. */
  isNested: boolean;
  /** One entry per open group: whether it can match in several ways. */
  readonly groups: boolean[];
  /** Whether the part just read can match in several ways; undefined where no quantifier may follow. */
  last: boolean | undefined;
};

/** Gives undefined for syntax whose meaning differs or is not known here; RE2 then decides. */
export function translatePattern(pattern: string): TranslatedPattern | undefined {
  const progress: Progress = {
    source: '',
    repeats: 0,
    doublings: 0,
    isNested: false,
    groups: [false],
    last: undefined,
  };
  for (let at = 0; at < pattern.length; ) {
    const length = translateNext(pattern.slice(at), progress);
    if (length === undefined) return undefined;
    at += length;
  }
  const { source, repeats, doublings, isNested, groups } = progress;
  if (groups.length !== 1 || doublings > MAX_DOUBLINGS) return undefined;
  const power = Math.max(repeats + (pattern.startsWith('^') ? 0 : 1), 1);
  const stepsFor = (length: number): number => (isNested ? 4 ** length : 2 ** doublings * (length + 1) ** power);
  try {
    return { regExp: new RegExp(source, 'u'), stepsFor };
  } catch {
    return undefined;
  }
}

const MAX_DOUBLINGS = 16;

/** Translates the next part and gives its length. */
function translateNext(rest: string, progress: Progress): number | undefined {
  const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)?.[0];
  if (quantifier !== undefined) return translateQuantifier(quantifier, progress);
  const opening = /^\((?:\?:|\?P?<[A-Za-z_]\w*>)?/.exec(rest)?.[0];
  if (opening !== undefined) {
    if (opening === '(' && rest.startsWith('(?')) return undefined; // flags
    progress.groups.push(false);
    progress.last = undefined;
    progress.source += '(?:';
    return opening.length;
  }
  if (rest.startsWith(')')) return closeGroup(progress);
  const atom = translateAtom(rest);
  if (atom === undefined) return undefined;
  if (atom.text === '|') markChoice(progress);
  progress.source += atom.text;
  progress.last = atom.canRepeat ? false : undefined;
  return atom.length;
}

function translateQuantifier(quantifier: string, progress: Progress): number | undefined {
  if (progress.last === undefined || /^\{(?:\d{4,}|\d+,\d{4,})/.test(quantifier)) return undefined;
  if (quantifier.startsWith('?')) progress.doublings += 1;
  else progress.repeats += 1;
  progress.isNested ||= progress.last && !quantifier.startsWith('?');
  markChoice(progress);
  progress.source += quantifier;
  progress.last = undefined;
  return quantifier.length;
}

function closeGroup(progress: Progress): number | undefined {
  const hasChoice = progress.groups.pop();
  if (hasChoice === undefined || progress.groups.length === 0) return undefined;
  if (hasChoice) markChoice(progress);
  progress.source += ')';
  progress.last = hasChoice;
  return 1;
}

function markChoice(progress: Progress): void {
  progress.groups[progress.groups.length - 1] = true;
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
