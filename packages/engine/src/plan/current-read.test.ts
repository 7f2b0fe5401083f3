import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  configMap,
  ownerLines,
  resource,
  resourceEntry,
  resourceLines,
  template,
  workload,
} from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const PASSED = 'compliant';
const RULE = { singleConditionType: 'PolicySucceeded' };

/** A workload `shop` whose chain scans the param `image` and stamps what passed into the ConfigMap `app`. */
function gated(scan: JsonObject = {}, more: JsonObject = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.currentKinds.add('StatusThing');
  cluster.put(
    template('ClusterImageTemplate', 'scan', {
      template: scanOf('$(params.image)$'),
      imagePath: `.status.${PASSED}`,
      healthRule: RULE,
      ...scan,
    }),
  );
  cluster.put(template('ClusterTemplate', 'app', { template: configMap('app', { image: '$(image)$' }), ...more }));
  cluster.put(
    template('ClusterConfigTemplate', 'config', {
      template: configMap('config', { image: '$(image)$' }),
      configPath: '.data.image',
    }),
  );
  cluster.put(template('ClusterTemplate', 'run', { template: configMap('run', { config: '$(config)$' }) }));
  const images = [{ name: 'image', resource: 'scan' }];
  cluster.put(
    chain('web', [
      resource('scan', 'ClusterImageTemplate', 'scan'),
      resource('app', 'ClusterTemplate', 'app', { images }),
      resource('config', 'ClusterConfigTemplate', 'config', { images }),
      resource('run', 'ClusterTemplate', 'run', { configs: [{ name: 'config', resource: 'config' }] }),
    ]),
  );
  build(cluster, 'one');
  return cluster;
}

const scanOf = (image: string): KubeObject => ({
  apiVersion: 'golden.test/v1',
  kind: 'StatusThing',
  metadata: { name: 'shop' },
  spec: { image },
});

function build(cluster: SimulatedCluster, image: string): void {
  cluster.put(workload('shop', { params: [{ name: 'image', value: image }] }));
  cluster.settle();
}

/** What the scanner says of the generation that stands there, or of another. */
function answer(
  cluster: SimulatedCluster,
  condition: 'True' | 'False',
  observedGeneration?: number,
  name = 'shop',
): void {
  const scan = cluster.get('StatusThing', name);
  const { image } = scan['spec'] as { image: string };
  const refused = { status: 'False', reason: 'PolicyViolation', message: '1 High' };
  cluster.patch('StatusThing', name, {
    status: {
      observedGeneration: observedGeneration ?? scan.metadata.generation ?? 0,
      [PASSED]: condition === 'True' ? image : null,
      conditions: [
        {
          type: 'PolicySucceeded',
          ...(condition === 'True' ? { status: 'True', reason: 'Passed', message: '' } : refused),
        },
      ],
    },
  });
  cluster.settle();
}

const shop = (cluster: SimulatedCluster): KubeObject => cluster.get('Workload', 'shop');
const app = (cluster: SimulatedCluster): unknown => cluster.get('ConfigMap', 'app')['data'];

describe('an object of a kind that is read as it is now', () => {
  test('hands on nothing until its controller has observed its generation', () => {
    const cluster = gated();
    answer(cluster, 'True', 0);
    expect(resourceLines(shop(cluster), 'scan')).toEqual([
      'ResourceSubmitted Unknown NotObserved: waiting for [statusthings.golden.test/shop] to observe generation 1',
      'Healthy Unknown NotObserved: waiting for [statusthings.golden.test/shop] to observe generation 1',
      'Ready Unknown NotObserved: waiting for [statusthings.golden.test/shop] to observe generation 1',
    ]);
    expect(resourceLines(shop(cluster), 'app')).toContain(
      'ResourceSubmitted Unknown WaitingForInput: waits for step [scan], which is running: waiting for [statusthings.golden.test/shop] to observe generation 1',
    );
    expect(cluster.all('ConfigMap')).toEqual([]);
  });

  test('hands its output on once it has', () => {
    const cluster = gated();
    answer(cluster, 'True');
    expect(app(cluster)).toEqual({ image: 'one' });
    expect(ownerLines(shop(cluster))).toContain('Ready True Ready');
  });

  test('that somebody edits and its controller answers, is restored and waits again: nothing moves', () => {
    const cluster = gated();
    answer(cluster, 'True');
    cluster.patch('StatusThing', 'shop', { spec: { image: 'evil' } });
    const { generation } = cluster.get('StatusThing', 'shop').metadata;
    cluster.patch('StatusThing', 'shop', { status: { observedGeneration: generation ?? 0, [PASSED]: 'evil' } });
    cluster.settle();
    expect(cluster.get('StatusThing', 'shop')['spec']).toEqual({ image: 'one' });
    expect(app(cluster)).toEqual({ image: 'one' });
    expect(resourceEntry(shop(cluster), 'scan')['outputs']).toBeUndefined();
    answer(cluster, 'True');
    expect(app(cluster)).toEqual({ image: 'one' });
  });

  test('that was there before, with another spec and an answer to that, is adopted and waits', () => {
    const cluster = new SimulatedCluster();
    cluster.put({ ...scanOf('evil'), status: { observedGeneration: 1, [PASSED]: 'evil' } });
    const objects = [...cluster.objects];
    const other = gated();
    other.delete('StatusThing', 'shop');
    for (const [key, object] of objects) other.objects.set(key, object);
    other.settle();
    expect(other.all('ConfigMap')).toEqual([]);
    expect(resourceLines(shop(other), 'scan')[0]).toMatch(/to observe generation 2$/);
  });

  test('that is refused is told as refused, and those behind it wait and keep what they have', () => {
    const cluster = gated();
    answer(cluster, 'True');
    build(cluster, 'two');
    answer(cluster, 'False');
    expect(resourceLines(shop(cluster), 'scan')).toEqual([
      'ResourceSubmitted False StepRefused: 1 High',
      'Healthy False PolicySucceededCondition: 1 High',
      'Ready False PolicySucceededCondition: 1 High',
    ]);
    for (const step of ['app', 'config', 'run']) {
      expect(resourceLines(shop(cluster), step)[0], step).toBe(
        'ResourceSubmitted Unknown WaitingForInput: waits for step [scan], which is refused: 1 High',
      );
    }
    expect(ownerLines(shop(cluster))).toContain('ResourcesSubmitted False StepRefused: 1 High');
    expect(app(cluster)).toEqual({ image: 'one' });
    expect(cluster.get('ConfigMap', 'run')['data']).toEqual({ config: 'one' });
  });

  test('that the circuit breaker no longer restores hands nothing on', () => {
    const cluster = gated();
    answer(cluster, 'True');
    cluster.pace = () => ({ restored: { writes: 9, restMs: 1_000 } });
    cluster.patch('StatusThing', 'shop', { spec: { image: 'evil' } });
    answer(cluster, 'True');
    expect(cluster.get('StatusThing', 'shop')['status']).toMatchObject({ [PASSED]: 'evil' });
    expect(app(cluster)).toEqual({ image: 'one' });
    expect(resourceLines(shop(cluster), 'app')[0]).toMatch(/waits for step \[scan\], which is failed: .*stopped after/);
  });

  test('without a generation says that it cannot be told', () => {
    const cluster = gated({ template: configMap('shop', { compliant: 'one' }), imagePath: '.data.compliant' });
    cluster.currentKinds.add('ConfigMap');
    for (const [key, object] of cluster.objects) {
      if (object.kind === 'ConfigMap') {
        const { generation: _none, ...metadata } = object.metadata;
        cluster.objects.set(key, { ...object, metadata });
      }
    }
    cluster.settle();
    expect(resourceLines(shop(cluster), 'scan')[0]).toBe(
      'ResourceSubmitted Unknown NotObserved: [configmaps/shop] has no metadata.generation by which to tell whether its status is current; leave out carto.run/read for it',
    );
  });
});

test('a template asks for the same by an annotation', () => {
  const cluster = gated();
  cluster.currentKinds.clear();
  answer(cluster, 'True', 0);
  expect(app(cluster)).toEqual({ image: 'one' });
  const annotated = cluster.get('ClusterImageTemplate', 'scan');
  cluster.put({ ...annotated, metadata: { name: 'scan', annotations: { 'carto.run/read': 'current' } } });
  cluster.settle();
  expect(resourceLines(shop(cluster), 'scan')[0]).toMatch(/NotObserved/);
});

describe('an object whose status is of an older generation', () => {
  const failing = (conditionGeneration: number): SimulatedCluster => {
    const cluster = gated();
    const condition = { type: 'PolicySucceeded', status: 'False', reason: 'GitOperationFailed', message: 'no branch' };
    const conditions = [{ ...condition, observedGeneration: conditionGeneration }];
    cluster.patch('StatusThing', 'shop', { status: { observedGeneration: -1, [PASSED]: 'old', conditions } });
    cluster.settle();
    return cluster;
  };

  test('has failed where its condition is of the present one, as Flux says it', () => {
    const cluster = failing(1);
    expect(resourceLines(shop(cluster), 'scan').slice(0, 2)).toEqual([
      'ResourceSubmitted Unknown NotObserved: waiting for [statusthings.golden.test/shop] to observe generation 1',
      'Healthy False PolicySucceededCondition: no branch',
    ]);
    expect(resourceLines(shop(cluster), 'app')[0]).toMatch(/which is failed: no branch$/);
    expect(cluster.all('ConfigMap')).toEqual([]);
  });

  test('is waited for where its condition is older, too', () => {
    const cluster = failing(0);
    expect(resourceLines(shop(cluster), 'scan')[1]).toMatch(/^Healthy Unknown NotObserved/);
    expect(resourceLines(shop(cluster), 'app')[0]).toMatch(/which is running: waiting for/);
  });
});

test('a step is failed, too, where its rule calls an object unhealthy by a condition that is True', () => {
  const healthRule = {
    multiMatch: {
      unhealthy: { matchConditions: [{ type: 'Failed', status: 'True' }] },
      healthy: { matchConditions: [{ type: 'Complete', status: 'True' }] },
    },
  };
  const cluster = gated({ healthRule });
  const conditions = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'gave up' }];
  cluster.patch('StatusThing', 'shop', { status: { observedGeneration: 1, conditions } });
  cluster.settle();
  expect(resourceLines(shop(cluster), 'app')[0]).toMatch(/which is failed: gave up$/);
});

describe('a template whose objects are read while they are healthy', () => {
  const healthy = (more: JsonObject = {}): SimulatedCluster => {
    const cluster = gated(more);
    cluster.currentKinds.clear();
    const { metadata, ...template } = cluster.get('ClusterImageTemplate', 'scan');
    cluster.put({ ...template, metadata: { ...metadata, annotations: { 'carto.run/read': 'healthy' } } });
    cluster.settle();
    return cluster;
  };
  /** What kpack says: the last image stays beside whatever became of the build. */
  const report = (cluster: SimulatedCluster, image: string, status: string, message: string): void => {
    const { generation = 0 } = cluster.get('StatusThing', 'shop').metadata;
    const conditions = [{ type: 'PolicySucceeded', status, reason: 'Build', message }];
    cluster.patch('StatusThing', 'shop', { status: { observedGeneration: generation, [PASSED]: image, conditions } });
    cluster.settle();
  };

  test('does not hand on the last output while the next is made, and those behind keep what they have', () => {
    const cluster = healthy();
    report(cluster, 'one', 'True', '');
    expect(app(cluster)).toEqual({ image: 'one' });
    build(cluster, 'two');
    report(cluster, 'one', 'Unknown', 'building');
    expect(resourceEntry(shop(cluster), 'scan')['outputs']).toBeUndefined();
    expect(resourceLines(shop(cluster), 'scan')).toEqual([
      'ResourceSubmitted Unknown MissingValueAtPath: waiting to read value [.status.compliant] from object [statusthings.golden.test/shop] in namespace [team]',
      'Healthy Unknown PolicySucceededCondition: building',
      'Ready Unknown MissingValueAtPath: waiting to read value [.status.compliant] from object [statusthings.golden.test/shop] in namespace [team]',
    ]);
    expect(resourceLines(shop(cluster), 'app')[0]).toBe(
      'ResourceSubmitted Unknown WaitingForInput: waits for step [scan], which is running: building',
    );
    expect(app(cluster)).toEqual({ image: 'one' });
    report(cluster, 'two', 'True', '');
    expect(app(cluster)).toEqual({ image: 'two' });
  });

  test('does not hand on the last output after the next failed', () => {
    const cluster = healthy();
    report(cluster, 'one', 'False', 'tests failed');
    expect(cluster.all('ConfigMap')).toEqual([]);
    expect(resourceLines(shop(cluster), 'scan')[0]).toMatch(
      /^ResourceSubmitted Unknown MissingValueAtPath: cannot read value \[.status.compliant\] from unhealthy object/,
    );
    expect(resourceLines(shop(cluster), 'app')[0]).toMatch(/which is failed: tests failed$/);
  });

  test('waits for the generation to be observed as well', () => {
    const cluster = healthy();
    answer(cluster, 'True', 0);
    expect(resourceLines(shop(cluster), 'scan')[0]).toMatch(/NotObserved/);
    expect(cluster.all('ConfigMap')).toEqual([]);
  });
});

describe('runs of a kind that is read as it is now', () => {
  const runs = (): SimulatedCluster =>
    gated({ lifecycle: 'immutable', template: { ...scanOf('$(params.image)$'), metadata: { generateName: 'scan-' } } });
  const runOf = (cluster: SimulatedCluster, image: string): string =>
    cluster.all('StatusThing').find(({ spec }) => (spec as { image: string }).image === image)?.metadata.name ?? '';

  test('do not fall back to an older one that passed', () => {
    const cluster = runs();
    answer(cluster, 'True', undefined, runOf(cluster, 'one'));
    expect(app(cluster)).toEqual({ image: 'one' });
    build(cluster, 'two');
    answer(cluster, 'False', undefined, runOf(cluster, 'two'));
    expect(resourceEntry(shop(cluster), 'scan')['outputs']).toBeUndefined();
    expect(resourceLines(shop(cluster), 'app')[0]).toMatch(/which is refused: 1 High$/);
    expect(app(cluster)).toEqual({ image: 'one' });
    answer(cluster, 'True', undefined, runOf(cluster, 'two'));
    answer(cluster, 'False', undefined, runOf(cluster, 'two'));
    expect(app(cluster)).toEqual({ image: 'two' });
  });

  test('fall back where the kind is read otherwise', () => {
    const cluster = runs();
    cluster.currentKinds.clear();
    answer(cluster, 'True', undefined, runOf(cluster, 'one'));
    build(cluster, 'two');
    answer(cluster, 'False', undefined, runOf(cluster, 'two'));
    expect(resourceEntry(shop(cluster), 'scan')['outputs']).toMatchObject([{ preview: 'one\n' }]);
  });

  test('that somebody edits hand on nothing, and say which field and what to do', () => {
    const cluster = runs();
    const name = runOf(cluster, 'one');
    cluster.patch('StatusThing', name, { spec: { image: 'evil' } });
    answer(cluster, 'True', undefined, name);
    expect(cluster.all('ConfigMap')).toEqual([]);
    expect(resourceLines(shop(cluster), 'scan')[0]).toBe(
      `ResourceSubmitted Unknown NotObserved: [statusthings.golden.test/${name}] is not as the template makes it: spec.image: "evil" ↔ "one"; delete it, and it is made anew`,
    );
    cluster.delete('StatusThing', name);
    cluster.settle();
    answer(cluster, 'True', undefined, runOf(cluster, 'one'));
    expect(app(cluster)).toEqual({ image: 'one' });
  });
});

test('a step of another kind whose condition says PolicyViolation is refused, too', () => {
  const cluster = gated();
  cluster.currentKinds.clear();
  answer(cluster, 'False');
  expect(resourceLines(shop(cluster), 'scan')[0]).toBe('ResourceSubmitted False StepRefused: 1 High');
});

test('what waits for its first verdict holds those behind it with its own words', () => {
  const cluster = gated();
  cluster.patch('StatusThing', 'shop', {
    status: {
      observedGeneration: 1,
      conditions: [{ type: 'PolicySucceeded', status: 'Unknown', reason: 'NoAdvisories', message: 'no source' }],
    },
  });
  cluster.settle();
  expect(resourceLines(shop(cluster), 'app')[0]).toBe(
    'ResourceSubmitted Unknown WaitingForInput: waits for step [scan], which is running: no source',
  );
});
