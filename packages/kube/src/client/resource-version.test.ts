import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOlder } from './resource-version.ts';

describe('a resource version', () => {
  it.each([
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['19', '20', true],
    ['20', '19', false],
    ['9007199254740993', '9007199254740992', false],
    ['99999999999999999999', '100000000000000000000', true],
  ])('is a number: %s is older than %s: %j', (left, right, expected) => {
    expect(isOlder(left, right)).toBe(expected);
  });

  it('is a number of any length', () => {
    const version = fc.bigInt({ min: 1n, max: 10n ** 30n });
    fc.assert(
      fc.property(version, version, (left, right) => {
        expect(isOlder(String(left), String(right))).toBe(left < right);
      }),
    );
  });

  it.each(['', '0', '01', 'a', '1a', 'a1', '1.5', '-1', ' 1', '1/', ':1', undefined])(
    'is not known to be older, nor is another, when it is %j',
    (odd) => {
      expect([isOlder(odd, '5'), isOlder('5', odd), isOlder(odd, odd), isOlder(odd, '9'.repeat(9))]).toEqual([
        false,
        false,
        false,
        false,
      ]);
    },
  );
});
