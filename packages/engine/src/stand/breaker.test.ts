import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, ownerLines, resource, resourceLines, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const STOP = { writes: 9, restMs: 7_000 };

/** A workload `shop` with steps `only` and `beside`, which stamp ConfigMaps `a` and `b` of the param `p`. */
function standing(): SimulatedCluster {
  const cluster = new SimulatedCluster();
  for (const name of ['a', 'b']) {
    cluster.put(template('ClusterTemplate', name, { template: configMap(name, { k: '$(params.p)$' }) }));
  }
  cluster.put(chain('web', [resource('only', 'ClusterTemplate', 'a'), resource('beside', 'ClusterTemplate', 'b')]));
  edit(cluster, 'one');
  return cluster;
}

function edit(cluster: SimulatedCluster, p: string): void {
  cluster.put(workload('shop', { params: [{ name: 'p', value: p }] }));
  cluster.settle();
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Workload', 'shop');
const line = (cluster: SimulatedCluster): string | undefined => resourceLines(owner(cluster), 'only')[0];
const value = (cluster: SimulatedCluster, name = 'a'): unknown =>
  (cluster.get('ConfigMap', name)['data'] as JsonObject)['k'];

/** What makes a write of each cause necessary. */
const NEEDS: Readonly<Record<string, (cluster: SimulatedCluster) => void>> = {
  created: (cluster) => {
    cluster.delete('ConfigMap', 'a');
    cluster.settle();
  },
  changed: (cluster) => edit(cluster, 'two'),
  restored: (cluster) => {
    cluster.patch('ConfigMap', 'a', { data: { k: 'theirs' } });
    cluster.settle();
  },
};

describe('the circuit breaker', () => {
  const causes = ['created', 'changed', 'restored', 'reported'] as const;
  test.each(Object.keys(NEEDS).flatMap((need) => causes.slice(0, 3).map((stopped) => [need, stopped] as const)))(
    'where an object is to be %s and %s writes are stopped, it stops those of that cause alone',
    (need, stopped) => {
      const cluster = standing();
      cluster.pace = (step) => (step === 'only' ? { [stopped]: STOP } : {});
      const before = cluster.log.writes.length;
      NEEDS[need]?.(cluster);
      const writes = cluster.log.writes.slice(before).filter((write) => write.resource === 'only');
      expect(writes.filter(({ verb }) => verb === 'apply')).toHaveLength(need === stopped ? 0 : 1);
      expect(line(cluster)?.includes('TooManyWrites')).toBe(need === stopped);
    },
  );

  test('stops a step, not those beside it', () => {
    const cluster = standing();
    cluster.pace = (step) => (step === 'only' ? { changed: STOP } : {});
    edit(cluster, 'two');
    expect([value(cluster), value(cluster, 'b')]).toEqual(['one', 'two']);
    expect(cluster.reconcile(owner(cluster)).retry).toMatchObject({ kind: 'after', afterMs: 7_000 });
  });

  test('stops nothing where there is nothing to write', () => {
    const cluster = standing();
    cluster.pace = () => ({ created: STOP, changed: STOP, restored: STOP });
    cluster.settle();
    expect(ownerLines(owner(cluster)).at(-1)).toBe('Ready True Ready');
  });

  test('lets the write stand after which it stops, and stops the next', () => {
    const cluster = standing();
    const before = cluster.log.writes.length;
    const ofStep = () => cluster.log.writes.slice(before).filter((write) => write.resource === 'only').length;
    cluster.pace = (step) => (step === 'only' && ofStep() >= 1 ? { changed: STOP } : {});
    edit(cluster, 'two');
    expect(value(cluster)).toBe('two');
    expect(line(cluster)).toBe('ResourceSubmitted True ResourceSubmissionComplete');
    edit(cluster, 'three');
    expect(value(cluster)).toBe('two');
    expect(line(cluster)).toContain('TooManyWrites');
  });

  test('of the status stops all steps, says so once and comes back when it may', () => {
    const cluster = standing();
    cluster.pace = (step) => (step === '' ? { reported: STOP } : {});
    const before = cluster.log.writes.length;
    edit(cluster, 'two');
    expect(cluster.log.writes).toHaveLength(before);
    expect(ownerLines(owner(cluster))[1]).toContain(
      'ResourcesSubmitted False TooManyWrites: stopped after 9 writes of the status of [Workload/shop] in a short time: ',
    );
    const again = cluster.reconcile(owner(cluster));
    expect(again).toMatchObject({ statusChanged: false, retry: { kind: 'after', afterMs: 7_000 } });
    cluster.pace = () => ({});
    cluster.settle();
    expect(value(cluster)).toBe('two');
    expect(ownerLines(owner(cluster)).at(-1)).toBe('Ready True Ready');
  });

  test('of the status is not that of a step', () => {
    const cluster = standing();
    cluster.pace = (step) => (step === '' ? { created: STOP, changed: STOP, restored: STOP } : { reported: STOP });
    edit(cluster, 'two');
    expect(value(cluster)).toBe('two');
  });
});
