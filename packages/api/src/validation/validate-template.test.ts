import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { API_VERSION, carto, validate, validatedKinds } from '../index.ts';

type Row = readonly [title: string, spec: JsonObject, error: string];

const TEMPLATE = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
const CONDITION = { type: 'Ready', status: 'True' };

const object = (kind: string, spec: JsonObject): KubeObject => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name: 't' },
  spec,
});
const deployment = { observedMatches: [] };

const rows: readonly Row[] = [
  ['neither template nor ytt', { ytt: '' }, 'invalid template: must specify one of template or ytt, found neither'],
  [
    'template and ytt',
    { template: TEMPLATE, ytt: '#@' },
    'invalid template: must specify one of template or ytt, found both',
  ],
  [
    'an object without kind',
    { template: { metadata: { name: 'a<b' }, apiVersion: 'v1' } },
    `invalid template: failed to parse object: Object 'Kind' is missing in '{"apiVersion":"v1","metadata":{"name":"a\\u003cb"}}'`,
  ],
  [
    'an object whose kind is no text',
    { template: { kind: 1 } },
    `invalid template: failed to parse object: Object 'Kind' is missing in '{"kind":1}'`,
  ],
  [
    'a namespace in the object',
    { template: { ...TEMPLATE, metadata: { namespace: 'ns' } } },
    'invalid template: template should not set metadata.namespace on the child object',
  ],
  [
    'a health rule without a member',
    { template: TEMPLATE, healthRule: { singleConditionType: '' } },
    'invalid health rule: must specify one of alwaysHealthy, singleConditionType or multiMatch, found neither',
  ],
  [
    'a health rule with two members',
    { template: TEMPLATE, healthRule: { alwaysHealthy: {}, singleConditionType: 'Ready' } },
    'invalid health rule: must specify one of alwaysHealthy, singleConditionType or multiMatch, found multiple',
  ],
  [
    'a multi match with nothing unhealthy',
    { template: TEMPLATE, healthRule: { multiMatch: { healthy: {}, unhealthy: { matchFields: [] } } } },
    'invalid multi match health rule: unhealthy rule has no matchFields or matchConditions',
  ],
  [
    'a multi match with nothing healthy',
    { template: TEMPLATE, healthRule: { multiMatch: { healthy: {}, unhealthy: { matchConditions: [CONDITION] } } } },
    'invalid multi match health rule: healthy rule has no matchFields or matchConditions',
  ],
  [
    'retention of a mutable object',
    { template: TEMPLATE, lifecycle: 'mutable', retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 } },
    'invalid template: if lifecycle is mutable, no retention policy may be set',
  ],
];

const templateKinds = [
  'ClusterSourceTemplate',
  'ClusterImageTemplate',
  'ClusterConfigTemplate',
  'ClusterDeploymentTemplate',
  'ClusterTemplate',
];

describe.each(templateKinds)('a %s is refused for', (kind) => {
  it.each(rows)('%s', (_title, spec, error) => {
    expect(validate(object(kind, { ...deployment, ...spec }))[0]).toBe(error);
  });
});

describe('a template is accepted', () => {
  it('with a retention policy when each change makes a new object', () => {
    const retentionPolicy = { maxFailedRuns: 1, maxSuccessfulRuns: 1 };
    const spec = { template: TEMPLATE, lifecycle: 'immutable', retentionPolicy };
    expect(validate(object('ClusterTemplate', spec))).toEqual([]);
  });

  it('with a retention policy on a mutable object when it has a health rule, as upstream does', () => {
    const retentionPolicy = { maxFailedRuns: 1, maxSuccessfulRuns: 1 };
    const spec = { template: TEMPLATE, lifecycle: 'mutable', retentionPolicy, healthRule: { alwaysHealthy: {} } };
    expect(validate(object('ClusterTemplate', spec))).toEqual([]);
  });

  it('with any ytt text', () => {
    expect(validate(object('ClusterTemplate', { ytt: '#@ nonsense' }))).toEqual([]);
  });
});

describe('a ClusterDeploymentTemplate', () => {
  const error = 'invalid spec: must set exactly one of spec.ObservedMatches and spec.ObservedCompletion';
  const observedCompletion = { succeeded: { key: 'k', value: 'v' } };
  it.each([
    ['no way to observe', {}, [error]],
    ['both ways to observe', { observedMatches: [], observedCompletion }, [error]],
    ['an empty list of matches', { observedMatches: [] }, []],
    ['a completion', { observedCompletion }, []],
  ])('with %s', (_title, spec, errors) => {
    expect(validate(object('ClusterDeploymentTemplate', { template: TEMPLATE, ...spec }))).toEqual(errors);
  });
});

describe('a ClusterRunTemplate is refused for', () => {
  it.each<Row>([
    [
      'an object without kind',
      { template: { spec: {} } },
      `invalid template: failed to parse object: Object 'Kind' is missing in '{"spec":{}}'`,
    ],
    [
      'a namespace in the object',
      { template: { ...TEMPLATE, metadata: { namespace: 'ns' }, spec: {} } },
      'invalid template: template should not set metadata.namespace on the child object',
    ],
    [
      'an object without spec',
      { template: TEMPLATE },
      'invalid template: object must have a spec; templated object: map[apiVersion:v1 kind:ConfigMap metadata:map[name:x]]',
    ],
  ])('%s', (_title, spec, error) => {
    expect(validate(object('ClusterRunTemplate', spec))[0]).toBe(error);
  });
});

it('the eight kinds that have webhooks upstream are validated, the others are not', () => {
  const others = Object.keys(carto.kinds).filter((kind) => !(validatedKinds as readonly string[]).includes(kind));
  expect(others).toEqual(['Workload', 'Deliverable', 'Runnable']);
  for (const kind of others) expect(validate(object(kind, {}))).toEqual([]);
  expect(validate({ ...object('ClusterTemplate', {}), apiVersion: 'other/v1' })).toEqual([]);
});
