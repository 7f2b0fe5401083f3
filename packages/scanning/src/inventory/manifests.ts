import { getKey, isObject, type JsonObject, listAt, messageOf } from '@cartographer/machinery';
import { linesOf, parseJsonObject, parseTomlTable } from './lockfiles/lock-file.ts';

/** A file that names dependencies, whose versions a lock file has to say. */
type Manifest = {
  readonly fits: (name: string) => boolean;
  /** Names of the lock files that say the versions, beside it or in a folder above it. */
  readonly locks: (name: string) => boolean;
  /** Whether the text names dependencies at all. */
  readonly hasDependencies: (text: string) => boolean;
};

const named =
  (...names: readonly string[]) =>
  (name: string): boolean =>
    names.includes(name);

const isPythonLock = (name: string): boolean =>
  named('poetry.lock', 'uv.lock', 'pdm.lock', 'Pipfile.lock', 'pylock.toml')(name) ||
  (name.includes('requirements') && name.endsWith('.txt'));

const MANIFESTS: readonly Manifest[] = [
  {
    fits: named('package.json'),
    locks: named('package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'),
    hasDependencies: (text) =>
      holds(parseJsonObject(text), ['dependencies', 'devDependencies', 'optionalDependencies']),
  },
  {
    fits: named('composer.json'),
    locks: named('composer.lock'),
    // PHP itself and its extensions have no vendor in their names.
    hasDependencies: (text) => holds(parseJsonObject(text), ['require', 'require-dev'], (name) => name.includes('/')),
  },
  {
    fits: named('Cargo.toml'),
    locks: named('Cargo.lock'),
    hasDependencies: (text) =>
      holds(parseTomlTable(text), ['dependencies', 'dev-dependencies', 'build-dependencies', 'target']),
  },
  { fits: named('pyproject.toml'), locks: isPythonLock, hasDependencies: namesPythonDependencies },
  {
    fits: named('setup.py', 'setup.cfg'),
    locks: isPythonLock,
    hasDependencies: (text) => text.includes('install_requires'),
  },
  { fits: named('Pipfile'), locks: named('Pipfile.lock'), hasDependencies: hasPipfileDependencies },
  {
    fits: named('Gemfile', 'gems.rb'),
    locks: named('Gemfile.lock', 'gems.locked'),
    hasDependencies: (text) => linesOf(text).some((line) => /^\s*(?:gem|gemspec)\b/.test(line)),
  },
  {
    fits: (name) => /\.(?:cs|fs|vb)proj$/.test(name),
    locks: named('packages.lock.json'),
    hasDependencies: (text) => text.includes('<PackageReference'),
  },
  {
    fits: named('build.gradle', 'build.gradle.kts'),
    locks: named('gradle.lockfile', 'verification-metadata.xml'),
    hasDependencies: (text) => linesOf(text).some((line) => /^\s*dependencies\s*\{/.test(line)),
  },
];

/** Whether a file of this name says which dependencies there are, and not in which versions. */
export function isManifest(path: string): boolean {
  return manifestOf(path) !== undefined;
}

/** Folders in which, and below which, manifests of a kind have a lock file. */
export type Covered = ReadonlySet<string>;

/** What the lock files among the paths of a source cover. */
export function coveredBy(paths: Iterable<string>): Covered {
  const covered = new Set<string>();
  for (const path of paths) {
    for (const [index, { locks }] of MANIFESTS.entries()) {
      if (locks(nameOf(path))) covered.add(`${index} ${lockedFolder(path)}`);
    }
  }
  return covered;
}

/**
 * Why a manifest makes the inventory incomplete: it names dependencies, and no lock file says their versions. Undefined
 * where it names none or a lock file stands beside it or above it.
 */
export function unlockedBy(path: string, text: string, covered: Covered): string | undefined {
  const manifest = manifestOf(path);
  if (manifest === undefined) return undefined;
  const index = MANIFESTS.indexOf(manifest);
  if (foldersAbove(path).some((folder) => covered.has(`${index} ${folder}`))) return undefined;
  try {
    if (!manifest.hasDependencies(text)) return undefined;
  } catch (error) {
    return messageOf(error);
  }
  return 'names dependencies, and no lock file beside it or above it says their versions';
}

function manifestOf(path: string): Manifest | undefined {
  const name = nameOf(path);
  return MANIFESTS.find(({ fits }) => fits(name));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** What Gradle keeps in a folder of its own is for the folder around it. */
function lockedFolder(lock: string): string {
  const folder = folderOf(lock);
  return nameOf(lock) === 'verification-metadata.xml' ? folder.replace(/gradle\/$/, '') : folder;
}

/** The folder of a path and all around it, each with a `/` at its end; the top of the source is empty. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_part, index) =>
    parts
      .slice(0, index)
      .map((part) => `${part}/`)
      .join(''),
  );
}

function holds(document: JsonObject, keys: readonly string[], counts = (_name: string): boolean => true): boolean {
  return keys.some((key) => {
    const found = getKey(document, key);
    return isObject(found) && Object.keys(found).some(counts);
  });
}

function namesPythonDependencies(text: string): boolean {
  const document = parseTomlTable(text);
  if (listAt(document, 'project', 'dependencies').length > 0) return true;
  const tool = getKey(document, 'tool');
  const poetry = isObject(tool) ? getKey(tool, 'poetry') : undefined;
  return isObject(poetry) && holds(poetry, ['dependencies'], (name) => name !== 'python');
}

function hasPipfileDependencies(text: string): boolean {
  return holds(parseTomlTable(text), ['packages', 'dev-packages']);
}
