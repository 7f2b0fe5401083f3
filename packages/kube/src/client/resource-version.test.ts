import { describe, expect, it } from 'vitest';
import { compareResourceVersions, isOlder } from './resource-version.ts';

describe('resource versions', () => {
  it.each([
    ['9', '10', -1],
    ['10', '9', 1],
    ['10', '10', 0],
    ['19', '20', -1],
    ['20', '19', 1],
    ['9007199254740993', '9007199254740992', 1],
    ['99999999999999999999', '100000000000000000000', -1],
  ])('are numbers: %s against %s', (left, right, sign) => {
    expect(Math.sign(compareResourceVersions(left, right) ?? Number.NaN)).toBe(sign);
    expect(isOlder(left, right)).toBe(sign < 0);
  });

  it.each(['', '0', '01', 'a', '1a', 'a1', '1.5', '-1', ' 1', '1/', ':1', undefined])(
    'are not comparable when one is %j',
    (odd) => {
      for (const [left, right] of [
        [odd, '5'],
        ['5', odd],
        [odd, odd],
      ] as const) {
        expect([compareResourceVersions(left, right), isOlder(left, right)]).toEqual([undefined, false]);
      }
    },
  );
});
