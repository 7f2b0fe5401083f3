import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, resourceLines, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Pace } from '../world/world.ts';

/** A workload `shop` whose only step has made its object; then the breaker stops the writes of a cause. */
function stopped(kind: string, spec: JsonObject, cause: keyof Pace, more: JsonObject = {}): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.put(
    template('ClusterConfigTemplate', 'before', { configPath: '.data.k', template: configMap('in', { k: 'v' }) }),
  );
  cluster.put(template(kind, 't', spec));
  cluster.put(chain('web', [resource('before', 'ClusterConfigTemplate', 'before'), resource('only', kind, 't', more)]));
  cluster.put(workload('shop', { params: [{ name: 'p', value: 'one' }] }));
  cluster.settle();
  cluster.pace = (step) => (step === 'only' ? { [cause]: { writes: 9, restMs: 7_000 } } : {});
  return cluster;
}

function edit(cluster: SimulatedCluster, value: string, metadata: JsonObject = {}): string | undefined {
  cluster.put(workload('shop', { params: [{ name: 'p', value }] }, metadata));
  cluster.settle();
  return line(cluster);
}

const line = (cluster: SimulatedCluster): string | undefined =>
  resourceLines(cluster.get('Workload', 'shop'), 'only')[0];

const RUN = { ...thing('', { p: '$(params.p)$' }), metadata: { generateName: 'run-' } };

describe('a step that is stopped', () => {
  test('tells both values of what changes, and what its template reads', () => {
    const cluster = stopped('ClusterTemplate', { template: configMap('a', { k: '$(params.p)$' }) }, 'changed', {
      configs: [{ resource: 'before', name: 'in' }],
    });
    expect(edit(cluster, 'two')).toBe(
      'ResourceSubmitted False TooManyWrites: resource [only] stopped after 9 changes of [configmaps/a] in a short time: data.k: "one" ↔ "two"; look at what changes [Workload/shop] and the outputs of [before]',
    );
  });

  test('says the same words as long as it is stopped, whatever goes on changing, and comes back when it may', () => {
    const cluster = stopped('ClusterTemplate', { template: configMap('a', { k: '$(params.p)$' }) }, 'changed');
    const first = edit(cluster, 'two');
    const before = cluster.log.statusWrites.length;
    expect(edit(cluster, 'three')).toBe(first);
    expect(cluster.log.statusWrites.length - before).toBe(1); // the generation that was seen
    expect(cluster.reconcile(cluster.get('Workload', 'shop')).retry).toMatchObject({ kind: 'after', afterMs: 7_000 });
    cluster.pace = () => ({});
    cluster.settle();
    expect(cluster.get('ConfigMap', 'a')['data']).toEqual({ k: 'three' });
  });

  test.each([
    ['is deleted each time', 'one', 'configmaps/a-one', 'something deletes it each time that it is made'],
    [
      'has another name each time',
      'two',
      'configmaps/a-two',
      'metadata.name: "a-one" ↔ "a-two"; look at what changes [Workload/shop]',
    ],
  ])('by new objects says whether the object %s', (_what, value, name, reason) => {
    const cluster = stopped('ClusterTemplate', { template: configMap('a-$(params.p)$', {}) }, 'created');
    cluster.delete('ConfigMap', 'a-one');
    expect(edit(cluster, value)).toContain(`stopped after 9 new objects of [${name}] in a short time: ${reason}`);
  });

  test('by new runs tells what tells them apart', () => {
    const cluster = stopped('ClusterTemplate', { lifecycle: 'immutable', template: RUN }, 'created');
    expect(edit(cluster, 'two')).toContain(
      'stopped after 9 new objects of [things.golden.test/run-] in a short time: spec.p: "one" ↔ "two"; look at what changes [Workload/shop]',
    );
  });

  test('by new runs of the same inputs names the annotation that asks for them', () => {
    const cluster = stopped('ClusterTemplate', { lifecycle: 'immutable', template: RUN }, 'created');
    expect(edit(cluster, 'one', { annotations: { 'carto.run/rerun': '2' } })).toContain(
      'in a short time: the annotation carto.run/rerun of the owner changes',
    );
  });

  test('by new runs of which none is there says so', () => {
    const cluster = stopped('ClusterTemplate', { lifecycle: 'immutable', template: RUN }, 'created');
    cluster.delete('Thing', cluster.all('Thing')[0]?.metadata.name ?? '');
    expect(edit(cluster, 'one')).toContain('in a short time: something deletes each one that is made');
  });

  test('names who stamps its owner', () => {
    const cluster = stopped('ClusterTemplate', { template: configMap('a', { k: '$(params.p)$' }) }, 'changed');
    const top = cluster.put({ ...workload('top'), metadata: { name: 'top', labels: { app: 'none' } } });
    const reference = {
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Workload',
      name: 'top',
      uid: top.metadata.uid,
      controller: true,
    };
    const metadata = {
      labels: { app: 'web', 'carto.run/resource-name': 'sub' },
      ownerReferences: [reference as JsonObject],
    };
    expect(edit(cluster, 'two', metadata)).toContain(
      'look at what changes [Workload/shop]: [Workload/shop] is stamped by step [sub] of [Workload/top]',
    );
  });
});
