import type { BillPackage, Unread } from '@cartographer/bills';
import { type LockContents, type LockFile, LockFileError, linesOf, locked, unreadOf } from './lock-file.ts';

type Directive = { readonly words: readonly string[]; readonly line: number };

/** Go resolves what these say; they name no package of the build. */
const OTHER = new Set(['module', 'toolchain', 'retract', 'tool', 'godebug', 'ignore']);

/**
 * `go.mod`: the modules that it requires, as they are replaced, and the standard library at the version of the `go` line.
 * `go.sum` names modules that are not built, too, and is not read. Before Go 1.17 only direct requirements had to stand
 * there, so such a file is named as unread besides.
 */
export function readGoMod(file: LockFile): LockContents {
  const requires: string[][] = [];
  // By `path version` or, for all versions, by `path`: the last one counts.
  const replaces = new Map<string, string[]>();
  const excludes = new Set<string>();
  let go = '';
  for (const { words, line } of directivesOf(file.text)) {
    const [kind = '', ...rest] = words;
    if (kind === 'require' && rest.length === 2) requires.push(rest);
    else if (kind === 'replace' && rest.includes('=>')) {
      const arrow = rest.indexOf('=>');
      replaces.set(rest.slice(0, arrow).join(' '), rest.slice(arrow + 1));
    } else if (kind === 'exclude' && rest.length === 2) excludes.add(rest.join(' '));
    else if (kind === 'go' && rest.length === 1) go = rest[0] ?? '';
    else if (!OTHER.has(kind)) throw new LockFileError(`is no go.mod: line ${line} is no directive`);
  }
  const packages = requires.map((required) => packageOf(file, required, replaces));
  if (go !== '') packages.push(locked(file, 'Go', 'stdlib', go));
  return { packages, unread: unreadIn(file, go, requires, excludes) };
}

/** Lines of a block stand for the directive before the block, `require ( … )`. */
function directivesOf(text: string): readonly Directive[] {
  const found: Directive[] = [];
  let block = '';
  for (const [index, line] of linesOf(text).entries()) {
    const words = wordsOf(line);
    if (words.length === 0 || words.join(' ').endsWith(' ( )')) continue;
    if (block === '' && words.at(-1) === '(') block = words[0] ?? '';
    else if (block !== '' && words[0] === ')') block = '';
    else found.push({ words: block === '' ? words : [block, ...words], line: index + 1 });
  }
  if (block !== '') throw new LockFileError(`is no go.mod: the block of ${block} has no end`);
  return found;
}

function wordsOf(line: string): readonly string[] {
  const [code = ''] = line.split('//');
  return [...code.matchAll(/"([^"]*)"|`([^`]*)`|(\(|\)|[^\s"`()]+)/g)].map(
    (word) => word[1] ?? word[2] ?? word[3] ?? '',
  );
}

/** A `replace` of one version wins over one of all. A folder has no version. */
function packageOf(
  file: LockFile,
  required: readonly string[],
  replaces: ReadonlyMap<string, readonly string[]>,
): BillPackage {
  const [path = '', version = ''] = required;
  const replace = replaces.get(`${path} ${version}`) ?? replaces.get(path);
  if (replace === undefined) return locked(file, 'Go', path, version);
  const [newPath = '', newVersion = ''] = replace;
  return newVersion === '' ? locked(file, 'Go', path, '') : locked(file, 'Go', newPath, newVersion);
}

function unreadIn(
  file: LockFile,
  go: string,
  requires: readonly (readonly string[])[],
  excludes: ReadonlySet<string>,
): readonly Unread[] {
  const excluded = requires
    .map((required) => required.join(' '))
    .filter((required) => excludes.has(required))
    .map((required) => unreadOf(file, required, 'is required and excluded: which version is built is not said'));
  const [, major = '1', minor = '0'] = /^(\d+)\.(\d+)/.exec(go) ?? [];
  const isWhole = requires.length === 0 || Number(major) > 1 || Number(minor) >= 17;
  const why =
    'says a go version before 1.17, so it need not name what its requirements require: run go mod tidy -go=1.17';
  return isWhole ? excluded : [...excluded, unreadOf(file, '', why)];
}
