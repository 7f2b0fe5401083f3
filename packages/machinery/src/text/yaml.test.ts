import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import recorded from '../recorded/yaml.json' with { type: 'json' };
import { type Json, type MutableJsonObject, setKey } from '../values/json.ts';
import { goJson } from './go-text.ts';
import { parseYamlDocuments, toYaml } from './yaml.ts';
import { YamlError } from './yaml-error.ts';

function errorOf(text: string): YamlError {
  try {
    parseYamlDocuments(text);
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('YAML as kubectl reads it', () => {
  it.each(Object.entries(recorded).map(([text, expected]) => ({ text, expected })))('$text', ({ text, expected }) => {
    if (expected === null) expect(() => parseYamlDocuments(text)).toThrow(YamlError);
    else expect(goJson(parseYamlDocuments(text)[0] ?? null)).toBe(expected);
  });

  it('gives the documents of a stream in order and leaves out empty ones', () => {
    expect(parseYamlDocuments('# head\n---\na: 1\n---\n---\n# none\n---\nb: 2\n...\n')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parseYamlDocuments('')).toEqual([]);
  });

  it('reads JSON, tabs and all', () => {
    expect(parseYamlDocuments('{\n\t"a": [\n\t\t1,\n\t\t9007199254740993\n\t]\n}')).toEqual([
      { a: [1, 9_007_199_254_740_993n] },
    ]);
  });

  it('reads a million blanks beside a line separator', () => {
    const blanks = ' '.repeat(1_000_000);
    const [value] = parseYamlDocuments(
      `- 'b\u2028  c${blanks}d'\n- "b\u2028  c${blanks}d"\n`,
    ) as readonly (readonly Json[])[];
    expect(value?.map((text) => text === `b\u2028c${blanks}d`)).toEqual([true, true]); // a diff would take its time
  });

  it('merges maps; what the map says itself wins', () => {
    expect(parseYamlDocuments('x: &x {a: 1, b: 2}\nv: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 0}')[0]).toEqual({
      x: { a: 1, b: 2 },
      v: { b: 3, c: 4 },
      z: { a: 0, b: 2, c: 4 },
    });
  });
});

describe('what is refused', () => {
  // Go reads both. The quote at the very start of a line is taken only where it ends the line, as ytt writes it.
  it.each(["a: 'x\u2028' # c\nb: 1\n", "a: 'x\n'\n"])(
    'a quoted text that goes on at the start of a line: %j',
    (text) => {
      expect(errorOf(text).message).toContain("Missing closing 'quote");
    },
  );

  it('a duplicate key, with its place', () => {
    const error = errorOf('a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n');
    expect(error).toMatchObject({ message: 'yaml: line 5: key "c" already set in map', line: 5, column: 3 });
  });

  it('bad syntax, with its place', () => {
    expect(errorOf('a:\n  - b\n c: d\n')).toMatchObject({ line: 3 });
  });

  it('a map key that is a list, a number without JSON, a tag that does not fit', () => {
    expect(errorOf('[a]: b').message).toBe('yaml: line 1: unsupported map key');
    expect(errorOf('a: .inf').message).toContain('cannot be written as JSON');
    expect(errorOf('a: !!int x').message).toBe('yaml: line 1: cannot decode !!str `x` as a !!int');
  });

  it('aliases that grow without bound, point to themselves or to nothing', () => {
    const levels = 'bcdefghij'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`);
    expect(errorOf(`a: &a [x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}`).message).toContain('excessive aliasing');
    expect(errorOf('a: &a [*a]').message).toContain("anchor 'a' value contains itself");
    expect(errorOf('a: *a').message).toContain("unknown anchor 'a' referenced");
  });

  it('nesting without end', () => {
    expect(errorOf('['.repeat(20_000)).message).toContain('yaml: line 1: ');
    expect(errorOf('['.repeat(600) + ']'.repeat(600)).message).toContain('exceeded max depth');
  });
});

describe('toYaml', () => {
  const piece = fc.constantFrom(
    '\u2028',
    '\u2029',
    '\u0085',
    '\r',
    '\n',
    ' ',
    '\t',
    '\ufeff',
    '\u007f',
    '\uffff',
    'a',
    ': ',
    '#',
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
    fc.constantFrom(
      'yes',
      'on',
      '0644',
      '1:30',
      '2020-01-01',
      '1_000',
      '~',
      '',
      '<<',
      '=',
      '.inf',
      '0x1F',
      ' a',
      'a: b',
      '#',
      '-',
      'null',
      '1e3',
      '0b1',
      '- a',
      'a\nb\n',
      '\t',
      'n',
      '0o7',
      '*a',
      '&a',
      '!a',
      '%',
      '@',
      '`',
      '{',
      '"',
      "'",
    ),
  );
  const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.integer(),
      // Whole numbers beyond 2^53 come back as exact integers, not as the doubles that stand for several of them.
      fc
        .double({ noDefaultInfinity: true, noNaN: true })
        .map((number) => number || 0)
        .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
      fc.boolean(),
      fc.constantFrom(null, 9_007_199_254_740_993n, 18_446_744_073_709_551_615n),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((entries) => {
        const object: MutableJsonObject = {};
        for (const [name, value] of entries) setKey(object, name, value);
        return object;
      }),
    ),
  }));

  it('writes what parseYamlDocuments reads back', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseYamlDocuments(toYaml({ value }))).toEqual([{ value }]);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order of keys and writes no anchors', () => {
    const shared = { x: 1 };
    expect(toYaml({ b: shared, a: [shared], mode: '0644', on: 'yes' })).toBe(
      'b:\n  x: 1\na:\n  - x: 1\nmode: "0644"\n"on": "yes"\n',
    );
  });
});

test('an integer of a million digits is a text, as in Go, where it overflows', () => {
  const digits = '9'.repeat(1_000_000);
  expect(parseYamlDocuments(`a: ${digits}`)).toEqual([{ a: digits }]);
});
