import { describe, expect, it } from 'vitest';
import { satisfies } from './satisfies.ts';

describe('a version', () => {
  it.each([
    ['2.7.18', '>=2.3'],
    ['2.3.3.RELEASE', '>=2.3.3'],
    ['2.3.0.RELEASE', '>=2.3'],
    ['5.0.0.Final', '5'],
    ['8.0', '^8.0.0'],
    ['v18.19.0', '>=18 <19'],
    ['20.0.0-rc.1', '>=18'],
    ['1.2.3+build.7', '1.2.3'],
    ['2.4.0.M1', '<2.4.0'],
    ['01.02.03', '1.2.3'],
    ['3.0.0.BUILD-SNAPSHOT', '>=2.9 <3.0.0'],
    ['1.0.0-01', '1.0.0'],
  ])('%s is in %s', (version, range) => {
    expect(satisfies(version, range)).toBe(true);
  });

  it.each([
    ['2.2.9.RELEASE', '>=2.3'],
    ['2.4.0.M1', '>=2.4.0'],
    ['latest', '*'],
    ['', '*'],
    [undefined, '*'],
    ['1.2.3.4.5 or so', '*'],
    ['9'.repeat(400), '*'],
  ])('%s is not in %s', (version, range) => {
    expect(satisfies(version, range)).toBe(false);
  });

  it('is compared with ranges alone', () => {
    expect(() => satisfies('1.0.0', 'newer')).toThrow('"newer" is no range of versions; write it as ">=2.3 <3"');
  });
});
