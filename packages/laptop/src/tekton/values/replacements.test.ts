import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paramValue, writtenValue } from './param-value.ts';
import { paramReplacements, replaceIn, replaceText, replaceValue, textReplacements } from './replacements.ts';
import { resultReferencesIn } from './result-references.ts';

const declared = [
  { name: 'text', type: 'string', keys: [], default: 'none' },
  { name: 'list', type: 'array', keys: [] },
  { name: 'map', type: 'object', keys: ['a', 'b'], default: { a: 'A', b: 'B' } },
  { name: 'by-default', type: 'string', keys: [], default: '<$(params.text)>' },
] as const;
const replacements = paramReplacements(declared, [
  { name: 'list', value: ['one', 'two words'] },
  { name: 'map', value: { b: 'own' } },
]);

describe('references in a spec', () => {
  it.each([
    [
      '$(params.text) and $(params["text"]) and $(params[\'text\']) and $(inputs.params.text)',
      'none and none and none and none',
    ],
    ['$(params.list[1])', 'two words'],
    ['$(params.list[7]) $(params.other) $(date) $HOME $(', '$(params.list[7]) $(params.other) $(date) $HOME $('],
    ['$(params.map.a) $(params.map.b)', 'A own'],
    ['$(cat $(params.text))', '$(cat none)'],
    ['$(params.by-default)', '<none>'],
  ])('in a text: %s', (text, replaced) => {
    expect(replaceText(text, replacements)).toBe(replaced);
  });

  it('become lists and objects where they stand alone', () => {
    expect(replaceValue('$(params.list[*])', replacements)).toEqual(['one', 'two words']);
    expect(replaceValue('$(params.list)', replacements)).toEqual(['one', 'two words']);
    expect(replaceValue('$(params.map[*])', replacements)).toEqual({ a: 'A', b: 'own' });
    expect(replaceValue(['x', '$(params.list[*])', '$(params.text)'], replacements)).toEqual([
      'x',
      'one',
      'two words',
      'none',
    ]);
    expect(replaceValue({ k: '$(params.text)' }, replacements)).toEqual({ k: 'none' });
    expect(replaceValue('see $(params.list[*])', replacements)).toBe('see $(params.list[*])');
  });

  it('are replaced in every part but names, a list as items of a list', () => {
    const spec = {
      name: '$(params.text)',
      args: ['-x', '$(params.list[*])'],
      env: [{ name: 'A', value: '$(params.text)' }],
      n: 1,
    };
    expect(replaceIn(spec, replacements)).toEqual({
      name: '$(params.text)',
      args: ['-x', 'one', 'two words'],
      env: [{ name: 'A', value: 'none' }],
      n: 1,
    });
  });

  it('are replaced in one pass: what is put in is never looked at again', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const both = textReplacements({ 'params.one': one, 'params.other': other });
        expect(replaceText('$(params.one)|$(params.other)', both)).toBe(`${one}|${other}`);
      }),
    );
  });

  it('to results are found wherever a value has them', () => {
    expect(
      resultReferencesIn([
        '$(tasks.a.results.x) $(tasks.b.results.l[2])',
        { k: '$(tasks.c.results.o.key)' },
        ['$(params.p)', '$(tasks.d.status)'],
      ]),
    ).toEqual([
      { task: 'a', result: 'x' },
      { task: 'b', result: 'l', index: 2 },
      { task: 'c', result: 'o', key: 'key' },
    ]);
  });
});

describe('a value', () => {
  it.each([
    ['text', 'text'],
    [['a'], ['a']],
    [{ a: 'b' }, { a: 'b' }],
    [5, '5'],
    [true, 'true'],
    [[1, 2], '[1,2]'],
    [{ a: 1 }, '{"a":1}'],
    [undefined, ''],
  ])('is read as Tekton reads it: %j', (json, value) => {
    expect(paramValue(json as never)).toEqual(value);
  });

  it('that a step wrote is JSON where a list or an object is declared, and what it is where text is', () => {
    expect(writtenValue('["a"]', 'array')).toEqual(['a']);
    expect(writtenValue('["a"]', 'string')).toBe('["a"]');
    expect(writtenValue('no json\n', 'object')).toBe('no json\n');
  });
});
