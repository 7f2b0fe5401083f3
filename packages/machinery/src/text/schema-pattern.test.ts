import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { celLibrary } from '../cel/cel-library.ts';
import { compileSchema } from '../schema/compiled-schema.ts';
import { programSize } from './pattern-size.ts';
import { compilePattern, PatternError, translatePattern } from './schema-pattern.ts';

/** RE2's own verdict, by way of CEL. */
function re2(): (text: string, pattern: string) => unknown {
  const { celEnv, parse, plan, CelScalar } = celLibrary();
  const env = celEnv({ variables: { text: CelScalar.STRING, pattern: CelScalar.STRING } });
  const run = plan(env, parse('text.matches(pattern)'));
  return (text, pattern) => run({ text, pattern });
}

describe('patterns', () => {
  const quantity =
    '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    [quantity, ['500m', '1Gi', '.5', '1e3'], ['x', '1 Gi', '']],
    ['b', ['abc'], ['ac']],
    ['(?i)^abc$', ['ABC'], ['ab']],
    ['\\Aa\\z', ['a'], ['ab']],
    ['^[[:alpha:]_-]+$', ['ab_-'], ['a1']],
    ['^\\s$', [' ', '\t'], ['\u00a0', '\v']],
    ['^.$', ['😀', '\u2028', '\r'], ['\n', 'ab']],
    ['^\\pL+$', ['é'], ['1']],
    ['^[^\\d]{2,3}$', ['ab', 'abc'], ['a', 'a1']],
    ['^a{,2}$', ['a{,2}'], ['a']],
    ['^(?P<x>a|b)+?$', ['ab'], ['c']],
    ['^[]a]+$', ['a]'], ['b']],
    ['^[a\\-z]$', ['-', 'a', 'z'], ['b']],
  ];
  test.each(cases)('%s', (pattern, matching, others) => {
    const { matches } = compilePattern(pattern);
    expect(matching.filter((text) => !matches(text))).toEqual([]);
    expect(others.filter((text) => matches(text))).toEqual([]);
  });

  test.each(['(a', 'a(?=b)', 'a**', '[z-a]', '\\1', 'a{2000}', '(?<n'])(
    '%s is refused with the words of RE2',
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow(PatternError);
      expect(() => compilePattern(pattern)).toThrow(/^error parsing regexp: /);
    },
  );

  test('common patterns run on the fast engine', () => {
    for (const pattern of [quantity, '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$', '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$']) {
      expect(translatePattern(pattern)?.stepsFor(6)).toBeLessThan(1e7);
    }
  });

  test('a pattern made to backtrack does not hang', () => {
    const { matches } = compilePattern('^(a+)+$');
    expect(matches(`${'a'.repeat(5000)}b`)).toBe(false);
    expect(matches('a'.repeat(5000))).toBe(true);
    expect(compilePattern('a*a*a*a*a*b').matches('a'.repeat(2000))).toBe(false);
  });

  test('what is translated means the same as in RE2', () => {
    const matches = re2();
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '\\s',
      '\\S',
      '^',
      '$',
      '\\b',
      '-',
      '\\.',
      '[[:digit:]x]',
      '[\\w-]',
      '/',
      '}',
      '_',
      '\\-',
    );
    const { regex } = fc.letrec<{ regex: string }>((tie) => ({
      regex: fc.oneof(
        { maxDepth: 3 },
        atom,
        fc.tuple(atom, fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '*?', '{0,}')).map(([a, q]) => a + q),
        fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => a + b),
        fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => `${a}|${b}`),
        fc.tuple(tie('regex'), fc.constantFrom('', '*', '?')).map(([a, q]) => `(${a})${q}`),
      ),
    }));
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'x', '1', ' ', '-', '.', '\n', '😀', '_', '}'),
      maxLength: 5,
    });
    fc.assert(
      fc.property(regex, fc.array(text, { minLength: 1, maxLength: 4 }), (pattern, texts) => {
        const translated = translatePattern(pattern);
        if (translated === undefined) return;
        for (const each of texts) expect(translated.regExp.test(each)).toBe(matches(each, pattern));
      }),
      { numRuns: 400 },
    );
  });
});

describe('what a pattern may take', () => {
  test('choices multiply what backtracking may try', () => {
    // Each of the 40 can be taken in two ways: 2^40 tries for a text of 60 letters.
    const pattern = `^${'(a|aa)'.repeat(40)}c$`;
    expect(translatePattern(pattern)?.stepsFor(60)).toBeGreaterThan(1e12);
    expect(compilePattern(pattern).matches('a'.repeat(60))).toBe(false);
    expect(compilePattern(pattern).matches(`${'a'.repeat(60)}c`)).toBe(true);
  });

  test('alternatives add up, parts multiply', () => {
    const ways = (pattern: string): number | undefined => translatePattern(pattern)?.stepsFor(0);
    expect(ways('^(a|b|c)$')).toBe(3);
    expect(ways('^(a|b)(c|d|e)?$')).toBe(8);
    expect(ways('^((a|b)c?|d)$')).toBe(5);
    expect(translatePattern('^(a*|b*c*)$')?.stepsFor(9)).toBe(200);
  });

  test('is announced before it is done', () => {
    const announced: number[] = [];
    const guard = { spend: (units: number) => void announced.push(units) };
    compilePattern('^a*b*$').matches('aab', guard);
    compilePattern('^(a+)+$').matches('a'.repeat(100), guard);
    expect(announced).toEqual([16, expect.toSatisfy((units: number) => units >= 100 * 5 * 10)]);
  });

  test.each([
    ['a{1000}', 1003],
    ['(ab{10}){10}', 140],
    ['[a-z]{3}\\d', 9],
    ['a{2,}', 5],
    ['a{,2}', 7],
  ])('counts its repeats written out: %s', (pattern, size) => {
    expect(programSize(pattern)).toBeGreaterThan(size - 4);
    expect(programSize(pattern)).toBeLessThan(2 * size);
  });

  test('has an end', () => {
    expect(() => compilePattern('a{1000}'.repeat(60))).toThrow('error parsing regexp: expression too large');
    expect(compilePattern('a{1000}'.repeat(40)).matches('a'.repeat(40_000))).toBe(true);
  });

  test('a text that takes too long is refused by name', () => {
    const schema = compileSchema(
      { type: 'object', properties: { s: { type: 'string', pattern: '(a|b)*a(a|b){500}[cd]' } } },
      { monotonicMs: () => 0 },
    );
    expect(schema.validate({ s: 'a'.repeat(10) })).toMatchObject([{ field: 's' }]);
    const [error] = schema.validate({ s: 'ab'.repeat(100_000) });
    expect(error?.message).toContain("s in body cannot be matched in time against '(a|b)*a(a|b){500}[cd]'; shorten it");
  });
});
