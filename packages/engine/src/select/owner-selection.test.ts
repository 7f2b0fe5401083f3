import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, workload } from '../testing/builders.ts';
import { bestFits, fitsBlueprint, fitsOption, selectorFault, selects } from './owner-selection.ts';

const EXISTS = (key: string): JsonObject => ({ key, operator: 'Exists' });
const owner = workload('app', {
  source: { git: { url: 'https://git' } },
  params: [{ name: 'n', value: 5 }],
  env: [{ name: 'A', value: '' }],
  resources: { limits: { cpu: 2, memory: '1024Mi' }, requests: {} },
});

function fit(key: string, operator: string, values?: string[]): string {
  return fitsOption({ matchFields: [{ key, operator: operator as 'In', values }] }, owner).kind;
}

describe('a field requirement', () => {
  // Scenarios 06 and 62.
  test.each([
    ['spec.source.git.url', 'In', ['https://git'], 'fits'],
    ['spec.source.git.url', 'In', ['other'], 'misses'],
    ['spec.source.git.url', 'NotIn', ['other'], 'fits'],
    ['spec.source.git.url', 'Exists', undefined, 'fits'],
    ['spec.source.git.url', 'DoesNotExist', undefined, 'misses'],
    ['spec.params[0].value', 'In', ['5'], 'misses'],
    ['spec.params[0].value', 'NotIn', ['5'], 'fits'],
    ['spec.image', 'Exists', undefined, 'misses'],
    ['spec.image', 'DoesNotExist', undefined, 'fits'],
    ['spec.image', 'NotIn', ['x'], 'fits'],
    ['spec.serviceAccountName', 'Exists', undefined, 'fits'],
    ['spec.build', 'Exists', undefined, 'fits'],
    ['spec.build.env', 'Exists', undefined, 'misses'],
    ['spec.nothing', 'NotIn', ['x'], 'misses'],
    ['spec.nothing', 'In', ['x'], 'misses'],
    ['spec.nothing', 'DoesNotExist', undefined, 'fits'],
    ['spec.source.git.ref.branch', 'DoesNotExist', undefined, 'fits'],
    ['spec.source.git.ref.branch', 'NotIn', ['main'], 'misses'],
    ['metadata.labels.absent', 'NotIn', ['x'], 'misses'],
    ['workload.metadata.name', 'Exists', undefined, 'misses'],
    // Quantities are texts in canonical form.
    ['spec.resources.limits.cpu', 'In', ['2'], 'fits'],
    ['spec.resources.limits.memory', 'In', ['1Gi'], 'fits'],
    ['spec.resources.limits.memory', 'In', ['1024Mi'], 'misses'],
    ['spec.resources.limits.memory', 'NotIn', ['1024Mi'], 'fits'],
    ['spec.resources.requests', 'Exists', undefined, 'fits'],
    ['spec.resources.requests.cpu', 'DoesNotExist', undefined, 'fits'],
    ['spec.resources.claims', 'DoesNotExist', undefined, 'fits'],
    ['spec.env[0].value', 'In', [''], 'fits'],
  ])('%s %s %j: %s', (key, operator, values, outcome) => {
    expect(fit(key, operator, values)).toBe(outcome);
  });

  test('that cannot be evaluated is broken, in the words of upstream', () => {
    const selector = { matchFields: [{ key: 'spec.env[3].name', operator: 'Exists' as const }] };
    expect(fitsOption(selector, owner)).toEqual({
      kind: 'broken',
      message:
        'failed to evaluate selector matchFields: unable to match field requirement with key [spec.env[3].name] operator [Exists] values [[]]: evaluate: failed to find results: array index out of bounds: index 3, length 1',
    });
  });
});

describe('the best fit', () => {
  const withSelector = (name: string, more: object) => chain(name, [], more as never);

  test('is the one with most requirements, whatever their kind', () => {
    const few = withSelector('few', {});
    const many = withSelector('many', {
      selectorMatchExpressions: [{ key: 'app', operator: 'Exists' }],
      selectorMatchFields: [{ key: 'spec.build', operator: 'Exists' }],
    });
    const missed = withSelector('missed', { selector: { app: 'web', other: 'x' } });
    const { best } = bestFits([few, many, missed], (blueprint) => fitsBlueprint(blueprint, owner));
    expect(best.map(({ metadata }) => metadata.name)).toEqual(['many']);
  });

  test('is never an empty selector', () => {
    const { best } = bestFits([withSelector('empty', { selector: {} })], (blueprint) =>
      fitsBlueprint(blueprint, owner),
    );
    expect(best).toEqual([]);
  });

  test('is all of those that tie', () => {
    const ties = [withSelector('a', {}), withSelector('b', {})];
    expect(bestFits(ties, (blueprint) => fitsBlueprint(blueprint, owner)).best).toEqual(ties);
  });

  test('is all of those that tie, behind lesser ones and before lesser ones', () => {
    const scores: Readonly<Record<string, number>> = { none: 0, low: 1, high: 3, lower: 2, equal: 3, last: 1 };
    const names = Object.keys(scores);
    const by = (order: readonly string[]) =>
      bestFits(order, (name) => ({ kind: 'fits', score: scores[name] ?? 0 })).best.toSorted();
    expect(by(names)).toEqual(['equal', 'high']);
    expect(by(names.toReversed())).toEqual(['equal', 'high']);
    expect(by(['low', 'last', 'none'])).toEqual(['last', 'low']);
    expect(by(['none'])).toEqual([]);
  });

  test.each([
    ['a label', { matchLabels: { app: 'web' } }, 1],
    [
      'two expressions of one label',
      { matchExpressions: [EXISTS('app'), { key: 'app', operator: 'In', values: ['web'] }] },
      2,
    ],
    ['a field', { matchFields: [EXISTS('spec.build')] }, 1],
    [
      'a label, an expression and two fields',
      {
        matchLabels: { app: 'web' },
        matchExpressions: [EXISTS('app')],
        matchFields: [EXISTS('spec.build'), EXISTS('spec.env')],
      },
      4,
    ],
    ['nothing', {}, 0],
  ])('counts all requirements: %s', (_what, selector, score) => {
    expect(fitsOption(selector as never, owner)).toEqual({ kind: 'fits', score });
  });

  test.each([
    ['another label', { matchLabels: { app: 'web', tier: 'x' } }],
    ['an expression', { matchLabels: { app: 'web' }, matchExpressions: [EXISTS('tier')] }],
    ['the last expression', { matchExpressions: [EXISTS('app'), { key: 'app', operator: 'NotIn', values: ['web'] }] }],
    ['the first field', { matchLabels: { app: 'web' }, matchFields: [EXISTS('spec.image'), EXISTS('spec.build')] }],
    ['the last field', { matchLabels: { app: 'web' }, matchFields: [EXISTS('spec.build'), EXISTS('spec.image')] }],
  ])('is none that misses %s, whatever else fits', (_what, selector) => {
    expect(fitsOption(selector as never, owner)).toEqual({ kind: 'misses' });
    const { matchLabels = {}, matchExpressions, matchFields } = selector as Record<string, JsonObject>;
    const spec = {
      selector: matchLabels,
      selectorMatchExpressions: matchExpressions,
      selectorMatchFields: matchFields,
    };
    expect(selects(withSelector('c', spec), owner)).toBe(false);
  });

  test('is judged anew for each owner and each selector', () => {
    const selector = { matchLabels: { app: 'web' } };
    const other = workload('other', {}, { labels: { app: 'other' } });
    expect([owner, other, owner].map((each) => fitsOption(selector, each).kind)).toEqual(['fits', 'misses', 'fits']);
    const blueprint = withSelector('c', {});
    expect([owner, other, owner].map((each) => selects(blueprint, each))).toEqual([true, false, true]);
    expect(selects(withSelector('c', { selector: { app: 'other' } }), other)).toBe(true);
  });

  test('is found beside a broken selector, which is named', () => {
    const broken = withSelector('broken', { selectorMatchExpressions: [{ key: 'a', operator: 'Near' }] });
    const sound = withSelector('sound', {});
    const found = bestFits([broken, sound], (blueprint) => fitsBlueprint(blueprint, owner));
    expect(found.best).toEqual([sound]);
    expect(found.broken).toEqual([
      {
        candidate: broken,
        message: 'selector labels or selector expressions are invalid: "Near" is not a valid label selector operator',
      },
    ]);
    expect(selectorFault(broken)).toContain('"Near"');
    expect(selects(broken, owner)).toBe(true);
  });
});

test('a path that does not parse is a fault of the blueprint, one that does not fit an owner is not', () => {
  const field = (key: string) => chain('c', [], { selectorMatchFields: [{ key, operator: 'Exists' }] });
  expect(selectorFault(field('spec.env['))).toContain('failed to parse jsonpath');
  expect(selectorFault(field('spec.env[0].name'))).toBeUndefined();
});
