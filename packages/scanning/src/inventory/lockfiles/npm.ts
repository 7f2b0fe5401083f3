import type { BillPackage, Unread } from '@cartographer/bills';
import { getKey, isObject, type Json, type JsonObject, textAt } from '@cartographer/machinery';
import { type LockContents, type LockFile, LockFileError, locked, parseJsonObject, unreadOf } from './lock-file.ts';

/**
 * `package-lock.json` and `npm-shrinkwrap.json`. Versions 2 and 3 list `packages` by folder, version 1 `dependencies`
 * within each other. Packages of workspaces are listed, the root is not; a link is what it leads to.
 */
export function readNpmLock(file: LockFile): LockContents {
  const document = parseJsonObject(file.text);
  const [packages, dependencies] = [getKey(document, 'packages'), getKey(document, 'dependencies')];
  const unread: Unread[] = [];
  if (isObject(packages)) return { packages: fromPackages(file, packages, unread), unread };
  if (isObject(dependencies)) return { packages: fromDependencies(file, dependencies, unread), unread };
  if (packages === undefined && dependencies === undefined && getKey(document, 'lockfileVersion') !== undefined) {
    return { packages: [], unread };
  }
  throw new LockFileError('is no lock file of npm: it has neither packages nor dependencies');
}

function fromPackages(file: LockFile, packages: JsonObject, unread: Unread[]): readonly BillPackage[] {
  return Object.entries(packages).flatMap(([folder, entry]) => {
    if (folder === '') return [];
    if (!isObject(entry)) {
      unread.push(unreadOf(file, folder, 'is not an object'));
      return [];
    }
    const resolved = textAt(entry, 'resolved');
    if (getKey(entry, 'link') === true && Object.hasOwn(packages, resolved)) return [];
    const name = textAt(entry, 'name') || nameOfFolder(folder);
    return [locked(file, 'npm', name, textAt(entry, 'version'), repositoryOf(resolved))];
  });
}

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
function nameOfFolder(folder: string): string {
  const parts = folder.split('/');
  const scope = parts.at(-2) ?? '';
  const name = parts.at(-1) ?? '';
  return scope.startsWith('@') ? `${scope}/${name}` : name;
}

function fromDependencies(file: LockFile, dependencies: JsonObject, unread: Unread[]): readonly BillPackage[] {
  return Object.entries(dependencies).flatMap(([name, entry]) => {
    if (!isObject(entry)) {
      unread.push(unreadOf(file, name, 'is not an object'));
      return [];
    }
    const nested: Json | undefined = getKey(entry, 'dependencies');
    const below = isObject(nested) ? fromDependencies(file, nested, unread) : [];
    return [ofVersion(file, name, textAt(entry, 'version')), ...below];
  });
}

/** `1.2.3`, `npm:real@1.2.3` for an alias, or the place of a package whose version is not told. */
function ofVersion(file: LockFile, name: string, version: string): BillPackage {
  const [alias, real, realVersion = ''] = /^npm:(.+)@([^@]*)$/.exec(version) ?? [];
  if (alias !== undefined && real !== undefined) return locked(file, 'npm', real, realVersion);
  return locked(file, 'npm', name, version.includes(':') ? '' : version, repositoryOf(version));
}

const REPOSITORY = /^(?:git(?:\+\w+)?|ssh):\/\/|^(?:git\+ssh|github|gitlab|bitbucket|gist):|\.git#|#commit[:=]/;

/** Where a package comes from, if that is a repository; empty for a registry or a file. */
export function repositoryOf(resolved: string): string {
  return REPOSITORY.test(resolved) || resolved.startsWith('https://codeload.github.com/') ? resolved : '';
}
