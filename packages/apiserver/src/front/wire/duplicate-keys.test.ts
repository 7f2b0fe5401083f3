import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { duplicateKeys } from './duplicate-keys.ts';

describe('duplicate keys', () => {
  test.each([
    ['{"spec":{"n":1,"n":2}}', ['spec.n']],
    ['{"a":1,"b":{"a":1},"a":2}', ['a']],
    ['{"l":[{"a":1},{"a":1,"a":2}]}', ['l[1].a']],
    ['{"a":"\\"b\\":1,","b":"{\\"b\\":1}"}', []],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"a":[1,2,{"x":[]}],"x":[[{"y":1,"y":1}]]}', ['x[0][0].y']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['[]', []],
    ['1', []],
  ])('of %s are %j', (text, expected) => {
    expect(duplicateKeys(text)).toEqual(expected);
  });

  test('are never seen in what JSON.stringify wrote', () => {
    fc.assert(fc.property(fc.json(), (text) => duplicateKeys(text).length === 0));
  });

  test('are looked for until a thousand were found, whose paths may be long and the same', () => {
    const withRepeats = (count: number): string => `{${'"a":1,'.repeat(1 + count)}"b":1,"b":2}`;
    expect(duplicateKeys(withRepeats(999))).toEqual(['a', 'b']);
    expect(duplicateKeys(withRepeats(1_000))).toEqual(['a']);
    expect(duplicateKeys(withRepeats(80_000))).toEqual(['a']);
  });

  test('are looked for no deeper than objects may nest', () => {
    const nested = (depth: number): string => `${'{"x":'.repeat(depth)}{"a":1,"a":2}${'}'.repeat(depth)}`;
    expect(duplicateKeys(nested(500))).toHaveLength(1);
    expect(duplicateKeys(nested(500_000))).toEqual([]);
  });

  test('are reported up to a limit', () => {
    const text = `{${Array.from({ length: 500 }, (_, i) => `"k${i}":1,"k${i}":2`).join(',')}}`;
    expect(duplicateKeys(text)).toHaveLength(100);
  });
});
