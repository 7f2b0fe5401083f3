import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from './selector-parser.ts';
import { labelSelectorOf } from './selectors.ts';

const LABELS = { yes: { a: '5' }, other: { a: '7' }, empty: { a: '' }, word: { a: 'x' }, absent: { b: '5' } } as const;
type Case = keyof typeof LABELS;

/** Which of the labels above a selector matches. */
function matched(matches: (labels: Readonly<Record<string, string>>) => boolean): readonly string[] {
  return (Object.keys(LABELS) as Case[]).filter((name) => matches(LABELS[name]));
}

describe('a requirement on a label that is there, other, empty, no number, or absent', () => {
  it.each([
    ['a', ['yes', 'other', 'empty', 'word']],
    ['!a', ['absent']],
    ['a=5', ['yes']],
    ['a==5', ['yes']],
    ['a=', ['empty']],
    ['a!=5', ['other', 'empty', 'word', 'absent']],
    ['a!=', ['yes', 'other', 'word', 'absent']],
    ['a in (5,x)', ['yes', 'word']],
    ['a notin (5,x)', ['other', 'empty', 'absent']],
    ['a notin (5,)', ['other', 'word', 'absent']],
    ['a>5', ['other']],
    ['a>4', ['yes', 'other']],
    ['a<7', ['yes']],
    ['a<8', ['yes', 'other']],
    ['a,a!=5', ['other', 'empty', 'word']],
    ['a!=5,b', ['absent']],
    ['a=5,b', []],
  ])('%s matches %j', (text, expected) => {
    const selector = parseLabelSelector(text);
    expect(matched((labels) => selector.matches(labels))).toEqual(expected);
  });

  it.each([
    [{ matchLabels: { a: '5' } }, ['yes']],
    [{ matchLabels: { a: '' } }, ['empty']],
    [{ matchLabels: { a: '5', b: '5' } }, []],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['5', '7'] }] }, ['yes', 'other']],
    [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['5', '7'] }] }, ['empty', 'word', 'absent']],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, ['yes', 'other', 'empty', 'word']],
    [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, ['absent']],
    [
      {
        matchLabels: { a: '5' },
        matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['5'] }],
      },
      [],
    ],
    [
      {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'NotIn', values: ['5'] },
        ],
      },
      ['other', 'empty', 'word'],
    ],
    [{}, ['yes', 'other', 'empty', 'word', 'absent']],
    [{ matchLabels: {}, matchExpressions: [] }, ['yes', 'other', 'empty', 'word', 'absent']],
  ])('%j matches %j', (spec, expected) => {
    const selector = labelSelectorOf(spec);
    expect(matched((labels) => selector.matches(labels))).toEqual(expected);
    expect(selector.empty).toBe(expected.length === 5);
  });

  it('prints requirements by key and values in order, however they were given', () => {
    const matchExpressions = [
      { key: 'c', operator: 'NotIn', values: ['2', '1'] },
      { key: 'b', operator: 'DoesNotExist' },
    ];
    expect(labelSelectorOf({ matchLabels: { d: '1', a: '2' }, matchExpressions }).toString()).toBe(
      'a=2,!b,c notin (1,2),d=1',
    );
  });
});
