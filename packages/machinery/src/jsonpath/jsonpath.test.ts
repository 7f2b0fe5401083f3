import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import recorded from '../recorded/jsonpath.json' with { type: 'json' };
import { OpaqueJson, unsetList } from '../values/opaque-json.ts';
import { compileJsonPath, printJsonPathResults } from './jsonpath.ts';
import { JsonPathError } from './jsonpath-error.ts';

type Outcome = { readonly error: string } | { readonly printed: string; readonly lists: readonly number[] };

function evaluate(template: string, data: unknown, allowMissingKeys: boolean): Outcome {
  try {
    const lists = compileJsonPath(template, { allowMissingKeys }).find(data);
    return {
      printed: lists.map((list) => printJsonPathResults(list)).join(''),
      lists: lists.map((list) => list.length),
    };
  } catch (error) {
    if (error instanceof JsonPathError) return { error: error.message };
    throw error;
  }
}

function one(template: string, data: unknown): unknown {
  return compileJsonPath(template, { allowMissingKeys: true }).find(data)[0]?.[0];
}

function errorOf(template: string, data: unknown): string {
  const outcome = evaluate(template, data, true);
  return 'error' in outcome ? outcome.error : 'no error';
}

describe('JSONPath as client-go has it', () => {
  it.each(recorded.cases)('$template', ({ template, strict, ...lax }) => {
    expect(evaluate(template, recorded.data, true)).toEqual(lax);
    const expected = strict === undefined || strict === 'same' ? lax : { error: strict };
    expect(evaluate(template, recorded.data, false)).toEqual(expected);
  });

  it('finds containers and strings, not numbers, when it descends', () => {
    expect(compileJsonPath('{..}').find({ a: { b: [1, 'x'] }, c: 2 })).toEqual([
      [{ a: { b: [1, 'x'] }, c: 2 }, { b: [1, 'x'] }, [1, 'x'], 'x'],
    ]);
    expect(compileJsonPath('{..name}', { allowMissingKeys: true }).find({ a: [{ name: 1 }], name: 2 })).toEqual([
      [2, 1],
    ]);
  });
});

describe('the texts that supply chains show', () => {
  it.each([
    ['{.workload[}', {}, 'unterminated array'],
    ['{.a.$(workload.metadata.name}', {}, "unrecognized character in action: U+0028 '('"],
    ['{ workload.metadata.name}', {}, 'unrecognized identifier workload'],
    ['{.env[0].name}', { env: unsetList }, 'array index out of bounds: index 0, length 0'],
    ['{.params[5].value}', { params: [1, 2] }, 'array index out of bounds: index 5, length 2'],
    ['{.params.list[0]}', { params: { list: new OpaqueJson([1]) } }, 'v1.JSON is not array or slice'],
  ])('%s', (template, data, text) => {
    expect(errorOf(template, data)).toBe(text);
  });
});

describe('opaque values', () => {
  const data = { params: [{ name: 'x', value: new OpaqueJson({ deep: ['v'] }) }] };

  it('come out as they are', () => {
    expect(one('{.params[?(@.name=="x")].value}', data)).toBe(data.params[0]?.value);
  });

  it('have no fields, no children and no items', () => {
    expect(one('{.params[0].value.deep}', data)).toBeUndefined();
    expect(one('{.params[0].value.*}', data)).toBeUndefined();
    expect(errorOf('{.params[0].value[?(@.a)]}', { params: [{ value: new OpaqueJson(['a']) }] })).toBe(
      '{[91 34 97 34 93]} is not array or slice and cannot be filtered',
    );
  });
});

describe('safety', () => {
  it('sees own keys only', () => {
    const data = JSON.parse('{"a": {}, "__proto__": {"x": 1}}') as unknown;
    expect(one('{.a.constructor}', data)).toBeUndefined();
    expect(one('{.a.toString}', data)).toBeUndefined();
    expect(one('{.__proto__.x}', data)).toBe(1);
    expect(one('{.a.length}', { a: [1] })).toBeUndefined();
  });

  it('treats a key that holds undefined as missing and one that holds null as found', () => {
    expect(compileJsonPath('{.a}', { allowMissingKeys: true }).find({ a: undefined })).toEqual([[]]);
    expect(compileJsonPath('{.a}').find({ a: null })).toEqual([[null]]);
  });

  it('keeps integers beyond 2^53', () => {
    expect(one('{.a}', { a: 9_007_199_254_740_993n })).toBe(9_007_199_254_740_993n);
    expect(one('{.l[?(@.a==9007199254740993)].b}', { l: [{ a: 9_007_199_254_740_993n, b: 'found' }] })).toBe('found');
  });

  it('refuses templates that would explode', () => {
    let chain: unknown = 1;
    for (let i = 0; i < 40; i++) chain = { a: chain };
    expect(errorOf(`{${"['a','a']".repeat(40)}}`, chain)).toBe('template yields too many values');
    expect(errorOf('{range .a}'.repeat(5000), { a: { a: {} } })).toBe('ranges are nested too deeply');
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown;
    expect(errorOf('{..x}', deep)).toBe('value is nested too deeply');
    expect(errorOf(`{.${'a'.repeat(70_000)}}`, {})).toContain('longer than');
  });

  it('answers every template with results or a JsonPathError', () => {
    const piece = fc.constantFrom(
      ...'{ } [ ] ?( ) @ $ . .. * , : \' " \\ - + 0 1 a b range end true == != < > = \n é'.split(' '),
      ' ',
      '[?(@.a==1)]',
      "['a']",
    );
    const template = stepsOf(piece, { max: 14 }).map((pieces) => pieces.join(''));
    const data = { a: [{ a: 1, b: 'x' }, { a: 2 }], b: { a: null, b: true } };
    fc.assert(
      fc.property(template, fc.boolean(), (text, allow) => {
        expect(evaluate(`{${text}}`, data, allow)).toBeDefined();
        expect(evaluate(text, data, allow)).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('finds any key that is written with its dots escaped', () => {
    const key = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[\\'\]\n,*]/.test(text));
    fc.assert(
      fc.property(key, (name) => {
        const escaped = name.replaceAll(/[^A-Za-z0-9]/gu, (char) => `\\${char}`);
        const data = Object.fromEntries([[name, 'found']]);
        expect(compileJsonPath(`{.m['${escaped}']}`).find({ m: data })).toEqual([['found']]);
      }),
    );
  });
});
