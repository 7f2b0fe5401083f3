import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, deliverable, delivery, resource, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { deliverableOwner, workloadOwner } from '../world/owner-kind.ts';
import type { Cluster, Plan } from '../world/world.ts';
import { plan } from './plan.ts';

const EMPTY = { templates: [], unknownKinds: [], selected: [] };
const ACCOUNT = { namespace: 'team', name: 'default' };
const of = (name: string) => ({ kind: 'ClusterTemplate', name });

/** A workload `shop`, whose two steps stamp by these templates. */
function cluster(templates: Readonly<Record<string, JsonObject>>, more: JsonObject = {}): SimulatedCluster {
  const simulated = new SimulatedCluster();
  for (const [name, rendered] of Object.entries(templates)) {
    simulated.put(template('ClusterTemplate', name, { template: rendered }));
  }
  simulated.put(chain('web', [resource('one', 'ClusterTemplate', 'a'), resource('two', 'ClusterTemplate', 'b')], more));
  simulated.put(workload('shop'));
  return simulated;
}

function planned(simulated: SimulatedCluster, answers: Partial<Cluster> = {}, more: JsonObject = {}): Plan {
  const owner = { ...simulated.get('Workload', 'shop'), ...more } as KubeObject;
  return plan({
    kind: workloadOwner,
    owner,
    blueprints: simulated.all('ClusterSupplyChain'),
    cluster: { ...simulated.begin().cluster, ...answers },
    owned: [],
    now: simulated.now,
  });
}

const both = { a: configMap('a', {}), b: configMap('b', {}) };
const settled = (simulated: SimulatedCluster): SimulatedCluster => {
  simulated.settle();
  return simulated;
};

describe('an owner is woken by', () => {
  test('its blueprint, its account and all templates of its steps', () => {
    const expected = { ...EMPTY, blueprint: 'web', account: ACCOUNT, templates: [of('a'), of('b')] };
    expect(planned(settled(cluster(both))).dependencies).toEqual(expected);
  });

  test('the same while it acts', () => {
    const simulated = cluster(both);
    for (const blueprint of simulated.all('ClusterSupplyChain')) simulated.blueprint(blueprint);
    const act = planned(simulated);
    expect(act).toMatchObject({ kind: 'act', writes: [{ resource: 'one' }, { resource: 'two' }] });
    expect(act.dependencies).toEqual({ ...EMPTY, blueprint: 'web', account: ACCOUNT, templates: [of('a'), of('b')] });
  });

  test('a template that is not there', () => {
    const simulated = settled(cluster(both));
    expect(planned(simulated, { template: () => undefined }).dependencies.templates).toEqual([of('a'), of('b')]);
  });

  test('a template that went, where its blueprint is not ready for that', () => {
    const simulated = settled(cluster(both));
    simulated.delete('ClusterTemplate', 'b');
    simulated.settle();
    const { dependencies } = planned(simulated);
    expect(dependencies).toMatchObject({ blueprint: 'web' });
    expect(dependencies.templates).toEqual([of('a'), of('b')]);
  });

  test('an account that is not there, or that it waits for', () => {
    const simulated = settled(cluster(both));
    for (const answer of [{ kind: 'missing' } as const, undefined]) {
      expect(planned(simulated, { account: () => answer }).dependencies).toMatchObject({ account: ACCOUNT });
    }
    const named = { spec: { serviceAccountName: 'own' } };
    expect(planned(simulated, {}, named).dependencies.account).toEqual({ namespace: 'team', name: 'own' });
  });

  test('the account that its blueprint names, in whichever namespace', () => {
    const elsewhere = { serviceAccountRef: { name: 'builder', namespace: 'ops' } };
    expect(planned(settled(cluster(both, elsewhere))).dependencies.account).toEqual({
      namespace: 'ops',
      name: 'builder',
    });
    const here = { serviceAccountRef: { name: 'builder' } };
    expect(planned(settled(cluster(both, here))).dependencies.account).toEqual({ namespace: 'team', name: 'builder' });
  });

  test('a kind that the server does not know', () => {
    const simulated = settled(
      cluster({ ...both, b: { ...configMap('b', {}), apiVersion: 'later.test/v1', kind: 'Later' } }),
    );
    expect(planned(simulated).dependencies.unknownKinds).toEqual([{ apiVersion: 'later.test/v1', kind: 'Later' }]);
    expect(planned(simulated)).toMatchObject({ kind: 'settled', retry: { kind: 'backoff' } });
  });

  test('a blueprint that is not ready', () => {
    const simulated = new SimulatedCluster();
    simulated.put(chain('web', []));
    simulated.put(workload('shop'));
    expect(planned(simulated).dependencies).toEqual({ ...EMPTY, blueprint: 'web' });
  });

  test('nothing that one of no blueprint or being deleted looked at', () => {
    const simulated = settled(cluster(both));
    const { metadata } = simulated.get('Workload', 'shop');
    const deleted = { metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } as JsonObject;
    expect(planned(simulated, {}, deleted).dependencies).toEqual(EMPTY);
    const unlabelled = { metadata: { ...metadata, labels: { app: 'other' } } } as JsonObject;
    expect(planned(simulated, {}, unlabelled).dependencies).toEqual(EMPTY);
  });

  test('the template of the option that fits', () => {
    const simulated = new SimulatedCluster();
    for (const name of ['a', 'b']) simulated.put(template('ClusterTemplate', name, { template: configMap(name, {}) }));
    const option = (name: string, app: string): JsonObject => ({ name, selector: { matchLabels: { app } } });
    const options = [option('a', 'other'), option('b', 'web')];
    simulated.put(chain('web', [{ name: 'one', templateRef: { kind: 'ClusterTemplate', options } }]));
    simulated.put(workload('shop'));
    expect(planned(settled(simulated)).dependencies.templates).toEqual([of('b')]);
  });

  test('its delivery, where it is a deliverable', () => {
    const simulated = new SimulatedCluster();
    simulated.put(template('ClusterTemplate', 'a', { template: configMap('a', {}) }));
    simulated.put(delivery('ship', [resource('one', 'ClusterTemplate', 'a')]));
    simulated.put(deliverable('shop'));
    simulated.settle();
    const { dependencies } = plan({
      kind: deliverableOwner,
      owner: simulated.get('Deliverable', 'shop'),
      blueprints: simulated.all('ClusterDelivery'),
      cluster: simulated.begin().cluster,
      owned: [],
      now: simulated.now,
    });
    expect(dependencies).toEqual({ ...EMPTY, blueprint: 'ship', account: ACCOUNT, templates: [of('a')] });
  });
});
