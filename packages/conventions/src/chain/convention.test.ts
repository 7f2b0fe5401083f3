import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainFor, conventionOf, type SelectableLabels } from './convention.ts';
import { convention } from './testing/conventions.ts';

const labels: SelectableLabels = { PodIntent: { sel: 'yes', both: '1' }, PodTemplateSpec: { a: 'b', both: '2' } };
const expressions = (...matchExpressions: object[]) => ({ selectors: [{ matchExpressions }] });

describe('a convention fits', () => {
  it.each([
    ['everything without a selector', {}, true],
    ['everything with one that is empty', { selectors: [{}] }, true],
    ['labels of the template', { selectors: [{ matchLabels: { a: 'b' } }] }, true],
    ['no labels of the intent then', { selectors: [{ matchLabels: { sel: 'yes' } }] }, false],
    ['labels of the intent', { selectorTarget: 'PodIntent', selectors: [{ matchLabels: { sel: 'yes' } }] }, true],
    [
      'no labels of the template then',
      { selectorTarget: 'PodIntent', selectors: [{ matchLabels: { a: 'b' } }] },
      false,
    ],
    ['by any of its selectors', { selectors: [{ matchLabels: { x: 'y' } }, { matchLabels: { a: 'b' } }] }, true],
    ['by all of one selector', { selectors: [{ matchLabels: { a: 'b', x: 'y' } }] }, false],
    ['In', expressions({ key: 'both', operator: 'In', values: ['2', '3'] }), true],
    [
      'In of the other',
      { selectorTarget: 'PodIntent', ...expressions({ key: 'both', operator: 'In', values: ['2'] }) },
      false,
    ],
    ['NotIn', expressions({ key: 'a', operator: 'NotIn', values: ['c'] }), true],
    ['NotIn of what is not there', expressions({ key: 'x', operator: 'NotIn', values: ['c'] }), true],
    ['Exists', expressions({ key: 'a', operator: 'Exists' }), true],
    ['Exists of what is not there', expressions({ key: 'x', operator: 'Exists' }), false],
    ['DoesNotExist', expressions({ key: 'nothere', operator: 'DoesNotExist' }), true],
    ['DoesNotExist of what is there', expressions({ key: 'a', operator: 'DoesNotExist' }), false],
  ])('%s', (_what, spec, fits) => {
    expect(conventionOf(convention('one', spec)).fits(labels)).toBe(fits);
  });

  it('whatever there is, where nobody can tell what it selects', () => {
    const { fits, does } = conventionOf(convention('odd', { selectors: [{ matchLabels: { 'a b': 'c' } }] }));
    expect(fits({ PodIntent: {}, PodTemplateSpec: {} })).toBe(true);
    expect(does).toMatchObject({ kind: 'wrong', reason: 'LabelSelector' });
    expect(does).toMatchObject({
      message: expect.stringContaining('the label selector of convention odd is not valid'),
    });
  });

  it('whatever there is, where it cannot be read', () => {
    const { does } = conventionOf(convention('odd', { priority: 'First' }));
    const message = expect.stringContaining('convention odd cannot be read: spec.priority');
    expect(does).toMatchObject({ kind: 'wrong', reason: 'ConventionInvalid', message });
  });
});

describe('the order of conventions', () => {
  const named = (...given: readonly (readonly [string, string?])[]): readonly string[] =>
    chainFor(
      given.map(([name, priority]) => conventionOf(convention(name, priority === undefined ? {} : { priority }))),
      labels,
    ).map(({ name }) => name);

  it('is as recorded: Early, Normal by name, Late', () => {
    expect(named(['aaa-late', 'Late'], ['mid-b'], ['zzz-early', 'Early'], ['mid-a'])).toEqual([
      'zzz-early',
      'mid-a',
      'mid-b',
      'aaa-late',
    ]);
  });

  it('goes by bytes, not by a language', () => {
    expect(named(['b'], ['a-1'], ['a.1'], ['a1'], ['10'], ['9'])).toEqual(['10', '9', 'a-1', 'a.1', 'a1', 'b']);
  });

  it('does not depend on the order in which they come', () => {
    const given = fc.uniqueArray(
      fc.record({ name: fc.stringMatching(/^[a-z0-9]{1,3}$/), at: fc.constantFrom('Early', 'Normal', 'Late') }),
      {
        selector: ({ name }) => name,
      },
    );
    fc.assert(
      fc.property(given, (list) => {
        const pairs = list.map(({ name, at }) => [name, at] as const);
        expect(named(...pairs.toReversed())).toEqual(named(...pairs));
      }),
    );
  });
});
