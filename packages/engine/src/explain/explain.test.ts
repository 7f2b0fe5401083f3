import type { Json, JsonObject, KubeObject, ManagedFieldsEntry } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, deliverable, delivery, resource, template, thing, workload } from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import { explain } from './explain.ts';
import { accountOf } from './testing/account-of.ts';

function edited(cluster: SimulatedCluster, kind: string, name: string, merge: JsonObject, fields: JsonObject): void {
  const entry: ManagedFieldsEntry = {
    manager: 'kubectl-edit',
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  cluster.patch(kind, name, { ...merge, metadata: { managedFields: [entry] } });
}

describe('what stands on the cluster', () => {
  test('is held against what the template renders now, each difference with who holds it', () => {
    const cluster = oneStep({ template: configMap('c', { a: 'ours', b: 'same' }) });
    cluster.settle();
    edited(
      cluster,
      'ConfigMap',
      'c',
      { data: { a: 'theirs', extra: 'x' } },
      { 'f:data': { 'f:a': {}, 'f:extra': {} } },
    );
    const [step] = accountOf(cluster).steps;
    expect(step?.live).toMatchObject({
      kind: 'there',
      resource: 'configmaps',
      name: 'c',
      differences: [{ path: 'data.a', ours: 'ours', live: 'theirs', managers: ['kubectl-edit'] }],
      others: [{ manager: 'kubectl-edit', fields: ['.data.a', '.data.extra'] }],
    });
    expect(JSON.stringify(step?.live)).not.toContain('managedFields');
    expect(step?.notes).toEqual([
      { move: 'admin', text: 'kubectl-edit holds what the template sets otherwise: data.a' },
    ]);
  });

  test('differs by nothing that the server made of our own words', () => {
    const cluster = oneStep({ template: configMap('c', { cpu: '1000m' }) });
    cluster.settle();
    const fieldsV1 = { 'f:data': { 'f:cpu': {} } };
    const entry = { manager: 'cartographer', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 };
    cluster.patch('ConfigMap', 'c', { data: { cpu: '1' }, metadata: { managedFields: [entry] } });
    expect(accountOf(cluster).steps[0]?.live).toMatchObject({ differences: [], others: [] });
    cluster.put(template('ClusterTemplate', 't', { template: configMap('c', { cpu: '2000m' }) }));
    expect(accountOf(cluster).steps[0]?.live).toMatchObject({ differences: [{ path: 'data.cpu', ours: '2000m' }] });
  });

  test('is absent where somebody deleted it, and the account asks for no write', () => {
    const cluster = oneStep({ template: configMap('c', {}) });
    cluster.settle();
    cluster.delete('ConfigMap', 'c');
    const writes = cluster.log.writes.length;
    expect(accountOf(cluster).steps[0]?.live).toEqual({ kind: 'absent', resource: 'configmaps', name: 'c' });
    expect(cluster.log.writes).toHaveLength(writes);
  });

  test('cannot be told where it may not be read, and all the rest is', () => {
    const cluster = oneStep({ template: configMap('c', {}) });
    cluster.settle();
    const { cluster: answers } = cluster.begin();
    const message = 'configmaps "c" is forbidden';
    const found = explain({
      kind: workloadOwner,
      owner: cluster.get('Workload', 'shop'),
      blueprints: cluster.all('ClusterSupplyChain'),
      cluster: { ...answers, observed: () => ({ kind: 'failed', code: 403, message }) },
      owned: [],
      now: cluster.now,
    });
    expect(found).toMatchObject({
      kind: 'explained',
      state: 'ready',
      steps: [{ live: { kind: 'unread', resource: 'configmaps', name: 'c', message }, rendered: { kind: 'rendered' } }],
    });
  });
});

describe('what the account lacks', () => {
  test('it asks for, until it knows: renders, kinds and objects, and never a write', () => {
    const cluster = oneStep({ ytt: 'x' });
    const { cluster: answers } = cluster.begin();
    const world = {
      kind: workloadOwner,
      owner: cluster.get('Workload', 'shop'),
      blueprints: cluster.all('ClusterSupplyChain'),
      owned: [],
      now: cluster.now,
    };
    const known = { rendered: false, mapping: false, observed: false };
    const asking = {
      ...answers,
      rendered: () =>
        known.rendered
          ? ({ kind: 'rendered', output: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}' } as const)
          : undefined,
      mapping: (...of: Parameters<typeof answers.mapping>) => (known.mapping ? answers.mapping(...of) : undefined),
      observed: (...of: Parameters<typeof answers.observed>) => (known.observed ? answers.observed(...of) : undefined),
    };
    const asked: Json[] = [];
    for (const next of ['rendered', 'mapping', 'observed'] as const) {
      const found = explain({ ...world, cluster: asking });
      if (found.kind !== 'needs') throw new Error('it knows already');
      asked.push([...found.renders.map(() => 'render'), ...found.lookups.map(({ lookup }) => lookup)]);
      known[next] = true;
    }
    expect(asked).toEqual([['render'], ['mapping'], ['object']]);
    expect(explain({ ...world, cluster: asking })).toMatchObject({
      kind: 'explained',
      steps: [{ live: { kind: 'absent', name: 'c' } }],
    });
    expect(cluster.log.writes).toEqual([]);
  });
});

describe('a run', () => {
  const run = { ...thing('', { n: '$(params.n)$' }), metadata: { generateName: 'run-' } };
  const owner = (n: number): KubeObject => workload('shop', { params: [{ name: 'n', value: n }] });

  test('is the one of the current inputs, and the output the latched one', () => {
    const cluster = oneStep(
      {
        lifecycle: 'immutable',
        imagePath: '.status.image',
        template: run,
        healthRule: { singleConditionType: 'Ready' },
      },
      { kind: 'ClusterImageTemplate', owner: owner(1) },
    );
    cluster.settle();
    const [first] = cluster.all('Thing');
    cluster.patch('Thing', first?.metadata.name ?? '', {
      status: { image: 'one', conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: '' }] },
    });
    cluster.settle();
    cluster.put(owner(2));
    cluster.settle();
    const [step] = accountOf(cluster).steps;
    const second = cluster.all('Thing').find((it) => it !== first && (it['spec'] as JsonObject)['n'] === 2);
    expect(step?.live).toMatchObject({ kind: 'there', name: second?.metadata.name, differences: [] });
    expect(step?.outputs).toMatchObject([{ preview: 'one\n' }]);
  });
});

describe('a Deliverable', () => {
  test('has its deployment’s checks held against the object', () => {
    const cluster = new SimulatedCluster();
    const source = { urlPath: '.data.u', revisionPath: '.data.u', template: configMap('s', { u: 'x' }) };
    cluster.put(template('ClusterSourceTemplate', 's', source));
    const observedMatches = [{ input: '.spec.rev', output: '.status.rev' }];
    cluster.put(
      template('ClusterDeploymentTemplate', 'd', {
        observedMatches,
        template: thing('d', { rev: '$(deployment.revision)$' }),
      }),
    );
    cluster.put(
      delivery('web', [
        resource('s', 'ClusterSourceTemplate', 's'),
        resource('d', 'ClusterDeploymentTemplate', 'd', { deployment: { resource: 's' } }),
      ]),
    );
    cluster.put(deliverable('shop'));
    cluster.settle();
    const found = accountOf(cluster, 'Deliverable');
    expect(found).toMatchObject({ state: 'running', step: 'd', selection: { outcome: 'chosen', best: ['web'] } });
    expect(found.steps[1]).toMatchObject({
      awaits: 'a value at .status.rev of things.golden.test/d',
      inputs: [
        { input: 'deployment', kind: 'deployment', from: 's', value: 'x', stemsFrom: { step: 's', revision: 'x' } },
      ],
      reads: [
        { name: 'input', kind: 'found', value: 'x\n' },
        { name: 'output', kind: 'missing', nearest: { exists: '', similar: '.spec.rev' } },
      ],
    });
  });
});

describe('a Runnable', () => {
  const runnable = (labels: JsonObject): KubeObject => ({
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Runnable',
    metadata: { name: 'shop', namespace: 'team' },
    spec: {
      runTemplateRef: { name: 'run' },
      selector: { resource: { apiVersion: 'v1', kind: 'ConfigMap' }, matchingLabels: labels },
    },
  });

  function running(labels: JsonObject): SimulatedCluster {
    const cluster = new SimulatedCluster();
    const run = { ...thing('', { from: '$(selected.data.k)$' }), metadata: { generateName: 'run-' } };
    cluster.put(template('ClusterRunTemplate', 'run', { outputs: { digest: '.status.digest' }, template: run }));
    cluster.put({ ...configMap('picked', { k: 'v' }), metadata: { name: 'picked', labels: { pick: 'me' } } });
    cluster.put(runnable(labels));
    cluster.settle();
    return cluster;
  }

  test('has its run, what it selects and its outputs', () => {
    const cluster = running({ pick: 'me' });
    const name = cluster.all('Thing')[0]?.metadata.name ?? '';
    cluster.patch('Thing', name, {
      status: { digests: 'd', conditions: [{ type: 'Succeeded', status: 'True', reason: 'R', message: '' }] },
    });
    cluster.settle();
    expect(accountOf(cluster, 'Runnable')).toMatchObject({
      state: 'failed',
      reason: 'OutputPathNotSatisfied',
      move: 'platform',
      selected: { kind: 'ConfigMap', name: 'picked', message: '' },
      steps: [
        {
          step: 'run',
          template: { kind: 'ClusterRunTemplate', name: 'run' },
          rendered: { kind: 'rendered', object: { spec: { from: 'v' } } },
          live: { kind: 'there', name, healthy: 'True' },
          reads: [{ name: 'digest', kind: 'missing', nearest: { similar: '.status.digests' } }],
        },
      ],
    });
  });

  test('says what its selector does not find', () => {
    expect(accountOf(running({ pick: 'you' }), 'Runnable')).toMatchObject({
      state: 'failed',
      move: 'platform',
      selected: { name: undefined, message: expect.stringContaining('did not match any objects') as string },
      steps: [
        { rendered: { kind: 'nothing', why: 'the selector does not find one object' }, live: { kind: 'nothing' } },
      ],
    });
  });
});

test('an owner whose blueprint went away has its steps as they were', () => {
  const cluster = oneStep({ template: configMap('c', {}) });
  cluster.settle();
  cluster.put(chain('web', [resource('only', 'ClusterTemplate', 't')], { selector: { app: 'batch' } }));
  cluster.settle();
  const found = accountOf(cluster);
  expect(found).toMatchObject({ state: 'failed', step: undefined, blueprint: { name: 'web' } });
  expect(found.steps).toMatchObject([{ step: 'only', live: { kind: 'there' } }]);
});
