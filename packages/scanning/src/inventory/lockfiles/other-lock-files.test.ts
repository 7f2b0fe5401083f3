import { describe, expect, it } from 'vitest';
import { readComposerLock } from './composer.ts';
import { readGemfileLock } from './gemfile.ts';
import { isUnreadLock, lockReaderOf } from './lock-files.ts';
import { readNuGetLock } from './nuget.ts';
import { readConanLock, readMixLock, readPubspecLock, readRenvLock } from './other-languages.ts';
import { linesRead, readLock } from './testing/read-lock.ts';

describe('which files are lock files', () => {
  it.each([
    'package-lock.json',
    'a/b/npm-shrinkwrap.json',
    'yarn.lock',
    'pnpm-lock.yaml',
    'go.mod',
    'poetry.lock',
    'uv.lock',
    'pdm.lock',
    'pylock.toml',
    'pylock.dev.toml',
    'Pipfile.lock',
    'requirements.txt',
    'dev-requirements.txt',
    'requirements/requirements-dev.txt',
    'Cargo.lock',
    'Gemfile.lock',
    'gems.locked',
    'composer.lock',
    'packages.lock.json',
    'pom.xml',
    'gradle.lockfile',
    'buildscript-gradle.lockfile',
    'gradle/verification-metadata.xml',
    'mix.lock',
    'pubspec.lock',
    'conan.lock',
    'renv.lock',
  ])('%s is', (path) => {
    expect(lockReaderOf(path)).toBeTypeOf('function');
    expect(isUnreadLock(path)).toBe(false);
  });

  it.each(['go.sum', 'package.json', 'verification-metadata.xml', 'requirements.in', 'xyarn.lock', 'cargo.lock'])(
    '%s is not',
    (path) => {
      expect(lockReaderOf(path)).toBeUndefined();
    },
  );

  it.each(['bun.lock', 'web/bun.lockb', 'deno.lock', 'Package.resolved', 'Podfile.lock', 'paket.lock'])(
    '%s is one that is not read',
    (path) => {
      expect(lockReaderOf(path)).toBeUndefined();
      expect(isUnreadLock(path)).toBe(true);
    },
  );
});

describe('Gemfile.lock', () => {
  const text = [
    'GIT',
    '  remote: https://example.com/a.git',
    '  revision: abc',
    '  specs:',
    '    a (1.0.0.alpha)',
    '      b (>= 1)',
    '',
    'PATH',
    '  remote: engine',
    '  specs:',
    '    engine (0.1.0)',
    '',
    'GEM',
    '  remote: https://gems.example.com/',
    '  specs:',
    '    c (1.2.3-x86_64-linux)',
    '    d-e (2.0)!',
    '',
    'PLATFORMS',
    '  ruby',
    '',
    'DEPENDENCIES',
    '  a!',
    '    z (1)',
    '',
    'BUNDLED WITH',
    '   2.3.7',
    '',
  ].join('\n');

  it('lists the gems of its sources, and no more', () => {
    expect(linesRead(readGemfileLock, text)).toEqual(['a 1.0.0.alpha', 'engine 0.1.0', 'c 1.2.3', 'd-e 2.0']);
    expect(readLock(readGemfileLock, text).packages.map(({ purl }) => purl.includes('vcs_url'))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('is refused with a line that is no section', () => {
    expect(() => linesRead(readGemfileLock, `${text}<<<<<<< HEAD\n`)).toThrow(
      /^is no lock file of Bundler: line \d+ is no section$/,
    );
  });
});

it('composer.lock lists packages, those for development as well', () => {
  const lock = {
    packages: [{ name: 'a/b', version: 'v1.0' }, {}],
    'packages-dev': [{ name: 'c/d', version: 'dev-main' }],
  };
  expect(linesRead(readComposerLock, JSON.stringify(lock))).toEqual([
    'a/b v1.0',
    'c/d dev-main',
    '! lock: packages[1] has no name',
  ]);
  expect(() => linesRead(readComposerLock, '{}')).toThrow('is no lock file of Composer: it has no packages');
});

it('packages.lock.json lists the packages of all frameworks', () => {
  const lock = (version: unknown): string =>
    JSON.stringify({
      version,
      dependencies: { net6: { A: { resolved: '1.0' }, own: { type: 'Project' } }, net7: { B: { resolved: '2.0' } } },
    });
  expect(linesRead(readNuGetLock, lock(1))).toEqual(['A 1.0', 'own ', 'B 2.0']);
  expect(linesRead(readNuGetLock, lock(2))).toHaveLength(3);
  expect(() => linesRead(readNuGetLock, lock(3))).toThrow('is a lock file of NuGet of version 3');
});

it('mix.lock lists packages of Hex and of repositories, and names lines that are none', () => {
  const text =
    '%{\n  "a": {:hex, :a, "1.0.0", "abc", [:mix], [], "hexpm", "def"},\n  "b": {:git, "https://example.com/b.git", "abc", []},\n  nonsense\n}\n';
  expect(linesRead(readMixLock, text)).toEqual(['a 1.0.0', 'b ', '! lock: line 4 is no package']);
});

it('pubspec.lock lists packages', () => {
  expect(linesRead(readPubspecLock, 'packages:\n  a:\n    source: hosted\n    version: "1.0.0"\n')).toEqual([
    'a 1.0.0',
  ]);
  expect(() => linesRead(readPubspecLock, 'text')).toThrow('is no lock file of Dart: it is not a map');
  expect(() => linesRead(readPubspecLock, 'a: [')).toThrow('is not YAML: ');
});

it('conan.lock lists the nodes of a graph or references, and not the project', () => {
  const graph = {
    graph_lock: {
      nodes: {
        0: { ref: 'own/1.0', path: 'conanfile.py' },
        1: { ref: 'a/1.0#abc' },
        2: { pref: 'b/2.0@u/c#r:p#s' },
        3: {},
      },
    },
  };
  expect(linesRead(readConanLock, JSON.stringify(graph))).toEqual(['a 1.0', 'b 2.0']);
  const lists = { requires: ['a/1.0#abc%1.2'], build_requires: ['c/3.0'], python_requires: ['d/4'] };
  expect(linesRead(readConanLock, JSON.stringify(lists))).toEqual(['a 1.0', 'c 3.0', 'd 4']);
});

it('renv.lock lists packages of CRAN, and others without an ecosystem', () => {
  const lock = {
    Packages: {
      a: { Package: 'a', Version: '1', Repository: 'CRAN' },
      b: { Package: 'b', Version: '2', Repository: 'RSPM' },
      c: { Package: 'c', Version: '3', Repository: 'Bioconductor 3.17' },
      d: { Package: 'd', Version: '4', Source: 'GitHub' },
    },
  };
  const { packages } = readLock(readRenvLock, JSON.stringify(lock));
  expect(packages.map(({ name, ecosystem }) => `${name} ${ecosystem}`)).toEqual(['a CRAN', 'b CRAN', 'c ', 'd ']);
  expect(() => linesRead(readRenvLock, '{}')).toThrow('is no lock file of renv: it has no Packages');
});
