import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  deliverable,
  delivery,
  ownerLines,
  resource,
  resourceLines,
  template,
  thing,
} from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { readOutput, shownOutputs } from './resource-outputs.ts';

const object = (content: object): KubeObject => ({ apiVersion: 'v1', kind: 'T', metadata: { name: 'x' }, ...content });

describe('an output', () => {
  test('is read once per object and template', () => {
    const source = template('ClusterSourceTemplate', 't', { urlPath: '.status.u', revisionPath: '.status.r' });
    const live = object({ status: { u: 'url', r: { a: 1 } } });
    const result = readOutput(source, live, undefined);
    expect(result).toEqual({ kind: 'read', output: { kind: 'source', source: { url: 'url', revision: { a: 1 } } } });
    expect(readOutput(source, live, undefined)).toBe(result);
  });

  test('that is null is none, but no failure', () => {
    const image = template('ClusterImageTemplate', 't', { imagePath: '.status.image' });
    const result = readOutput(image, object({ status: { image: null } }), undefined);
    expect(result).toEqual({ kind: 'read', output: { kind: 'nothing' } });
  });

  test('of a source is shown even when it is null', () => {
    const shown = shownOutputs({ kind: 'source', source: { url: null, revision: 'r' } });
    expect(shown.map(({ name, preview }) => [name, preview])).toEqual([
      ['url', 'null\n'],
      ['revision', 'r\n'],
    ]);
  });
});

/** Scenarios 41 and 44: a source, and a deployment of it. */
function deployed(rule: object, more: object = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const source = thing('src', {}, { status: { url: 'u', revision: 'r1' } });
  cluster.put(
    template('ClusterSourceTemplate', 's', {
      urlPath: '.status.url',
      revisionPath: '.status.revision',
      template: source,
    }),
  );
  cluster.put(
    template('ClusterDeploymentTemplate', 'd', {
      ...rule,
      template: { ...thing('dep', { rev: '$(deployment.revision)$' }), kind: 'StatusThing', ...more },
    }),
  );
  cluster.put(template('ClusterTemplate', 'after', { template: thing('after', { url: '$(source.url)$' }) }));
  cluster.put(
    delivery('web', [
      resource('src', 'ClusterSourceTemplate', 's'),
      resource('deploy', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 'src' } }),
      resource('after', 'ClusterTemplate', 'after', { sources: [{ name: 'x', resource: 'deploy' }] }),
    ]),
  );
  cluster.put(deliverable('shop'));
  cluster.settle();
  return cluster;
}

function line(cluster: SimulatedCluster, status?: object): string | undefined {
  if (status !== undefined) cluster.patch('StatusThing', 'dep', { status: status as never });
  cluster.settle();
  return resourceLines(cluster.get('Deliverable', 'shop'), 'deploy')[0];
}

describe('a deployment with observedMatches', () => {
  test('hands its input on when all pairs are equal', () => {
    const cluster = deployed({ observedMatches: [{ input: 'spec.rev', output: 'status.rev' }] });
    expect(line(cluster)).toBe(
      'ResourcesSubmitted Unknown ConditionNotMet: resource [deploy] condition not met: could not find value on output [status.rev]: jsonpath returned empty list: status.rev',
    );
    expect(ownerLines(cluster.get('Deliverable', 'shop'))[0]).toBe('DeliveryReady True Ready');
    expect(line(cluster, { rev: 'r0' })).toContain('input [spec.rev] and output [status.rev] do not match: r1 != r0');
    expect(line(cluster, { rev: 2 })).toContain('do not match: r1 != %!s(float64=2)');
    expect(line(cluster, { rev: 'r1' })).toBe('ResourceSubmitted True ResourceSubmissionComplete');
    expect(cluster.get('Thing', 'after')['spec']).toEqual({ url: 'u' });
  });

  test('names an input that is not there', () => {
    const cluster = deployed({ observedMatches: [{ input: 'spec.none', output: 'status.rev' }] });
    expect(line(cluster)).toContain(
      'could not find value on input [spec.none]: jsonpath returned empty list: spec.none',
    );
  });
});

describe('a deployment with observedCompletion', () => {
  const rule = {
    observedCompletion: {
      succeeded: { key: 'status.ok', value: 'yes' },
      failed: { key: 'status.bad', value: 'yes' },
    },
  };

  test('waits for its generation to be observed, then for success, and sees failure first', () => {
    const cluster = deployed(rule);
    expect(line(cluster)).toBe(
      'ResourcesSubmitted False TemplateStampFailure: resource [deploy] cannot satisfy observedCompletion without observedGeneration in object status',
    );
    expect(line(cluster, { observedGeneration: 7 })).toBe(
      'ResourcesSubmitted Unknown ConditionNotMet: resource [deploy] condition not met: status.observedGeneration does not equal metadata.generation: %!s(float64=7) != %!s(float64=1)',
    );
    expect(line(cluster, { observedGeneration: 1 })).toContain(
      'failed to evaluate succeededCondition.Key [status.ok]: jsonpath returned empty list: status.ok',
    );
    expect(line(cluster, { ok: 'no' })).toContain('deployment success condition [status.ok] was: no, expected: yes');
    expect(line(cluster, { ok: 'yes', bad: 'yes' })).toBe(
      'ResourcesSubmitted False FailedConditionMet: resource [deploy] failed condition met: deployment failure condition [status.bad] was: yes',
    );
    expect(line(cluster, { bad: 'no' })).toBe('ResourceSubmitted True ResourceSubmissionComplete');
  });
});

test('a deployment without its input has nothing to hand on', () => {
  const cluster = deployed({ observedMatches: [] }, { spec: {} });
  cluster.put(
    delivery('web', [resource('deploy', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 'src' } })]),
  );
  expect(line(cluster)).toBe(
    'ResourceSubmitted False UnknownError: unable to retrieve outputs from stamped object [team/dep] of type [statusthings.golden.test] for resource [deploy] in supply chain [web]: deployment not found in upstream template',
  );
});

test('a supply chain speaks of every unreadable output in the same way', () => {
  const cluster = new SimulatedCluster();
  cluster.put(template('ClusterImageTemplate', 't', { imagePath: '.status[', template: thing('a', {}) }));
  cluster.put(chain('web', [resource('only', 'ClusterImageTemplate', 't')]));
  cluster.put({ ...deliverable('shop'), kind: 'Workload' });
  cluster.settle();
  expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toContain('waiting to read value [.status[]');
});
