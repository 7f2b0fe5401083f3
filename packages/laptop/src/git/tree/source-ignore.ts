import { matchesGlob, trimRight } from '@cartographer/machinery';
import { GitError } from '../fetch/git-error.ts';

/** Version control's own files: never in an artifact unless a rule asks for them. */
const VERSION_CONTROL = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];
/** What Flux leaves out as long as neither `.sourceignore` nor `spec.ignore` has a rule. */
const DEFAULTS = (
  '*.jpg,*.jpeg,*.gif,*.png,*.wmv,*.flv,*.tar.gz,*.zip,.github/,.circleci/,.travis.yml,.gitlab-ci.yml,' +
  'appveyor.yml,.drone.yml,cloudbuild.yaml,codeship-services.yml,codeship-steps.yml,' +
  '**/.goreleaser.yml,**/.sops.yaml,**/.flux.yaml'
).split(',');
/** More rules than this are refused: each path is held against each rule. */
const MAX_RULES = 10_000;

/** The name of the files with ignore rules, in any folder of a repository. */
export const IGNORE_FILE = '.sourceignore';

type Rule = {
  /** The folder the rule stands in, as path segments; it matches nothing outside. */
  readonly folder: readonly string[];
  readonly include: boolean;
  readonly foldersOnly: boolean;
  readonly segments: readonly string[];
};

/** An ignore file of a repository: the folder it lies in (empty = root) and its text. */
export type IgnoreFile = { readonly folder: string; readonly text: string };

/**
 * Whether a path stays out of the artifact, by Flux's rules. They are not quite git's: the last
 * rule that matches decides, for each path alone, so `!/a/b` brings `a/b` back although `/*` left
 * `a` out. (That is why npm's `ignore`, which follows git, is not used.)
 *
 * @param files the `.sourceignore` files, outer folders first.
 * @param specIgnore `spec.ignore`, which has the last word.
 */
export function createSourceFilter(
  files: readonly IgnoreFile[],
  specIgnore: string | undefined,
): (path: string, isFolder: boolean) => boolean {
  const own = files.flatMap(({ folder, text }) => parseRules(text, folder === '' ? [] : folder.split('/')));
  if (specIgnore !== undefined) own.push(...parseRules(specIgnore, []));
  if (own.length > MAX_RULES) {
    throw new GitError(
      `more than ${MAX_RULES} rules in spec.ignore and ${IGNORE_FILE} files; say it in fewer, with wildcards`,
    );
  }
  const builtIn = own.length > 0 ? VERSION_CONTROL : VERSION_CONTROL.concat(DEFAULTS);
  const rules = [...builtIn.map((line) => parseRule(line, [])), ...own].toReversed();
  return (path, isFolder) => {
    const segments = path.split('/');
    return rules.find((rule) => isMatch(rule, segments, isFolder))?.include === false;
  };
}

function parseRules(text: string, folder: readonly string[]): Rule[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => parseRule(line, folder));
}

function parseRule(line: string, folder: readonly string[]): Rule {
  const include = line.startsWith('!');
  let text = include ? line.slice(1) : line;
  if (!text.endsWith('\\ ')) text = trimRight(text, ' ');
  const foldersOnly = text.endsWith('/');
  if (foldersOnly) text = text.slice(0, -1);
  return { folder, include, foldersOnly, segments: text.split('/') };
}

function isMatch(rule: Rule, path: readonly string[], isFolder: boolean): boolean {
  if (path.length <= rule.folder.length || !rule.folder.every((name, i) => path[i] === name)) return false;
  const inside = path.slice(rule.folder.length);
  return rule.segments.length > 1 ? matchesPath(rule, inside, isFolder) : matchesName(rule, inside, isFolder);
}

/** A rule without a slash matches a name at any depth, and with it all below. */
function matchesName(rule: Rule, path: readonly string[], isFolder: boolean): boolean {
  const at = path.findIndex((name) => matchesGlob(rule.segments[0] ?? '', name, 'go'));
  return at >= 0 && !(rule.foldersOnly && !isFolder && at === path.length - 1);
}

/** A rule with a slash is anchored at its folder; `**` stands for any number of folders. */
function matchesPath(rule: Rule, path: readonly string[], isFolder: boolean): boolean {
  let at = 0;
  let matched = false;
  let skipping = false;
  for (const [i, segment] of rule.segments.entries()) {
    if (segment === '**' && i === rule.segments.length - 1) break;
    if (segment === '' || segment === '**') {
      skipping = segment === '**';
      continue;
    }
    if (segment.includes('**') || at >= path.length) return false;
    const found = path.findIndex((name, index) => index >= at && matchesGlob(segment, name, 'go'));
    if (skipping ? found < 0 : found !== at) return false;
    matched = true;
    skipping = false;
    at = found + 1;
  }
  return matched && !(rule.foldersOnly && !isFolder && at === path.length);
}
