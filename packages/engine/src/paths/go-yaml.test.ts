import { describe, expect, test } from 'vitest';
import { previewOf } from './digests.ts';
import { goYaml } from './go-yaml.ts';

// Values and previews of spec scenario 59, and what yaml.v3 3.0.1 does by its source.
const recorded: readonly (readonly [unknown, string])[] = [
  ['plain', 'plain\n'],
  [5, '5\n'],
  [2.5, '2.5\n'],
  [true, 'true\n'],
  [{ b: 1, a: { c: ['x', { y: null }] } }, 'a:\n    c:\n        - x\n        - "y": null\nb: 1\n'],
  [['one', { k: 'v' }], '- one\n- k: v\n'],
  ['two\nlines\n', '|\n    two\n    lines\n'],
  ['true', '"true"\n'],
  ['', '""\n'],
  ['5', '"5"\n'],
  [{ k: 'a: b # c' }, "k: 'a: b # c'\n"],
  [[], '[]\n'],
  [{}, '{}\n'],
  [0.00001, '1e-05\n'],
  [-3, '-3\n'],
  ['2024-01-01', '"2024-01-01"\n'],
  ['null', '"null"\n'],
  ['~', '"~"\n'],
  [' lead', "' lead'\n"],
  ['a: b', "'a: b'\n"],
  ['- x', "'- x'\n"],
  ['x: |', "'x: |'\n"],
  ['#c', "'#c'\n"],
  ['yes', '"yes"\n'],
  ['0x1f', '"0x1f"\n'],
  ['tab\there', '"tab\\there"\n'],
  ['w '.repeat(60), `'${'w '.repeat(60)}'\n`],
];

// What yaml.v3 3.0.1 printed: also where it loses a line or escapes too much.
const odd: readonly (readonly [unknown, string])[] = [
  ['a\u2028b', "'a\u2028    b'\n"],
  ['a\u2028', "'a\u2028'\n"],
  [{ b: { c: "it's\u2029\u2028b" } }, "b:\n    c: 'it''s\u2029\u2028        b'\n"],
  ['a \u2028', '"a \\L"\n'],
  ['a\u0085b', '"a\\Nb"\n'],
  ['a\n\u2028', '|+\n    a\n\u2028'],
  ['a\u2028\n', '|+\n    a\u2028\n'],
  ['\u2028\na', '|4-\u2028\n    a\n'],
  ['a\n\u2028b\n', '|\n    a\n\u2028    b\n'],
  ['\n', '|4+\n'],
  ['\na', '|4-\n    a\n'],
  [{ 'k\u2028x': 1 }, "? 'k\u2028    x'\n: 1\n"],
  [{ 'k\r': 1 }, '? "k\\r"\n: 1\n'],
  ['\ufeffa\u00a0 -', '"\\uFEFF\\x61\\_\\x20\\x2D"\n'],
  ['1e999', '1e999\n'],
  ['.5_0', '".5_0"\n'],
];

describe('goYaml', () => {
  test.each(odd.map(([value, yaml]) => ({ value, yaml })))('writes $yaml', ({ value, yaml }) => {
    expect(goYaml(value as never)).toBe(yaml);
  });

  test.each(recorded)('writes %j as recorded', (value, yaml) => {
    expect(goYaml(value as never)).toBe(yaml);
  });

  test('keeps integers as they are, however large', () => {
    expect(goYaml(10_000_000)).toBe('10000000\n');
    expect(goYaml(12345678901234567890n)).toBe('12345678901234567890\n');
    expect(goYaml(1_234_567.5)).toBe('1.2345675e+06\n');
  });

  test('strips, keeps or clips the end of a literal', () => {
    expect(goYaml('a\nb')).toBe('|-\n    a\n    b\n');
    expect(goYaml('a\n\n')).toBe('|+\n    a\n\n');
    expect(goYaml({ k: ['a\nb'] })).toBe('k:\n    - |-\n      a\n      b\n');
  });

  test('indents nested collections in sequences by two', () => {
    expect(goYaml([{ a: 1, b: [1, [2, 3]] }])).toBe('- a: 1\n  b:\n    - 1\n    - - 2\n      - 3\n');
  });

  test('orders keys by the numbers in them', () => {
    expect(goYaml({ a10: 1, a9: 1, a: 1, b: 1, A: 1, '1': 1 })).toBe('"1": 1\nA: 1\na: 1\na9: 1\na10: 1\nb: 1\n');
  });

  test('a character beyond the basic plane is escaped', () => {
    expect(goYaml('😀')).toBe('"\\U0001F600"\n');
  });
});

describe('previewOf', () => {
  test('digests the whole and shows 1024 bytes', () => {
    const { preview, digest } = previewOf('plain');
    expect(preview).toBe('plain\n');
    expect(digest).toBe('sha256:dacf36547c7774a0a170806363b5d412991fbc0d6260b2c00b1d3a80a816c23f');
    expect(previewOf('x'.repeat(2000)).preview).toBe('x'.repeat(1024));
  });

  test('cuts before a character that does not fit', () => {
    expect(previewOf(`x${'ü'.repeat(1000)}`).preview).toBe(`x${'ü'.repeat(511)}`);
  });
});
