import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  laptop: ['machinery', 'kube', 'runtime'],
  ytt: ['machinery'],
  cli: ['machinery', 'api', 'engine', 'kube', 'runtime', 'controller', 'apiserver', 'laptop', 'ytt'],
  testkit: ['machinery', 'api', 'engine', 'kube', 'runtime', 'controller', 'apiserver', 'ytt'],
};

/** What tests may import besides: the test kit, and the server that it starts. */
const TEST_TOOLS = ['testkit', 'apiserver'];

/** Packages that decide and never act: no module of Node's that reaches the outside world. */
const PURE = ['machinery', 'api', 'engine'];
const PURE_BUILTINS = ['node:crypto'];

const packagesDir = join(import.meta.dirname, '..', 'packages');
const packages = readdirSync(packagesDir);

function sources(name: string): readonly string[] {
  const dir = join(packagesDir, name, 'src');
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(dir, file));
}

/** Tests, and what stands in a `testing` folder or is named as a harness or fixture of tests. */
function isTestOnly(file: string): boolean {
  return file.endsWith('.test.ts') || /\/testing\/|-(harness|fixture)\.ts$/.test(file);
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
