import { describe, expect, it } from 'vitest';
import { parseVersionRange, versionOfTag } from './version-range.ts';

function admits(range: string, tag: string): boolean {
  const parsed = parseVersionRange(range);
  const version = versionOfTag(tag);
  if (parsed.kind === 'invalid' || version === undefined) throw new Error(`${range} ${tag}`);
  return parsed.range.admits(version);
}

describe('a version range', () => {
  it.each([
    ['>=1.0.0 <2.0.0', 'v1.1.0', true],
    ['>=1.0.0, <2.0.0', 'v2.0.0', false],
    ['>=1.0.0,<2.0.0', '1.9.9', true],
    ['1.2 - 1.4.5', '1.4.5', true],
    ['1.2 - 1.4.5', '1.4.6', false],
    ['1.x', '1.7.0', true],
    ['1.2.x', '1.3.0', false],
    ['*', '9.9.9', true],
    ['*', '9.9.9-rc.1', false],
    ['=1.2.3', '1.2.3', true],
    ['1.2.3', '1.2.4', false],
    ['!=1.2.3', '1.2.4', true],
    ['!=1.x', '1.2.4', false],
    ['!=1.2.x', '1.3.4', true],
    ['>11', '11.1.0', false],
    ['>11', '12.0.0', true],
    ['>11.1', '11.1.5', false],
    ['>11.1', '11.2.0', true],
    ['<=11', '11.9.0', true],
    ['<=11.1', '11.2.0', false],
    ['=>1.0.0', '1.0.0', true],
    ['~1.2.3', '1.2.9', true],
    ['~1.2.3', '1.3.0', false],
    ['~>1', '1.9.0', true],
    ['~1', '2.0.0', false],
    ['^1.2', '1.9.0', true],
    ['^0.2.3', '0.2.9', true],
    ['^0.2.3', '0.3.0', false],
    ['^0.0.3', '0.0.4', false],
    ['^0.0', '0.0.9', true],
    ['^0', '0.9.0', true],
    ['<1.0.0 || >=3.0.0', '3.1.0', true],
    ['<1.0.0 || >=3.0.0', '2.1.0', false],
  ])('%s and %s: %s', (range, tag, expected) => {
    expect(admits(range, tag)).toBe(expected);
  });

  it('admits every pre-release of a group that names one, unlike npm', () => {
    expect(admits('>=2.0.0-0', 'v2.0.0-rc.1')).toBe(true);
    expect(admits('>=2.0.0-0', 'v2.1.0-rc.1')).toBe(true);
    expect(admits('>=1.0.0', 'v2.0.0-rc.1')).toBe(false);
  });

  it.each(['', 'abc', '>=', '1.2.3 ; 2', '>=1.0.0 && <2', '=>1.0.0,', '1.2.3.4'])(
    'refuses %s as Masterminds does',
    (range) => {
      expect(parseVersionRange(range)).toEqual({ kind: 'invalid', message: `improper constraint: ${range}` });
    },
  );

  it('refuses an absurdly long range quickly', () => {
    expect(parseVersionRange('1.2.3 - '.repeat(100_000)).kind).toBe('invalid');
  });
});

describe('a tag', () => {
  it('is a version only with three parts', () => {
    expect(['v1', '1.2', 'v1.2.beta', 'v1.2.3.4', 'release-1.2.3', ''].map(versionOfTag)).toEqual(
      Array(6).fill(undefined),
    );
    expect(versionOfTag('1.2-rc.1')?.version).toBe('1.2.0-rc.1');
    expect(versionOfTag('v2025.02.03-rc.1')?.version).toBe('2025.2.3-rc.1');
  });
});
