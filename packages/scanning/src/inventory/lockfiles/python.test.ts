import { describe, expect, it } from 'vitest';
import { readCargoLock } from './cargo.ts';
import { readPipfileLock, readPylock, readPythonLock } from './python.ts';
import { linesRead, readLock } from './testing/read-lock.ts';

const toml = (key: string, ...tables: readonly string[]): string =>
  tables.map((table) => `[[${key}]]\n${table}\n`).join('\n');

describe('lock files in TOML', () => {
  it('list packages of poetry, uv and pdm, but not a project that is built as none', () => {
    const text = toml(
      'package',
      'name = "Jinja2"\nversion = "2.11.2"',
      'name = "shop"\nversion = "0.1.0"\nsource = { virtual = "." }',
      'name = "lib"\nversion = "0.2.0"\nsource = { editable = "lib" }',
      'name = "dynamic"\nsource = { editable = "dynamic" }',
    );
    expect(linesRead(readPythonLock, text)).toEqual(['Jinja2 2.11.2', 'lib 0.2.0', 'dynamic ']);
  });

  it.each([
    ['source = { git = "https://example.com/a.git?rev=1#abc" }', 'https%3A%2F%2Fexample.com%2Fa.git%3Frev%3D1%23abc'],
    ['[package.source]\ntype = "git"\nurl = "https://example.com/a.git"', 'https%3A%2F%2Fexample.com%2Fa.git'],
    ['git = "https://example.com/a.git"\nrevision = "abc"', 'https%3A%2F%2Fexample.com%2Fa.git'],
  ])('say with %j from which repository a package is', (source, address) => {
    const [one] = readLock(readPythonLock, toml('package', `name = "a"\nversion = "1"\n${source}`)).packages;
    expect(one?.purl).toBe(`pkg:pypi/a@1?vcs_url=${address}`);
  });

  it('list packages of pylock.toml', () => {
    const text = toml('packages', 'name = "a"\nversion = "1"', 'name = "b"\n[packages.vcs]\ntype = "git"\nurl = "u"');
    expect(linesRead(readPylock, text)).toEqual(['a 1', 'b ']);
  });

  it('list crates, with those of the workspace and of repositories', () => {
    const text = toml(
      'package',
      'name = "shop"\nversion = "0.1.0"',
      'name = "log"\nversion = "0.4.17"\nsource = "registry+https://github.com/rust-lang/crates.io-index"',
      'name = "fork"\nversion = "1.0.0"\nsource = "git+https://example.com/fork#abc"',
    );
    expect(linesRead(readCargoLock, `version = 3\n\n${text}`)).toEqual(['shop 0.1.0', 'log 0.4.17', 'fork 1.0.0']);
    expect(readLock(readCargoLock, text).packages.at(-1)?.purl).toContain('vcs_url=git%2Bhttps');
  });

  it.each([readPythonLock, readCargoLock])('name a package without a name (%#), and may be empty', (read) => {
    expect(linesRead(read, toml('package', 'version = "1"'))).toEqual(['! lock: package[0] has no name']);
    expect(linesRead(read, '')).toEqual([]);
  });

  it.each([readPythonLock, readCargoLock])('are refused when they are no TOML or no list (%#)', (read) => {
    expect(() => linesRead(read, 'package = {')).toThrow('is not TOML: ');
    expect(() => linesRead(read, 'package = 1')).toThrow('package is not a list');
    expect(() => linesRead(read, `a = ${'['.repeat(501)}${']'.repeat(501)}`)).toThrow('is not TOML: ');
  });
});

describe('Pipfile.lock', () => {
  it('lists the packages of all categories', () => {
    const text = JSON.stringify({
      _meta: { hash: { sha256: 'abc' } },
      default: { a: { version: '==1.0' }, git: { git: 'https://example.com/g.git', ref: 'abc' } },
      develop: { b: { version: '===2.0' } },
      docs: { c: { version: '==3.0' } },
    });
    expect(linesRead(readPipfileLock, text)).toEqual(['a 1.0', 'git ', 'b 2.0', 'c 3.0']);
  });

  it('is refused without packages', () => {
    expect(() => linesRead(readPipfileLock, '{"_meta": {}}')).toThrow('is no lock file of Pipenv');
  });
});
