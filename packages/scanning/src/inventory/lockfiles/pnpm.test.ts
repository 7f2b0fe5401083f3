import { describe, expect, it } from 'vitest';
import { readPnpmLock } from './pnpm.ts';
import { linesRead, readLock } from './testing/read-lock.ts';

const lock = (key: string, entry: object = {}): string =>
  JSON.stringify({ lockfileVersion: '9.0', packages: { [key]: entry } });

describe('a lock file of pnpm', () => {
  it.each([
    ['/a/1.2.3', 'a 1.2.3'],
    ['/@s/a/1.2.3-rc.1', '@s/a 1.2.3-rc.1'],
    ['/a/1.2.3_react@18.0.0', 'a 1.2.3'],
    ['/a/1.2.3_@s+b@2.0.0', 'a 1.2.3'],
    ['npm.example.com/a/1.2.3', 'a 1.2.3'],
    ['npm.example.com/@s/a/1.2.3', '@s/a 1.2.3'],
    ['/a@1.2.3', 'a 1.2.3'],
    ['/@s/a@1.2.3-rc.1', '@s/a 1.2.3-rc.1'],
    ['/@s/a@1.2.3(react@18.0.0)(@s/b@2.0.0)', '@s/a 1.2.3'],
    ['a@1.2.3', 'a 1.2.3'],
    ['@s/a@1.2.3+build', '@s/a 1.2.3+build'],
    ['a@1.2.3(b@2.0.0)', 'a 1.2.3'],
    ['a@https://codeload.github.com/x/a/tar.gz/abc', 'a '],
    ['a@file:../a', 'a '],
  ])('gives for %s the package %s', (key, line) => {
    expect(linesRead(readPnpmLock, lock(key))).toEqual([line]);
  });

  it('believes the name and the version of an entry more than its key', () => {
    const entry = { name: 'a', version: '1.0.0' };
    const keys = ['file:lib', 'github.com/x/a/98e8ff1', '@s/other@2.0.0'];
    expect(keys.flatMap((key) => linesRead(readPnpmLock, lock(key, entry)))).toEqual(['a 1.0.0', 'a 1.0.0', 'a 1.0.0']);
  });

  it('says of a package from a repository which it is', () => {
    const git = { resolution: { type: 'git', repo: 'https://example.com/a.git', commit: 'abc' } };
    expect(readLock(readPnpmLock, lock('a@1.0.0', git)).packages[0]?.purl).toContain(
      'vcs_url=https%3A%2F%2Fexample.com',
    );
  });

  it('names an entry that says no name', () => {
    expect(linesRead(readPnpmLock, lock('file:lib'))).toEqual(['! lock: file:lib says no name of a package']);
  });

  it('may have no packages, and several documents', () => {
    const two = "lockfileVersion: '9.0'\n---\nlockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n";
    expect(linesRead(readPnpmLock, two)).toEqual(['a 1.0.0']);
    expect(linesRead(readPnpmLock, 'lockfileVersion: 5.4\n')).toEqual([]);
  });

  it.each([
    ['packages: {', 'is not YAML: '],
    ['packages: {}', 'is no lock file of pnpm: it has no lockfileVersion'],
    ['a: &a [*a]', 'is not YAML: '],
  ])('is refused as %j', (text, message) => {
    expect(() => linesRead(readPnpmLock, text)).toThrow(message);
  });
});
