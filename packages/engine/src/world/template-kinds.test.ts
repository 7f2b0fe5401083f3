import type { JsonObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';
import { template } from '../testing/builders.ts';
import { healthRuleOf, lifecycleOf, retentionOf, TEKTON_RULE, templateKind } from './template-kinds.ts';

const of = (spec: JsonObject) => template('ClusterTemplate', 't', spec);

test.each([
  ['ClusterSourceTemplate', 'source', ['urlPath', 'revisionPath'], 'sources'],
  ['ClusterImageTemplate', 'image', ['imagePath'], 'images'],
  ['ClusterConfigTemplate', 'config', ['configPath'], 'configs'],
  ['ClusterDeploymentTemplate', 'deployment', [], 'deployments'],
  ['ClusterTemplate', undefined, [], 'none'],
  ['Unheard', undefined, [], 'none'],
])('%s gives out %s', (kind, output, fields, passThrough) => {
  const known = templateKind(kind);
  expect([known.output, known.paths.map(({ field }) => field), known.passThrough]).toEqual([
    output,
    fields,
    passThrough,
  ]);
});

test.each([
  [{}, 'mutable'],
  [{ lifecycle: 'mutable' }, 'mutable'],
  [{ lifecycle: 'immutable' }, 'immutable'],
  [{ lifecycle: 'tekton' }, 'tekton'],
  [{ lifecycle: '' }, 'mutable'],
  [{ lifecycle: 'odd' }, 'mutable'],
])('the lifecycle of %j is %s', (spec, lifecycle) => {
  expect(lifecycleOf(of(spec))).toBe(lifecycle);
});

test.each<[JsonObject | undefined, boolean]>([
  [undefined, false],
  [{}, false],
  [{ singleConditionType: '' }, false],
  [{ singleConditionType: 'Done' }, true],
  [{ alwaysHealthy: {} }, true],
  [{ multiMatch: {} }, true],
])('a health rule %j counts: %s; else lifecycle tekton brings its own', (healthRule, counts) => {
  const spec = healthRule === undefined ? {} : { healthRule };
  expect(healthRuleOf(of(spec))).toEqual(counts ? healthRule : undefined);
  expect(healthRuleOf(of({ ...spec, lifecycle: 'immutable' }))).toEqual(counts ? healthRule : undefined);
  expect(healthRuleOf(of({ ...spec, lifecycle: 'tekton' }))).toEqual(counts ? healthRule : TEKTON_RULE);
  expect(TEKTON_RULE).toEqual({ singleConditionType: 'Succeeded' });
});

test('ten runs of each outcome are kept where a template does not say how many', () => {
  expect(retentionOf(of({}))).toEqual({ maxFailedRuns: 10, maxSuccessfulRuns: 10 });
  const retentionPolicy = { maxFailedRuns: 1, maxSuccessfulRuns: 2 };
  expect(retentionOf(of({ retentionPolicy }))).toEqual(retentionPolicy);
});
