import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderOf } from './ecosystems.ts';
import { MAX_VERSION_LENGTH } from './order.ts';

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('0', '1', '2', '9', '10', '01', '007', '20240101000000') },
  { weight: 4, arbitrary: fc.constantFrom('.', '-', '_', '~', '^', '+', ':', '!') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('a', 'b', 'rc', 'RC', 'alpha', 'beta', 'pre', 'dev', 'post', 'final', 'ga', 'sp', 'm'),
  },
  { weight: 1, arbitrary: fc.constantFrom('snapshot', '_p', '-r1', 'x', 'v', 'git', '.Final', '-1ubuntu1', 'patch') },
);
const versions = fc
  .tuple(fc.constantFrom('', '1', '1.', '1.2', '0.0.0-', 'v1.', '1.2.3-', '1:1.'), fc.array(piece, { maxLength: 6 }))
  .map(([start, pieces]) => start + pieces.join(''));
/** Versions of Maven as they are published: numbers, and at most one known qualifier, which may have a number. */
const publishedByMaven = fc
  .tuple(
    fc.array(fc.constantFrom('0', '1', '2', '9', '10', '01', '007', '20240101'), { minLength: 1, maxLength: 4 }),
    fc.option(
      fc.tuple(
        fc.constantFrom('-', '.', ''),
        fc.constantFrom(
          'alpha',
          'a',
          'beta',
          'b',
          'milestone',
          'm',
          'RC',
          'cr',
          'SNAPSHOT',
          '',
          'Final',
          'ga',
          'release',
          'sp',
        ),
        fc.constantFrom('', '1', '2', '10'),
      ),
      { nil: [] },
    ),
  )
  .map(([numbers, qualifier]) => numbers.join('.') + qualifier.join(''));

const ECOSYSTEMS = [
  'npm',
  'crates.io',
  'Go',
  'PyPI',
  'Maven',
  'RubyGems',
  'NuGet',
  'Packagist',
  'Debian:12',
  'Ubuntu:22.04:LTS',
  'Alpine:v3.20',
  'Red Hat',
];

describe.each(ECOSYSTEMS)('the order of versions of %s', (ecosystem) => {
  const order = orderOf(ecosystem);
  const compare = (left: string, right: string): number => Math.sign(order?.compare(left, right) ?? Number.NaN);
  const readable = versions.filter((version) => order?.canRead(version) === true);
  // Maven's own order goes in circles for other texts: 1.a.Final < 1a0 < 1 < 1.a.Final, and 1 < 1:1. < 1-0rc < 1.
  const ordered = ecosystem === 'Maven' ? publishedByMaven : readable;

  it('holds each version equal to itself', () => {
    fc.assert(fc.property(readable, (version) => compare(version, version) === 0));
  });

  it('turns with its sides', () => {
    fc.assert(
      fc.property(readable, readable, (a, b) => compare(a, b) === 0 - compare(b, a)),
      { numRuns: 300 },
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(ordered, ordered, ordered, (a, b, c) => {
        const [low = '', middle = '', high = ''] = [a, b, c].toSorted(compare);
        expect([low, middle, high, compare(low, high)]).toEqual([low, middle, high, expect.toSatisfy((n) => n <= 0)]);
        if (compare(low, middle) === 0) expect(compare(low, high)).toBe(compare(middle, high));
        if (compare(middle, high) === 0) expect(compare(low, high)).toBe(compare(low, middle));
        expect(compare(low, middle)).toBeLessThanOrEqual(0);
        expect(compare(middle, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 600 },
    );
  });

  it('does not compare what it cannot read', () => {
    fc.assert(
      fc.property(versions, versions, (a, b) => {
        const both = order?.canRead(a) === true && order.canRead(b);
        expect(order?.compare(a, b) === undefined).toBe(!both);
      }),
    );
  });

  it('reads no version that is empty or longer than any', () => {
    expect(order?.canRead('')).toBe(false);
    expect(order?.canRead(' ')).toBe(false);
    expect(order?.canRead(`1.${'0'.repeat(MAX_VERSION_LENGTH - 2)}1`)).toBe(false);
  });
});
