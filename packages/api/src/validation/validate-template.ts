import type { JsonObject } from '@cartographer/machinery';
import { getKey, getPath, goJson, goText } from '@cartographer/machinery';
import type { Template } from '../kinds/kinds.ts';
import type { ClusterRunTemplate } from '../kinds/templates.ts';
import type { HealthRequirements, HealthRule } from '../schema/health-rule.ts';

/** What is wrong with a template of a blueprint, in upstream's order and words. */
export function* templateErrors(template: Template): Generator<string> {
  yield* commonErrors(template.spec);
  if (template.kind !== 'ClusterDeploymentTemplate') return;
  const { observedMatches, observedCompletion } = template.spec;
  if ((observedMatches === undefined) === (observedCompletion === undefined)) {
    yield 'invalid spec: must set exactly one of spec.ObservedMatches and spec.ObservedCompletion';
  }
}

/** What is wrong with a run template, in upstream's order and words. */
export function* runTemplateErrors({ spec: { template } }: ClusterRunTemplate): Generator<string> {
  yield* objectErrors(template);
  if (getKey(template, 'spec') === undefined) {
    yield `invalid template: object must have a spec; templated object: ${goText(template)}`;
  }
}

function* commonErrors(spec: Template['spec']): Generator<string> {
  const { template, ytt = '', healthRule, retentionPolicy, lifecycle } = spec;
  if (template === undefined && ytt === '') {
    yield 'invalid template: must specify one of template or ytt, found neither';
  }
  if (template !== undefined && ytt !== '') yield 'invalid template: must specify one of template or ytt, found both';
  if (template !== undefined) yield* objectErrors(template);
  // As upstream: a health rule ends the checks, so that a retention policy beside it is not looked at.
  if (healthRule !== undefined) {
    yield* healthRuleErrors(healthRule);
  } else if (retentionPolicy !== undefined && lifecycle === 'mutable') {
    yield 'invalid template: if lifecycle is mutable, no retention policy may be set';
  }
}

function* objectErrors(template: JsonObject): Generator<string> {
  const kind = getKey(template, 'kind');
  if (typeof kind !== 'string' || kind === '') {
    yield `invalid template: failed to parse object: Object 'Kind' is missing in '${goJson(template)}'`;
  }
  const namespace = getPath(template, 'metadata', 'namespace');
  if (typeof namespace === 'string' && namespace !== '') {
    yield 'invalid template: template should not set metadata.namespace on the child object';
  }
}

function* healthRuleErrors({ alwaysHealthy, singleConditionType = '', multiMatch }: HealthRule): Generator<string> {
  const set = [alwaysHealthy !== undefined, singleConditionType !== '', multiMatch !== undefined];
  const count = set.filter(Boolean).length;
  const oneOf = 'invalid health rule: must specify one of alwaysHealthy, singleConditionType or multiMatch, found';
  if (count === 0) yield `${oneOf} neither`;
  if (count > 1) yield `${oneOf} multiple`;
  if (multiMatch === undefined) return;
  for (const side of ['unhealthy', 'healthy'] as const) {
    if (isEmpty(multiMatch[side])) {
      yield `invalid multi match health rule: ${side} rule has no matchFields or matchConditions`;
    }
  }
}

function isEmpty({ matchConditions = [], matchFields = [] }: HealthRequirements): boolean {
  return matchConditions.length === 0 && matchFields.length === 0;
}
