import type { JsonObject, KubeObject } from '@cartographer/machinery';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestFits, fitsBlueprint } from '../select/owner-selection.ts';
import { chain, workload } from '../testing/builders.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import { explainSelection } from './selection-account.ts';
import type { SelectionChange } from './selector-terms.ts';
import { changeText, missText } from './selector-terms.ts';

const owner = (labels: JsonObject, spec: JsonObject = {}): KubeObject => workload('shop', spec, { labels });
const account = (found: KubeObject, ...blueprints: KubeObject[]) => explainSelection(workloadOwner, found, blueprints);

describe('the account of a selection', () => {
  test('tells the nearest miss in words, and the smallest change', () => {
    const web = chain('web-app', [], { selector: { 'carto.run/type': 'web' } });
    const { outcome, blueprints } = account(owner({ 'carto.run/type': 'web-app' }), web);
    expect(outcome).toBe('none');
    const [nearest] = blueprints;
    expect(missText(nearest?.name ?? '', nearest?.terms ?? [])).toBe(
      'web-app needs carto.run/type: web; yours is web-app',
    );
    expect(nearest?.changes?.map(changeText)).toEqual(['set the label carto.run/type to web']);
  });

  test('has those that fit before those that miss, the nearest first, and the broken last', () => {
    const given = owner({ app: 'web', tier: 'front' });
    const { outcome, best, blueprints } = account(
      given,
      chain('broken', [], { selectorMatchFields: [{ key: 'spec[', operator: 'Exists' }] }),
      chain('far', [], { selector: { app: 'batch', tier: 'back' } }),
      chain('near', [], { selector: { app: 'web', tier: 'front', zone: 'a' } }),
      chain('loose', []),
      chain('exact', [], { selector: { app: 'web', tier: 'front' } }),
      chain('nobody', [], { selector: {} }),
      { apiVersion: 'carto.run/v1alpha1', kind: 'ClusterSupplyChain', metadata: { name: 'empty' } },
    );
    expect([outcome, best]).toEqual(['chosen', ['exact']]);
    expect(blueprints.map(({ name, fit, score, terms }) => `${name} ${fit} ${score}/${terms.length}`)).toEqual([
      'exact fits 2/2',
      'loose fits 1/1',
      'nobody fits 0/0',
      'near misses 2/3',
      'far misses 0/2',
      'broken broken 0/0',
      'empty broken 0/0',
    ]);
    expect(blueprints.at(-2)?.message).toMatch(/failed to evaluate selector matchFields/);
  });

  test('has the one whose words are most like the owner’s first, of those that miss equally', () => {
    const of = (name: string): KubeObject => chain(name, [], { selector: { app: name } });
    const { blueprints } = account(owner({ app: 'weeb' }), of('batch'), of('pages'), of('web'));
    expect(blueprints[0]?.name).toBe('web');
  });

  test('knows an owner that fits several, and one without labels', () => {
    const fields = {
      selector: undefined as never,
      selectorMatchFields: [{ key: 'metadata.name', operator: 'Exists' }],
    };
    expect(account(owner({ app: 'web' }), chain('a', []), chain('b', []))).toMatchObject({
      outcome: 'several',
      best: ['a', 'b'],
    });
    expect(account(owner({}), chain('a', [], fields))).toMatchObject({ outcome: 'unlabelled', best: ['a'] });
    expect(account(owner({ app: 'web' }))).toMatchObject({ outcome: 'none', best: [], blueprints: [] });
  });

  const misses = (spec: JsonObject, labels: JsonObject = {}, of: JsonObject = {}) => {
    const [fit] = account(
      owner({ some: 'label', ...labels }, of),
      chain('c', [], { selector: {}, ...spec }),
    ).blueprints;
    return [missText('c', fit?.terms ?? []), fit?.changes?.map(changeText)];
  };
  test.each<[string, JsonObject, JsonObject, JsonObject, string, readonly string[] | undefined]>([
    [
      'a label that must be there',
      { selectorMatchExpressions: [{ key: 'a', operator: 'Exists' }] },
      {},
      {},
      'c needs label a; yours has none',
      ['set the label a'],
    ],
    [
      'a label that must not',
      { selectorMatchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] },
      { a: 'x' },
      {},
      'c needs no label a; yours is x',
      ['remove the label a'],
    ],
    [
      'values that a label must not have',
      { selectorMatchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x', 'y'] }] },
      { a: 'x' },
      {},
      'c needs a other than x, y; yours is x',
      ['remove the label a'],
    ],
    [
      'one of several',
      {
        selectorMatchExpressions: [
          { key: 'a', operator: 'In', values: ['x', 'y'] },
          { key: 'a', operator: 'NotIn', values: ['x'] },
        ],
      },
      {},
      {},
      'c needs a: x or y; yours has none',
      ['set the label a to y'],
    ],
    [
      'a contradiction',
      {
        selectorMatchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'DoesNotExist' },
        ],
      },
      {},
      {},
      'c needs label a; yours has none',
      undefined,
    ],
    [
      'two values at once',
      { selector: { a: 'x' }, selectorMatchExpressions: [{ key: 'a', operator: 'In', values: ['y'] }] },
      {},
      {},
      'c needs a: x; yours has none, and a: y; yours has none',
      undefined,
    ],
    [
      'a field',
      { selectorMatchFields: [{ key: 'spec.source.git.url', operator: 'Exists' }] },
      {},
      { image: 'i' },
      'c needs field spec.source.git.url; yours has none',
      ['set the field spec.source.git.url'],
    ],
    [
      'a value of a field',
      { selectorMatchFields: [{ key: 'spec.image', operator: 'NotIn', values: ['i'] }] },
      {},
      { image: 'i' },
      'c needs spec.image other than i; yours is i',
      ['set the field spec.image to anything but i'],
    ],
  ])('says what is to be done about %s', (_what, spec, labels, of, miss, changes) => {
    expect(misses(spec, labels, of)).toEqual([miss, changes]);
  });
});

const key = fc.constantFrom('a', 'b', '__proto__');
const value = fc.constantFrom('x', 'y', 'z');
const labels = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 3 }).map((pairs) => Object.fromEntries(pairs));
const requirement = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);
const selector = fc.record({
  selector: labels,
  selectorMatchExpressions: fc.array(requirement, { maxLength: 3 }),
});

function changed(given: KubeObject, changes: readonly SelectionChange[]): KubeObject {
  const of = new Map(Object.entries(given.metadata.labels ?? {}));
  for (const change of changes) {
    if (change.verb === 'remove') of.delete(change.key);
    else of.set(change.key, change.value ?? 'anything-else');
  }
  return { ...given, metadata: { ...given.metadata, labels: Object.fromEntries(of) } };
}

describe('whatever labels and selectors', () => {
  test('the change that is told makes the blueprint fit, and none is told only where none can', () => {
    fc.assert(
      fc.property(labels, selector, (own, spec) => {
        const blueprint = chain('c', [], spec);
        const given = owner(own);
        const [fit] = account(given, blueprint).blueprints;
        if (fit === undefined || fit.fit === 'broken') return;
        expect(fit.fit === 'fits').toBe(fit.changes?.length === 0);
        if (fit.changes !== undefined) expect(fitsBlueprint(blueprint, changed(given, fit.changes)).kind).toBe('fits');
      }),
    );
  });

  test('the best are those that the controller would take', () => {
    fc.assert(
      fc.property(labels, fc.array(selector, { maxLength: 4 }), (own, specs) => {
        const blueprints = specs.map((spec, i) => chain(`c${i}`, [], spec));
        const given = owner(own);
        const { best } = bestFits(blueprints, (blueprint) => fitsBlueprint(blueprint, given));
        const found = account(given, ...blueprints);
        expect(found.best).toEqual(best.map(({ metadata }) => metadata.name));
        const high = found.blueprints.filter(
          ({ fit, score }) => fit === 'fits' && score === found.blueprints[0]?.score,
        );
        if (best.length > 0) expect(high.map(({ name }) => name)).toEqual(found.best);
      }),
    );
  });
});
