import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, ownerLines, resource, resourceLines, template, workload } from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import type { Cluster, Settled } from '../world/world.ts';
import { plan } from './plan.ts';

/** What is decided for the workload `shop` where some answers are others. */
function settled(cluster: SimulatedCluster, answers: Partial<Cluster> = {}): Settled {
  const planned = plan({
    kind: workloadOwner,
    owner: cluster.get('Workload', 'shop'),
    blueprints: cluster.all('ClusterSupplyChain'),
    cluster: { ...cluster.begin().cluster, ...answers },
    owned: [],
    now: cluster.now,
  });
  if (planned.kind !== 'settled') throw new Error('it asks for something');
  return planned;
}

describe('an owner', () => {
  const account = { namespace: 'team', name: 'default' };

  test.each<[string, Partial<Cluster>]>([
    ['goes well', {}],
    ['has no account', { account: () => ({ kind: 'missing' }) }],
    ['is stopped as its status is written too often', { pace: () => ({ reported: { writes: 9, restMs: 7_000 } }) }],
  ])('that %s is woken by its blueprint and by its account, and names its blueprint', (_what, answers) => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.settle();
    cluster.patch('Workload', 'shop', { status: null });
    const { dependencies, status } = settled(cluster, answers);
    expect(dependencies).toMatchObject({ blueprint: 'web', account });
    expect(status).toMatchObject({ supplyChainRef: { kind: 'ClusterSupplyChain', name: 'web' } });
  });

  test('whose status is written too often comes back when the breaker lets it', () => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.settle();
    const { retry, status } = settled(cluster, { pace: () => ({ reported: { writes: 9, restMs: 7_000 } }) });
    expect(retry).toMatchObject({ kind: 'after', afterMs: 7_000 });
    expect(JSON.stringify(status)).toContain('TooManyWrites');
  });

  test('of one healthy step is healthy, and says which generation was seen', () => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.settle();
    cluster.put(workload('shop', { params: [{ name: 'p', value: 'v' }] }));
    cluster.settle();
    expect(ownerLines(cluster.get('Workload', 'shop'))).toContain('ResourcesHealthy True HealthyConditionRule');
    expect(cluster.get('Workload', 'shop')['status']).toMatchObject({ observedGeneration: 2 });
  });

  test('that several blueprints fit is told of those that were passed over, too', () => {
    const cluster = oneStep({ template: configMap('a', {}) });
    cluster.put(chain('second', []));
    cluster.put(chain('bad', [], { selectorMatchExpressions: [{ key: 'app', operator: 'Near' }] }));
    const { events } = settled(cluster);
    expect(events.map(({ reason }) => reason)).toEqual(['SelectorError', expect.not.stringMatching('SelectorError')]);
  });
});

test('what is to be remembered of a write is handed on', () => {
  const cluster = oneStep({ template: configMap('a', {}) });
  cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
  const { remember } = cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(remember).toEqual([{ key: 'object configmaps team/a', memory: { neighbours: [] } }]);
});

test('new steps are told of after those of before, in the order of the blueprint', () => {
  const cluster = new SimulatedCluster();
  const names = ['d', 'b', 'c', 'a'];
  for (const name of names) cluster.put(template('ClusterTemplate', name, { template: configMap(name, {}) }));
  const steps = (of: readonly string[]): JsonObject[] => of.map((name) => resource(name, 'ClusterTemplate', name));
  cluster.put(chain('web', steps(['b', 'a'])));
  cluster.put(workload('shop'));
  cluster.settle();
  cluster.put(chain('web', steps(names)));
  cluster.settle();
  const { resources } = cluster.get('Workload', 'shop')['status'] as { resources: readonly { name: string }[] };
  expect(resources.map(({ name }) => name)).toEqual(['b', 'a', 'd', 'c']);
});

test('a template that was chosen among options and vanished is missed by the name that the status has', () => {
  const cluster = oneStep({ template: configMap('a', {}) });
  const options = [{ name: 't', selector: { matchLabels: { app: 'web' } } }];
  cluster.put(chain('web', [{ name: 'only', templateRef: { kind: 'ClusterTemplate', options } }]));
  cluster.settle();
  cluster.delete('ClusterTemplate', 't');
  cluster.settle();
  expect(resourceLines(cluster.get('Workload', 'shop'), 'only')[0]).toContain(
    'failed to get cluster template [{Kind:ClusterTemplate Name:t}]',
  );
});
