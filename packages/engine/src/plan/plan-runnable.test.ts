import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { ownerLines, template } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const runnable = (spec: JsonObject = {}): KubeObject => ({
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Runnable',
  metadata: { name: 'runner', namespace: 'team' },
  spec: { runTemplateRef: { name: 'rt' }, inputs: { in: 'one' }, ...spec },
});

const run = {
  apiVersion: 'golden.test/v1',
  kind: 'StatusThing',
  metadata: { generateName: 'runner-' },
  spec: { in: '$(runnable.spec.inputs.in)$', from: '$(selected)$' },
};

function running(spec: JsonObject = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.put(template('ClusterRunTemplate', 'rt', { template: run, outputs: { out: '.status.o', deep: '.status' } }));
  cluster.put(runnable(spec));
  cluster.settle();
  return cluster;
}

const lines = (cluster: SimulatedCluster) => ownerLines(cluster.get('Runnable', 'runner'));
const outputs = (cluster: SimulatedCluster) => (cluster.get('Runnable', 'runner')['status'] as JsonObject)['outputs'];

function finish(cluster: SimulatedCluster, status: string, more: JsonObject = {}): void {
  const name = cluster.all('StatusThing').at(-1)?.metadata.name ?? '';
  const conditions = [{ type: 'Succeeded', status, message: 'said' }];
  cluster.patch('StatusThing', name, { status: { conditions, ...more } });
  cluster.settle();
}

describe('a Runnable', () => {
  test('runs once for each set of inputs and keeps the outputs of the newest success', () => {
    const cluster = running();
    expect(lines(cluster)).toEqual([
      'RunTemplateReady True Ready',
      'StampedObjectCondition Unknown Unknown',
      'Ready Unknown Unknown',
    ]);
    finish(cluster, 'Unknown');
    expect(lines(cluster)[2]).toBe('Ready Unknown SucceededCondition: said');
    finish(cluster, 'True', { o: 1.5 });
    expect(lines(cluster)[2]).toBe('Ready True Ready');
    expect(outputs(cluster)).toMatchObject({ out: 1.5 });
    cluster.second = 10;
    cluster.put(runnable({ inputs: { in: 'two' } }));
    cluster.settle();
    expect(cluster.all('StatusThing')).toHaveLength(2);
    expect(outputs(cluster)).toMatchObject({ out: 1.5 });
    finish(cluster, 'True', { o: 'two' });
    expect(outputs(cluster)).toMatchObject({ out: 'two' });
    const names = cluster.all('StatusThing').map(({ metadata }) => metadata.name ?? '');
    expect(cluster.log.events.map(({ message }) => message)).toEqual([
      `Created object [statusthings.golden.test/${names[0]}]`,
      `Runnable [runner] found a new output in [statusthings.golden.test/${names[0]}]`,
      `Created object [statusthings.golden.test/${names[1]}]`,
      `Runnable [runner] found a new output in [statusthings.golden.test/${names[1]}]`,
    ]);
  });

  test('labels its runs and owns them', () => {
    const [made] = running().all('StatusThing');
    expect(made?.metadata.labels).toEqual({ 'carto.run/runnable-name': 'runner', 'carto.run/run-template-name': 'rt' });
    expect(made?.metadata.ownerReferences).toMatchObject([{ kind: 'Runnable', controller: true }]);
  });

  test('keeps its outputs through an error', () => {
    const cluster = running();
    finish(cluster, 'True', { o: 'one' });
    cluster.delete('ClusterRunTemplate', 'rt');
    cluster.settle();
    const message =
      'RunTemplateNotFound: unable to get run template [rt]: failed to get run template object from api server [ClusterRunTemplate/rt]: ClusterRunTemplate.carto.run "rt" not found';
    expect(lines(cluster)).toEqual([
      `RunTemplateReady False ${message}`,
      'StampedObjectCondition Unknown Unknown',
      `Ready False ${message}`,
    ]);
    expect(outputs(cluster)).toMatchObject({ out: 'one' });
  });

  test('says which output cannot be read', () => {
    const cluster = running();
    finish(cluster, 'True');
    const name = cluster.all('StatusThing')[0]?.metadata.name ?? '';
    expect(lines(cluster)[0]).toBe(
      `RunTemplateReady False OutputPathNotSatisfied: waiting to read value from resource [statusthings.golden.test/${name}] in namespace [team]: unable to retrieve outputs from stamped object [team/${name}] of type [statusthings.golden.test] for run template [rt]: failed to evaluate path [.status.o]: jsonpath returned empty list: .status.o`,
    );
    expect(lines(cluster)[1]).toBe('StampedObjectCondition True SucceededCondition: said');
  });

  test('fails to stamp, to be taken and to act in upstream words', () => {
    expect(lines(running({ inputs: {} }))[0]).toBe(
      'RunTemplateReady False TemplateStampFailure: unable to stamp object for run template [rt]: failed to recursively evaluate template: failed to interpolate template at path [spec.in]: evaluate tag $(runnable.spec.inputs.in)$: jsonpath returned empty list: runnable.spec.inputs.in',
    );
    const refused = running();
    refused.refusal = ({ object }) => ({
      kind: 'refused',
      code: 422,
      message: `"${object.metadata.name ?? ''}" is invalid`,
    });
    refused.put(runnable({ inputs: { in: 'two' } }));
    refused.settle();
    expect(lines(refused)[0]).toBe(
      'RunTemplateReady False StampedObjectRejectedByAPIServer: unable to apply object [team/runner-] for run template [rt]: create: "runner-" is invalid',
    );
    expect(lines(running({ serviceAccountName: 'none' }))).toEqual([
      'RunTemplateReady False ServiceAccountError: failed to get service account object from api server [team/none]: failed to get object [team/none] from api server: ServiceAccount "none" not found',
      'Ready False ServiceAccountError: failed to get service account object from api server [team/none]: failed to get object [team/none] from api server: ServiceAccount "none" not found',
    ]);
  });

  test('makes a new run when the object that it selects changes', () => {
    const selector = { resource: { apiVersion: 'v1', kind: 'ConfigMap' }, matchingLabels: { pick: 'me' } };
    const cluster = running({ selector });
    const words = 'unable to resolve selector [map[pick:me]], apiVersion [v1], kind [ConfigMap]: ';
    expect(lines(cluster)[0]).toBe(
      `RunTemplateReady False TemplateStampFailure: ${words}selector did not match any objects`,
    );
    const picked = (name: string, v: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { pick: 'me' } },
      data: { v },
    });
    cluster.put(picked('a', '1'));
    cluster.settle();
    cluster.put(picked('a', '2'));
    cluster.settle();
    expect(cluster.all('StatusThing')).toHaveLength(2);
    cluster.put(picked('b', '1'));
    cluster.settle();
    expect(lines(cluster)[0]).toBe(
      `RunTemplateReady False TemplateStampFailure: ${words}selector matched multiple objects`,
    );
    expect(cluster.reconcile(cluster.get('Runnable', 'runner')).dependencies.selected).toMatchObject([
      { namespace: 'team', labels: { pick: 'me' } },
    ]);
  });

  test('keeps as many runs as its policy says', () => {
    const cluster = running({ retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 } });
    for (const input of ['two', 'three', 'four']) {
      finish(cluster, 'True', { o: input });
      cluster.second += 10;
      cluster.put(runnable({ inputs: { in: input }, retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 } }));
      cluster.settle();
    }
    expect(cluster.all('StatusThing').map((thing) => (thing['spec'] as JsonObject)['in'])).toEqual(['three', 'four']);
  });
});
