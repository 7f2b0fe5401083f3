import type { BillPackage } from '@cartographer/bills';
import { type LockContents, type LockFile, LockFileError, linesOf, locked } from './lock-file.ts';
import { repositoryOf } from './npm.ts';

/** One entry: the line that names it, without its colon, and its fields. */
type Entry = { readonly head: string; readonly fields: Map<string, string> };

const HEAD = /^(?<head>[^\s#].*):$/;
const FIELD = /^ {2}"?(?<key>[^\s":]+)"?:? (?:"(?<quoted>[^"]*)"|(?<plain>\S+))$/;

/**
 * `yarn.lock`, of Yarn 1 and of the later ones, line by line. A package of a workspace has no version there; the root is
 * not listed. An alias is the package that it stands for.
 */
export function readYarnLock(file: LockFile): LockContents {
  const packages = entriesOf(file.text).flatMap((entry) => packageOf(file, entry) ?? []);
  return { packages, unread: [] };
}

function entriesOf(text: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const head = HEAD.exec(line)?.groups?.['head'];
    if (head !== undefined) entries.push({ head, fields: new Map() });
    else if (!line.startsWith(' ') || entries.length === 0) {
      throw new LockFileError(`is no lock file of Yarn: line ${index + 1} is no entry`);
    } else addField(line, entries.at(-1)?.fields);
  }
  return entries;
}

function addField(line: string, fields: Map<string, string> | undefined): void {
  const { key, quoted, plain } = FIELD.exec(line)?.groups ?? {};
  if (key !== undefined) fields?.set(key, quoted ?? plain ?? '');
}

function packageOf(file: LockFile, { head, fields }: Entry): BillPackage | undefined {
  if (head === '__metadata') return undefined;
  const version = fields.get('version') ?? '';
  const resolution = fields.get('resolution');
  if (resolution === undefined) {
    return locked(file, 'npm', nameOfPattern(head), version, repositoryOf(fields.get('resolved') ?? ''));
  }
  const [name, reference] = cutAtVersion(resolution);
  if (reference === 'workspace:.') return undefined;
  const isHere = /^(?:workspace|link|portal):/.test(reference);
  return locked(file, 'npm', name, isHere ? '' : version, isHere ? '' : repositoryOf(reference));
}

/** The name in the first of the patterns of an entry: `"@a/b@^1", "@a/b@^2"`, `alias@npm:@real/name@^1`. */
function nameOfPattern(head: string): string {
  const [first = ''] = head.replace(/^"/, '').split(/"?, /);
  const [name, range] = cutAtVersion(first.replace(/"$/, ''));
  return range.startsWith('npm:') && range.indexOf('@', 'npm:@'.length) > 0
    ? cutAtVersion(range.slice('npm:'.length))[0]
    : name;
}

/** Before and after the `@` that is not that of a scope. */
function cutAtVersion(text: string): readonly [string, string] {
  const at = text.indexOf('@', 1);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
