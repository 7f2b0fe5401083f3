import { Buffer } from 'node:buffer';
import { matchesGlob } from '@cartographer/machinery';

/** One line of an ignore file. */
type IgnoreRule = {
  /** It takes back what a rule before it left out. */
  readonly isNegated: boolean;
  readonly foldersOnly: boolean;
  /** Anchored at its folder; a single name without a slash matches at any depth. */
  readonly segments: readonly string[];
  readonly isAnchored: boolean;
};

/** The rules of one folder: where it is, below the root ('' is the root), and its rules, of which the last that matches counts. */
export type FolderRules = { readonly folder: string; readonly rules: readonly IgnoreRule[] };

/** Reads the rules of a `.gitignore` (gitignore(5)). */
export function parseIgnoreRules(text: string): readonly IgnoreRule[] {
  return asBytes(text.replace(/^\uFEFF/, ''))
    .split('\n')
    .flatMap((line) => parseRule(line.replace(/\r$/, '')) ?? []);
}

function parseRule(line: string): IgnoreRule | undefined {
  if (line.startsWith('#')) return undefined;
  const trimmed = line.replace(/(?<!(?<!\\)(?:\\\\)*\\) +$/, '');
  const isNegated = trimmed.startsWith('!');
  const pattern = isNegated ? trimmed.slice(1) : trimmed;
  if (pattern === '' || pattern === '/') return undefined;
  const foldersOnly = pattern.endsWith('/');
  const path = foldersOnly ? pattern.slice(0, -1) : pattern;
  const isAnchored = path.includes('/');
  return { isNegated, foldersOnly, isAnchored, segments: segmentsOf(path.replace(/^\//, '')) };
}

/** A class in brackets, which may hold a slash; `]` closes it unless it stands first or is escaped. */
const PART = /\[[!^]?\]?(?:\[:[a-z]*:\]|\\.|[^\]\\])*\]|\\.|[^/]/gsy;

/** What stands between slashes, those in brackets not counted: in a class a slash is a character like another. */
function segmentsOf(pattern: string): readonly string[] {
  const segments: string[] = [''];
  for (let at = 0; at < pattern.length; ) {
    PART.lastIndex = at;
    const part = PART.exec(pattern)?.[0];
    if (part === undefined) segments.push('');
    else segments.push(`${segments.pop() ?? ''}${part}`);
    at += part?.length ?? 1;
  }
  return segments;
}

/**
 * Whether a path is left out, as git decides it: by the rules of the nearest folder that has one that matches, and there by
 * the last. What is in a folder that is left out is never asked for.
 *
 * @param folders those around the path, outermost first.
 */
export function isIgnored(folders: readonly FolderRules[], path: string, isFolder: boolean): boolean {
  for (const { folder, rules } of folders.toReversed()) {
    const inside = asBytes(folder === '' ? path : path.slice(folder.length + 1)).split('/');
    const rule = rules.findLast((each) => (isFolder || !each.foldersOnly) && matches(each, inside));
    if (rule !== undefined) return !rule.isNegated;
  }
  return false;
}

/** A character for each byte: git holds bytes against patterns, so that `?` is no `é`. */
function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function matches({ isAnchored, segments }: IgnoreRule, path: readonly string[]): boolean {
  if (!isAnchored) return matchesGlob(segments[0] ?? '', path.at(-1) ?? '', 'git');
  return matchesPath(segments, path);
}

/** `**` between slashes stands for any number of folders; at the end, for all that is inside. */
function matchesPath(segments: readonly string[], path: readonly string[]): boolean {
  let s = 0;
  let p = 0;
  // Where to go on when a match fails: after the last `**`, one folder further.
  let starAt = -1;
  let starPath = 0;
  while (p < path.length) {
    const segment = segments[s];
    if (segment === '**') {
      if (s === segments.length - 1) return true;
      starAt = s;
      starPath = p;
      s += 1;
    } else if (segment !== undefined && matchesGlob(segment, path[p] ?? '', 'git')) {
      s += 1;
      p += 1;
    } else if (starAt >= 0) {
      starPath += 1;
      p = starPath;
      s = starAt + 1;
    } else return false;
  }
  return s === segments.length;
}
