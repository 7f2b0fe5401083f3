/** How a class in brackets is written: as Go's `filepath.Match` has it, or as git's `wildmatch`. */
export type GlobDialect = 'go' | 'git';

/**
 * Whether a name without slashes matches a pattern: `*`, `?`, `[a-z]`, backslash escapes. Classes are left out by `[^a]`, in
 * git's dialect by `[!a]`, too, which also knows `[[:alpha:]]` and a `]` that stands first. A malformed pattern matches
 * nothing. Takes time in proportion to pattern times name, whatever the pattern.
 */
export function matchesGlob(pattern: string, name: string, dialect: GlobDialect): boolean {
  let p = 0;
  let n = 0;
  // Where to go on when a match fails: after the last star, one character further in the name.
  let starAt = -1;
  let starName = 0;
  while (n < name.length || p < pattern.length) {
    if (pattern[p] === '*') {
      starAt = p;
      starName = n;
      p += 1;
      continue;
    }
    const step = n < name.length ? matchesOne(pattern, p, name[n] ?? '', dialect) : undefined;
    if (step === 'malformed') return false;
    if (typeof step === 'number') {
      p = step;
      n += 1;
      continue;
    }
    if (starAt < 0 || starName >= name.length) return false;
    starName += 1;
    n = starName;
    p = starAt + 1;
  }
  return true;
}

type Step = number | 'malformed' | undefined;

/** The position after the pattern element at `p` when it takes the character; undefined when it does not. */
function matchesOne(pattern: string, p: number, character: string, dialect: GlobDialect): Step {
  const element = pattern[p];
  if (element === undefined) return undefined;
  if (element === '?') return p + 1;
  if (element === '[') return matchesClass(pattern, p + 1, character, dialect);
  if (element !== '\\') return element === character ? p + 1 : undefined;
  if (p + 1 >= pattern.length) return 'malformed';
  return pattern[p + 1] === character ? p + 2 : undefined;
}

const CLASS: Readonly<Record<GlobDialect, RegExp>> = {
  go: /(\^?)((?:\\.|[^\]\\])+)\]/sy,
  git: /([!^]?)(\]?(?:\[:[a-z]*:\]|\\.|[^\]\\])*)\]/sy,
};
const MEMBER = /\[:([a-z]*):\]|(\\.|[^\\])(?:-(\\.|[^\\]))?/gs;

function matchesClass(pattern: string, start: number, character: string, dialect: GlobDialect): Step {
  const shape = CLASS[dialect];
  shape.lastIndex = start;
  const match = shape.exec(pattern);
  if (match === null || match[2] === '') return 'malformed';
  const [whole, negation, body = ''] = match;
  let inside = false;
  for (const [, named, low = '', high = low] of body.matchAll(MEMBER)) {
    if (named !== undefined && dialect === 'git') {
      const members = NAMED[named];
      if (members === undefined) return 'malformed';
      inside ||= members.test(character);
    } else inside ||= low.slice(-1) <= character && character <= high.slice(-1);
  }
  return inside === (negation === '') ? start + whole.length : undefined;
}

/** POSIX's classes of characters, of ASCII alone, as git has them. */
const NAMED: Readonly<Record<string, RegExp>> = {
  alnum: /[a-zA-Z0-9]/,
  alpha: /[a-zA-Z]/,
  blank: /[ \t]/,
  // oxlint-disable-next-line no-control-regex -- that is what the class is about
  cntrl: /[\u0000-\u001f\u007f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9a-fA-F]/,
};
