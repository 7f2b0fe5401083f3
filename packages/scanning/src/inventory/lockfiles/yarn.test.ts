import { describe, expect, it } from 'vitest';
import { linesRead, readLock } from './testing/read-lock.ts';
import { readYarnLock } from './yarn.ts';

const entry = (head: string, ...fields: readonly string[]): string =>
  [`${head}:`, ...fields.map((field) => `  ${field}`), ''].join('\n');

describe('a lock file of Yarn', () => {
  it.each([
    ['a@^1.0.0', ['version "1.0.1"'], 'a 1.0.1'],
    ['"@s/a@^1.0.0", "@s/a@^1.0.1"', ['version "1.0.1"'], '@s/a 1.0.1'],
    ['"alias@npm:a@^1"', ['version "1.0.1"'], 'a 1.0.1'],
    ['"alias@npm:@s/a@^1"', ['version "1.0.1"'], '@s/a 1.0.1'],
    ['a@^1.0.0-beta, a@^1.0.0', ['version "1.0.1-beta.2+b"', 'dependencies:', '  version "2"'], 'a 1.0.1-beta.2+b'],
    ['"a@npm:^1.0.0"', ['version: 1.0.1', 'resolution: "a@npm:1.0.1"'], 'a 1.0.1'],
    ['"alias@npm:@s/a@^1"', ['version: 1.0.1', 'resolution: "@s/a@npm:1.0.1"'], '@s/a 1.0.1'],
    [
      '"a@patch:a@^1#./a.patch"',
      ['version: 1.0.1', 'resolution: "a@patch:a@npm%3A1.0.1#./a.patch::hash=1"'],
      'a 1.0.1',
    ],
    ['"a@workspace:packages/a"', ['version: 0.0.0-use.local', 'resolution: "a@workspace:packages/a"'], 'a '],
    ['"a@portal:../a"', ['version: 0.0.0-use.local', 'resolution: "a@portal:../a::locator=b"'], 'a '],
    ['"a@file:./a"', ['version: 1.0.0', 'resolution: "a@file:./a#./a::hash=1"'], 'a 1.0.0'],
    ['a@^1', [], 'a '],
  ])('gives for %s the package %s %s', (head, fields, line) => {
    expect(linesRead(readYarnLock, entry(head, ...fields))).toEqual([line]);
  });

  it('has neither its own head nor the root among its packages', () => {
    const root = entry('"shop@workspace:."', 'version: 0.0.0-use.local', 'resolution: "shop@workspace:."');
    expect(linesRead(readYarnLock, `# comment\n\n${entry('__metadata', 'version: 8')}\n${root}`)).toEqual([]);
    expect(linesRead(readYarnLock, '')).toEqual([]);
  });

  it('says of a package from a repository which it is', () => {
    const text = entry('a@x/a', 'version "1.0.0"', 'resolved "https://codeload.github.com/x/a/tar.gz/abc"');
    expect(readLock(readYarnLock, text).packages[0]?.purl).toContain('vcs_url=https%3A%2F%2Fcodeload');
    const later = entry('"a@git@github.com:x/a.git"', 'version: 1', 'resolution: "a@git@github.com:x/a.git#commit=1"');
    expect(readLock(readYarnLock, later).packages[0]?.purl).toContain('vcs_url=git');
  });

  it('may have lines that end as on Windows', () => {
    expect(linesRead(readYarnLock, entry('a@1', 'version "1"').replaceAll('\n', '\r\n'))).toEqual(['a 1']);
  });

  it.each(['<<<<<<< HEAD\n', 'a@1:\n  version "1"\nnonsense\n', '  version "1"\n', '{"a": 1}'])(
    'is refused as %j',
    (text) => {
      expect(() => linesRead(readYarnLock, text)).toThrow(/^is no lock file of Yarn: line \d is no entry$/);
    },
  );
});
