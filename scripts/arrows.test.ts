import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Which packages a package may import, as `docs/architecture.md` draws it. Tests may import testkit as well. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  machinery: [],
  api: ['machinery'],
  engine: ['machinery', 'api'],
  kube: ['machinery'],
  runtime: ['machinery', 'kube'],
  controller: ['machinery', 'api', 'engine', 'kube', 'runtime'],
  apiserver: ['machinery'],
  oci: ['machinery'],
  laptop: ['machinery', 'kube', 'runtime', 'oci'],
  ytt: ['machinery'],
  bills: ['machinery'],
  store: ['machinery'],
  scanning: ['machinery', 'api', 'kube', 'runtime', 'oci', 'bills', 'store'],
  jenkins: ['machinery', 'api', 'kube', 'runtime', 'oci'],
  'convention-sdk': [],
  conventions: ['machinery', 'api', 'kube', 'runtime', 'oci', 'bills', 'convention-sdk'],
  cli: [
    'machinery',
    'api',
    'engine',
    'kube',
    'runtime',
    'controller',
    'apiserver',
    'laptop',
    'ytt',
    'oci',
    'bills',
    'store',
    'scanning',
    'jenkins',
    'conventions',
    'convention-sdk',
  ],
  testkit: ['machinery', 'api', 'engine', 'kube', 'runtime', 'controller', 'apiserver', 'ytt'],
};

/**
 * The rooms of a folder, from the ground up: a file imports from its own room and from those below it. Files that stand
 * beside the rooms put them together and may import from all of them.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'machinery/src': ['values', 'text', 'jsonpath', 'selectors', 'patch', 'apply', 'cel', 'schema'],
  'api/src': ['reasons', 'schema', 'kinds', 'validation'],
  'engine/src': ['world', 'paths', 'select', 'read', 'stand', 'render', 'report', 'plan', 'graph', 'explain'],
  'kube/src': ['transport', 'client', 'access', 'cache', 'lease'],
  'controller/src': ['caches', 'acting', 'webhooks', 'install'],
  'apiserver/src/front': ['protobuf', 'wire', 'auth', 'documents', 'requests'],
  'oci/src': ['archive', 'content', 'layers', 'layout', 'server', 'access', 'registry', 'attached'],
  'laptop/src/git': ['kind', 'fetch', 'tree'],
  'conventions/src': ['kinds', 'images', 'rules', 'webhook', 'chain', 'install', 'controller'],
  'jenkins/src': ['kinds', 'once', 'remote', 'judge', 'install', 'desk', 'controller'],
  'cli/src': [
    'running',
    'process',
    'screen',
    'frame',
    'read',
    'upload',
    'logs',
    'look',
    'edit',
    'trace',
    'explain',
    'rerun',
    'complete',
    'chain',
    'doctor',
    'findings',
    'scan',
    'parts',
    'up',
    'commands',
  ],
  'laptop/src/tekton': ['values', 'kind', 'task', 'pipeline'],
  'scanning/src': [
    'versions',
    'advisories',
    'match',
    'inventory',
    'kinds',
    'install',
    'verdict',
    'portfolio',
    'sources',
    'scanner',
    'questions',
    'offline',
  ],
};

/** A folder with more files than this, tests and its face not counted, wants rooms. */
const MOST_FILES = 20;

/** What tests may import besides: the test kit, and the server that it starts. */
const TEST_TOOLS = ['testkit', 'apiserver'];

/** Packages that decide and never act: no module of Node's that reaches the outside world. */
const PURE = ['machinery', 'api', 'engine', 'bills'];
const PURE_BUILTINS = ['node:crypto'];

const packagesDir = join(import.meta.dirname, '..', 'packages');
const packages = readdirSync(packagesDir);

function sources(name: string): readonly string[] {
  const dir = join(packagesDir, name, 'src');
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(dir, file));
}

/** Tests, and what stands in a `testing` folder: what the Dockerfile leaves out of the image. */
function isTestOnly(file: string): boolean {
  return /\.(?:test(?:-d)?|long)\.ts$|\/testing\//.test(file);
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

describe('the arrows between packages', () => {
  it.each(packages)('%s imports only what the architecture allows', (name) => {
    const allowed = ALLOWED[name];
    expect(allowed, `package ${name} is not in the picture: add it to ALLOWED and docs/architecture.md`).toBeDefined();
    const wrong = sources(name).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('@cartographer/'))
        .map((specifier) => specifier.split('/')[1] ?? '')
        .filter((target) => target !== name && !allowed?.includes(target))
        .filter((target) => !(isTestOnly(file) && TEST_TOOLS.includes(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(PURE)('%s has no import of anything that does I/O', (name) => {
    const wrong = sources(name)
      .filter((file) => !isTestOnly(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier.startsWith('node:') && !PURE_BUILTINS.includes(specifier))
          .map((specifier) => `${file} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  it('what the product runs imports nothing that is for tests', () => {
    const wrong = packages
      .filter((name) => name !== 'testkit')
      .flatMap((name) => sources(name))
      .filter((file) => !isTestOnly(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier === '@cartographer/testkit' || isTestOnly(join(dirname(file), specifier)))
          .map((specifier) => `${file} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  it('a package is reached through its index only', () => {
    const wrong = packages.flatMap((name) =>
      sources(name).flatMap((file) =>
        importsOf(file)
          .filter((specifier) => /^@cartographer\/[^/]+\/./.test(specifier) || /^(\.\.\/)+packages\//.test(specifier))
          .map((specifier) => `${file} imports ${specifier}`),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the rooms inside packages', () => {
  const folders = [...new Set(packages.flatMap((name) => sources(name).map((file) => dirname(file))))];

  it.each(Object.entries(ROOMS))('packages/%s: a room imports from the rooms below it only', (folder, rooms) => {
    const root = join(packagesDir, folder);
    const roomOf = (file: string): string => relative(root, file).split('/')[0] ?? '';
    const wrong = rooms.flatMap((room, floor) =>
      sourcesIn(join(root, room)).flatMap((file) =>
        relativeImports(file)
          .filter((target) => target.startsWith(`${root}/`) && rooms.indexOf(roomOf(target)) > floor)
          .map((target) => `${file} imports ${target}`),
      ),
    );
    expect(wrong).toEqual([]);
    expect(rooms.filter((room) => sourcesIn(join(root, room)).length === 0)).toEqual([]);
  });

  it('a room does not reach up to what stands beside it', () => {
    const wrong = Object.entries(ROOMS).flatMap(([folder, rooms]) =>
      rooms.flatMap((room) =>
        sourcesIn(join(packagesDir, folder, room)).flatMap((file) =>
          relativeImports(file)
            .filter((target) => dirname(target) === join(packagesDir, folder))
            .map((target) => `${file} imports ${target}`),
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('no folder has more files than one look takes in', () => {
    const sizes = folders.map((folder) => {
      const files = sourcesIn(folder).filter((file) => dirname(file) === folder && basename(file) !== 'index.ts');
      return { folder, files: files.length };
    });
    expect(sizes.filter(({ files }) => files > MOST_FILES)).toEqual([]);
  });

  it('no import leads back to where it came from', () => {
    expect(packages.flatMap((name) => circles(sources(name)))).toEqual([]);
  });
});

/** What is no test, below a folder. */
function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .filter((file) => !isTestOnly(file));
}

function relativeImports(file: string): readonly string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolve(dirname(file), specifier));
}

/** Files whose imports lead back to themselves; each circle is told by every file on it. */
function circles(files: readonly string[]): readonly string[] {
  const imports = new Map(files.map((file) => [file, relativeImports(file)]));
  return files.filter((file) => {
    const reached = new Set<string>();
    const open = [...(imports.get(file) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(...(imports.get(next) ?? []));
    }
    return reached.has(file);
  });
}
