import { describe, expect, it } from 'vitest';
import { readNpmLock } from './npm.ts';
import { linesRead, readLock } from './testing/read-lock.ts';

const packages = (entries: object): string => JSON.stringify({ lockfileVersion: 3, packages: entries });
const dependencies = (entries: object): string => JSON.stringify({ lockfileVersion: 1, dependencies: entries });

describe('a lock file of npm', () => {
  it('lists packages by folder, with the name of the last one', () => {
    const text = packages({
      '': { name: 'root', version: '1' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/@s/b': { version: '2.0.0' },
      'node_modules/alias': { name: 'real', version: '3.0.0' },
      'packages/app': { version: '4.0.0' },
    });
    expect(linesRead(readNpmLock, text)).toEqual(['a 1.0.0', '@s/b 2.0.0', 'real 3.0.0', 'app 4.0.0']);
  });

  it('lists a link once, as what it leads to', () => {
    const text = packages({
      'node_modules/app': { resolved: 'packages/app', link: true },
      'packages/app': { name: 'app', version: '4.0.0' },
      'node_modules/out': { resolved: '../out', link: true },
    });
    expect(linesRead(readNpmLock, text)).toEqual(['app 4.0.0', 'out ']);
  });

  it('says of a package from a repository which it is', () => {
    const resolved = 'git+ssh://git@github.com/a/b.git#abc';
    const [one] = readLock(
      readNpmLock,
      packages({ 'node_modules/b': { version: '1.0.0', resolved } }),
      'web/lock',
    ).packages;
    expect(one).toEqual({
      name: 'b',
      version: '1.0.0',
      ecosystem: 'npm',
      purl: 'pkg:npm/b@1.0.0?vcs_url=git%2Bssh%3A%2F%2Fgit%40github.com%2Fa%2Fb.git%23abc',
      places: ['web/lock'],
    });
  });

  it.each([
    ['https://npm.example.com/a/-/a-1.0.0.tgz', false],
    ['file:a-1.0.0.tgz', false],
    ['https://codeload.github.com/x/a/tar.gz/abc', true],
    ['git://example.com/a#abc', true],
    ['https://example.com/a.git#abc', true],
    ['', false],
  ])('takes a package from %j for one from a repository: %s', (resolved, isOne) => {
    const { packages: found } = readLock(readNpmLock, packages({ 'node_modules/a': { version: '1.0.0', resolved } }));
    expect(found[0]?.purl.includes('vcs_url')).toBe(isOne);
  });

  it('lists nested dependencies of version 1, with aliases, and no version where only a place stands', () => {
    const text = dependencies({
      a: { version: '1.0.0', dependencies: { b: { version: '2.0.0', bundled: true } } },
      alias: { version: 'npm:@s/real@3.0.0' },
      file: { version: 'file:../file' },
      git: { version: 'git+https://github.com/a/b.git#abc' },
      short: { version: 'github:a/b#abc' },
      address: { version: 'https://example.com/address-1.0.0.tgz' },
    });
    const expected = ['a 1.0.0', 'b 2.0.0', '@s/real 3.0.0', 'file ', 'git ', 'short ', 'address '];
    expect(linesRead(readNpmLock, text)).toEqual(expected);
  });

  it('is read by packages where it has both', () => {
    const both = {
      lockfileVersion: 2,
      packages: { 'node_modules/a': { version: '2' } },
      dependencies: { a: { version: '1' } },
    };
    expect(linesRead(readNpmLock, JSON.stringify(both))).toEqual(['a 2']);
    expect(linesRead(readNpmLock, '{"lockfileVersion": 3}')).toEqual([]);
  });

  it('names entries that are none', () => {
    expect(linesRead(readNpmLock, packages({ 'node_modules/a': 1 }))).toEqual([
      '! lock: node_modules/a is not an object',
    ]);
    expect(linesRead(readNpmLock, dependencies({ a: null }))).toEqual(['! lock: a is not an object']);
  });

  it.each([
    ['{}', 'is no lock file of npm'],
    ['{"lockfileVersion": 3, "packages": []}', 'is no lock file of npm'],
    ['[]', 'is not a JSON object'],
    ['{"packages": {', 'is not JSON: '],
    [`${'{"dependencies":'.repeat(501)}1${'}'.repeat(501)}`, 'nests more than 500 levels deep'],
  ])('is refused when it is %.30s', (text, message) => {
    expect(() => linesRead(readNpmLock, text)).toThrow(message);
  });
});
