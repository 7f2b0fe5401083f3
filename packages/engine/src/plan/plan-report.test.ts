import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, ownerLines, resource, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

/** A chain whose steps each stamp a Thing of their name, judged by its condition `Ready`. */
function judged(...names: readonly string[]): SimulatedCluster {
  const cluster = new SimulatedCluster();
  for (const name of names) {
    const healthRule = { singleConditionType: 'Ready' };
    cluster.put(template('ClusterTemplate', name, { healthRule, template: thing(name, {}) }));
  }
  cluster.put(
    chain(
      'web',
      names.map((name) => resource(name, 'ClusterTemplate', name)),
    ),
  );
  cluster.put(workload('shop'));
  cluster.settle();
  return cluster;
}

function say(cluster: SimulatedCluster, name: string, status: string): void {
  cluster.patch('Thing', name, { status: { conditions: [{ type: 'Ready', status, message: `${name} ${status}` }] } });
  cluster.settle();
}

const lines = (cluster: SimulatedCluster): readonly string[] => ownerLines(cluster.get('Workload', 'shop'));
const through = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  templateRef: { kind: 'ClusterTemplate', options: [{ selector: { matchLabels: { app: 'web' } }, passThrough: 'x' }] },
  ...more,
});

test('an owner that no server has numbered is looked at as generation 0', () => {
  const cluster = new SimulatedCluster();
  const planned = cluster.planOnce(workload('shop'), cluster.begin().cluster);
  expect(planned).toMatchObject({ kind: 'settled', status: { observedGeneration: 0 } });
});

describe('the health of an owner', () => {
  test('is that of the last unhealthy step, else of the first that is not known', () => {
    const cluster = judged('a', 'b', 'c');
    say(cluster, 'b', 'Unknown');
    say(cluster, 'c', 'Unknown');
    say(cluster, 'a', 'True');
    expect(lines(cluster)[2]).toBe('ResourcesHealthy Unknown HealthyConditionRule: b Unknown');
    say(cluster, 'a', 'False');
    expect(lines(cluster)[2]).toBe('ResourcesHealthy False HealthyConditionRule: a False');
    say(cluster, 'b', 'False');
    expect(lines(cluster)[2]).toBe('ResourcesHealthy False HealthyConditionRule: b False');
    for (const name of ['a', 'b', 'c']) say(cluster, name, 'True');
    expect(lines(cluster)[2]).toBe('ResourcesHealthy True HealthyConditionRule');
  });

  test('is good where all pass something through, or nothing else is judged', () => {
    const cluster = new SimulatedCluster();
    cluster.put(chain('web', [through('a')]));
    cluster.put(workload('shop'));
    cluster.settle();
    expect(lines(cluster)[2]).toBe('ResourcesHealthy True HealthyConditionRule');
  });

  test('is not known where nothing is judged, be it that a step could not pass anything through', () => {
    const cluster = new SimulatedCluster();
    cluster.put(chain('web', []));
    cluster.put(workload('shop'));
    cluster.settle();
    expect(lines(cluster)[2]).toBe('ResourcesHealthy Unknown HealthyConditionRule');
    const options = [{ selector: { matchLabels: { app: 'web' } }, passThrough: 'x' }];
    cluster.put(chain('web', [{ name: 'a', templateRef: { kind: 'ClusterImageTemplate', options } }]));
    cluster.settle();
    expect(lines(cluster)[2]).toBe('ResourcesHealthy Unknown HealthyConditionRule');
  });
});

describe('the status of an owner', () => {
  const blueprintRef = (cluster: SimulatedCluster): unknown =>
    (cluster.get('Workload', 'shop')['status'] as JsonObject)['supplyChainRef'];

  test('says that its blueprint is not ready even before the blueprint was looked at', () => {
    const cluster = new SimulatedCluster();
    cluster.put(chain('web', []));
    cluster.put(workload('shop'));
    cluster.reconcile(cluster.get('Workload', 'shop'));
    expect(lines(cluster)).toEqual(['SupplyChainReady False Unknown', 'Ready False Unknown']);
    expect(blueprintRef(cluster)).toEqual({ kind: 'ClusterSupplyChain', name: 'web' });
  });

  test('goes on naming the blueprint that it had, and has an empty name from the start', () => {
    const cluster = judged('a');
    cluster.delete('ClusterSupplyChain', 'web');
    cluster.put(workload('fresh'));
    cluster.settle();
    expect(blueprintRef(cluster)).toEqual({ kind: 'ClusterSupplyChain', name: 'web' });
    expect(cluster.get('Workload', 'fresh')['status']).toMatchObject({ supplyChainRef: {} });
    expect(cluster.get('Workload', 'fresh')['status']).not.toHaveProperty('resources');
  });

  test('tells the first failure in the order of the blueprint', () => {
    const cluster = new SimulatedCluster();
    for (const name of ['one', 'two']) {
      cluster.put(template('ClusterTemplate', name, { template: configMap(name, { v: `$(${name})$` }) }));
    }
    cluster.put(template('ClusterTemplate', 'sound', { template: configMap('sound', {}) }));
    const steps = (...names: readonly string[]) => names.map((name) => resource(name, 'ClusterTemplate', name));
    cluster.put(chain('web', steps('sound', 'two', 'one')));
    cluster.put(workload('shop'));
    cluster.settle();
    expect(lines(cluster)[1]).toContain('resource [two]');
    cluster.put(chain('web', steps('one', 'sound', 'two')));
    cluster.settle();
    expect(lines(cluster)[1]).toContain('resource [one]');
  });
});
