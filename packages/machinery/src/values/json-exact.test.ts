import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from './json.ts';

describe('parseJson', () => {
  it('keeps integers exact wherever they stand', () => {
    const big = '9007199254740993';
    for (const text of [big, `-${big}`, ` ${big} `, `[${big}]`, `{"a":-${big}}`, `{"a": ${big}\n}`, `[1,${big},2]`]) {
      expect(stringifyJson(parseJson(text))).toBe(text.replaceAll(/\s/g, ''));
    }
  });

  it('takes digits in strings and fractions for what they are', () => {
    const text = '{"digest":"sha256:12345678901234567890ab","id":"1234567890123456789","ratio":0.1234567890123456}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('gives back what was written', () => {
    const numbers = fc.oneof(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }), fc.integer(), fc.double({ noNaN: true }));
    const digits = fc.stringMatching(/^[0-9,:\-[\] ]{0,60}$/);
    fc.assert(
      fc.property(fc.dictionary(digits, fc.oneof(numbers, digits, fc.array(numbers))), (value) => {
        const text = stringifyJson(value);
        expect(stringifyJson(parseJson(text))).toBe(text);
      }),
    );
  });

  it('refuses numbers that no server could read, and whose digits would take long', () => {
    expect(parseJson(`[${'9'.repeat(309)}]`)).toEqual([BigInt('9'.repeat(309))]);
    expect(() => parseJson(`[${'9'.repeat(3_000_000)}]`)).toThrow('cannot read a number of 3000000 digits');
  });

  it('reads a megabyte of digits in a moment', () => {
    const text = JSON.stringify({ a: `:${'1'.repeat(1_000_000)}`, b: ':1234567890123456 '.repeat(50_000) });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});
