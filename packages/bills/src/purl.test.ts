import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversPurl, equalPurls, formatPurl, type Purl, parsePurl } from './purl.ts';

describe('package URLs', () => {
  it.each([
    ['pkg:npm/%40types/node@20.1.0', 'npm', '@types', 'node', '20.1.0'],
    ['pkg:npm/@types/node@20.1.0', 'npm', '@types', 'node', '20.1.0'],
    ['pkg:npm/@types/node', 'npm', '@types', 'node', ''],
    ['pkg:npm/JSONStream@1.3.5', 'npm', '', 'JSONStream', '1.3.5'],
    ['pkg://NPM//lodash@4', 'npm', '', 'lodash', '4'],
    ['pkg:golang/github.com/a/b@v2.0.0+incompatible', 'golang', 'github.com/a', 'b', 'v2.0.0+incompatible'],
    ['pkg:golang/github.com/a/b@v2.0.0%2Bincompatible#c/d', 'golang', 'github.com/a', 'b', 'v2.0.0+incompatible'],
    ['pkg:golang/github.com/a/b@v2', 'golang', 'github.com/a', 'b', 'v2'],
    ['pkg:pypi/Foo_Bar@1', 'pypi', '', 'Foo_Bar', '1'],
    ['pkg:deb/debian/gcc-12@12.2.0-14?upstream=a%401&arch=', 'deb', 'debian', 'gcc-12', '12.2.0-14'],
    ['pkg:maven/g/a@1:2?type=jar', 'maven', 'g', 'a', '1:2'],
  ])('%s is read in its parts, as they are written', (text, type, namespace, name, version) => {
    expect(parsePurl(text)).toMatchObject({ type, namespace, name, version });
  });

  it.each([
    '',
    ' ',
    'npm/a@1',
    'pkg:',
    'pkg:npm',
    'pkg:npm/',
    'pkg:/a@1',
    'pkg:1pm/a',
    'pkg:n_m/a',
    'pkg:npm/%zz@1',
    'pkg:npm/a@1?b=%zz',
    'pkg:npm/a@1#%',
    'http://npm/a@1',
    'pkg://user:secret@npm/a@1',
    'pkg:npm/\ud800',
    `pkg:npm/${'a'.repeat(4096)}`,
  ])('%j is none', (text) => {
    expect(parsePurl(text)).toBeUndefined();
  });

  it('qualifiers are decoded once, have lower keys, and a plus is a plus', () => {
    const purl = parsePurl('pkg:deb/debian/a@1?Upstream=b%402+c%252B&empty=&=x&arch=amd64');
    expect([...(purl?.qualifiers ?? [])]).toEqual([
      ['upstream', 'b@2+c%2B'],
      ['arch', 'amd64'],
    ]);
  });

  it('a text of any kind is read or is none, and never throws', () => {
    const hostile = fc.oneof(
      fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'p k g : / @ ? # % & = a 0 .'.split(' ')) }),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        parsePurl(text);
        parsePurl(`pkg:${text}`);
      }),
    );
  });

  it('what was written is read as the same parts', () => {
    const part = fc
      .string({ minLength: 1 })
      .filter((text) => text.trim() === text && !/^\.{1,2}$/.test(text) && !text.includes('/'));
    const purls: fc.Arbitrary<Purl> = fc.record({
      type: fc.constantFrom('npm', 'pypi', 'golang', 'deb'),
      namespace: fc.array(part, { maxLength: 2 }).map((parts) => parts.join('/')),
      name: part,
      version: fc.oneof(part, fc.constant('')),
      qualifiers: fc.constantFrom(new Map(), new Map([['upstream', 'a@1+b&c=d#e?f']])),
      subpath: fc.constantFrom('', 'a/b'),
    });
    fc.assert(
      fc.property(purls, (purl) => {
        expect(parsePurl(formatPurl(purl))).toEqual(purl);
      }),
    );
  });

  it('are the same when their parts are, whatever the text', () => {
    expect(equalPurls('pkg:npm/@a/b@1+c?x=1&y=2', 'pkg:NPM/%40a/b@1%2Bc?y=2&x=1')).toBe(true);
    expect(equalPurls('pkg:npm/a@1', 'pkg:npm/a@2')).toBe(false);
    expect(equalPurls('pkg:pypi/Foo_Bar.x@1', 'pkg:pypi/foo-bar-x@1')).toBe(true);
    expect(equalPurls('pkg:composer/Sym/Yaml@1', 'pkg:composer/sym/yaml@1')).toBe(true);
    expect(equalPurls('pkg:npm/JSONStream@1', 'pkg:npm/jsonstream@1')).toBe(false);
    expect(equalPurls('no purl', 'neither')).toBe(false);
  });

  it.each([
    ['pkg:npm/a', 'pkg:npm/a@1', true],
    ['pkg:npm/a@1', 'pkg:npm/a@1?x=y#z', true],
    ['pkg:npm/%40s/a', 'pkg:npm/@s/a@1', true],
    ['pkg:pypi/Foo_Bar', 'pkg:pypi/foo-bar@1', true],
    ['pkg:deb/debian/a?arch=amd64', 'pkg:deb/debian/a@1?distro=debian-12&arch=amd64', true],
    ['pkg:npm/a@1', 'pkg:npm/a@2', false],
    ['pkg:npm/a@1', 'pkg:npm/a', false],
    ['pkg:npm/a', 'pkg:npm/b@1', false],
    ['pkg:npm/a', 'pkg:npm/%40s/a@1', false],
    ['pkg:npm/a', 'pkg:pypi/a@1', false],
    ['pkg:npm/a#x', 'pkg:npm/a@1#y', false],
    ['pkg:deb/debian/a?arch=amd64', 'pkg:deb/debian/a@1?arch=arm64', false],
    ['pkg:deb/debian/a?arch=amd64', 'pkg:deb/debian/a@1', false],
    ['', 'pkg:npm/a@1', false],
    ['pkg:npm/a', '', false],
  ])('%s covers %s: %s', (covering, covered, covers) => {
    expect(coversPurl(covering, covered)).toBe(covers);
  });
});
