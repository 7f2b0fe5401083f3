import { canonicalJson, deepFreeze } from '@cartographer/machinery';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chain, configMap, resource, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Settled } from '../world/world.ts';

type Step = { readonly reads: number | undefined; readonly run: boolean; readonly param: boolean };

/** Chains of up to six config steps, each of which may read from any other, earlier or later. */
const steps = fc.array(
  fc.record({
    reads: fc.option(fc.nat(5), { nil: undefined }),
    run: fc.boolean(),
    param: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);
const values = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });

function build(plan: readonly Step[]): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const resources = plan.map(({ reads, run, param }, i) => {
    const data = { own: param ? '$(params.p)$' : 'fixed', ...(reads === undefined ? {} : { from: '$(config)$' }) };
    const object = run
      ? { ...thing('', data), metadata: { generateName: `t${i}-` } }
      : configMap(`t${i}`, { out: `$(params.p)$${i}`, ...data });
    const lifecycle = run ? { lifecycle: 'immutable' } : {};
    const configPath = run ? '.spec.own' : '.data.out';
    cluster.put(template('ClusterConfigTemplate', `t${i}`, { configPath, template: object, ...lifecycle }));
    const inputs = reads === undefined ? {} : { configs: [{ name: 'in', resource: `r${reads}` }] };
    return resource(`r${i}`, 'ClusterConfigTemplate', `t${i}`, inputs);
  });
  cluster.put(chain('web', resources));
  return cluster;
}

function set(cluster: SimulatedCluster, p: string): void {
  cluster.second += 10;
  cluster.put(workload('shop', { params: [{ name: 'p', value: p }] }));
  cluster.settle();
}

/** What stands in the cluster, without what only a server counts. */
function picture(cluster: SimulatedCluster): unknown {
  return [...cluster.all('ConfigMap'), ...cluster.all('Thing')]
    .map(({ kind, metadata: { name, labels, annotations }, data, spec }) => ({
      kind,
      name,
      labels,
      annotations,
      data,
      spec,
    }))
    .toSorted((a, b) => (`${a.kind} ${a.name ?? ''}` < `${b.kind} ${b.name ?? ''}` ? -1 : 1));
}

test('whatever the chain and its edits, it comes to rest, and a fresh start finds nothing to do', () => {
  fc.assert(
    fc.property(steps, values, (plan, edits) => {
      const cluster = build(plan);
      for (const value of edits) set(cluster, value);
      const before = cluster.serial;
      cluster.memories.clear();
      cluster.settle();
      expect(cluster.serial).toBe(before);
    }),
    { numRuns: 60 },
  );
});

test('going to another value and back gives the same objects, with the same digests', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const cluster = build(plan);
      set(cluster, 'a');
      const first = cluster.all('ConfigMap').map(({ metadata }) => metadata.annotations);
      const runs = cluster.all('Thing').map(({ metadata }) => metadata.name);
      set(cluster, 'b');
      const both = cluster.all('Thing').length;
      set(cluster, 'a');
      expect(cluster.all('ConfigMap').map(({ metadata }) => metadata.annotations)).toEqual(first);
      expect(cluster.all('Thing')).toHaveLength(both);
      expect(cluster.all('Thing').map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(runs));
    }),
    { numRuns: 40 },
  );
});

test('where a chain ends does not depend on where it came from, runs of the past aside', () => {
  fc.assert(
    fc.property(steps, values, (plan, edits) => {
      const mutable = plan.map((step) => ({ ...step, run: false }));
      const travelled = build(mutable);
      for (const value of edits) set(travelled, value);
      const fresh = build(mutable);
      set(fresh, edits.at(-1) ?? '');
      const bare = (cluster: SimulatedCluster) => canonicalJson(picture(cluster)).replaceAll(/[0-9a-f]{64}/g, '');
      expect(bare(travelled)).toBe(bare(fresh));
    }),
    { numRuns: 40 },
  );
});

test('equal worlds give equal plans, and no plan changes its world', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const cluster = build(plan);
      cluster.put(workload('shop', { params: [{ name: 'p', value: 'a' }] }));
      cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
      for (const object of cluster.objects.values()) deepFreeze(object);
      const reconcile = cluster.begin();
      for (;;) {
        const owner = cluster.get('Workload', 'shop');
        const planned = cluster.planOnce(owner, reconcile.cluster);
        expect(cluster.planOnce(structuredClone(owner), reconcile.cluster)).toEqual(planned);
        if (planned.kind === 'settled') break;
        for (const write of planned.writes) reconcile.write(write);
        for (const request of planned.deletes) reconcile.delete(request);
      }
    }),
    { numRuns: 40 },
  );
});

test('a crash after any write doubles nothing and ends the same', () => {
  fc.assert(
    fc.property(steps, fc.nat(5), (plan, survives) => {
      const whole = build(plan);
      set(whole, 'a');
      const broken = build(plan);
      broken.second += 10;
      broken.put(workload('shop', { params: [{ name: 'p', value: 'a' }] }));
      broken.blueprint(broken.get('ClusterSupplyChain', 'web'));
      const reconcile = broken.begin();
      for (let left = survives; left > 0; ) {
        const planned = broken.planOnce(broken.get('Workload', 'shop'), reconcile.cluster);
        if (planned.kind === 'settled') break;
        for (const write of planned.writes) if (left > 0) reconcile.write(write);
        left -= planned.writes.length;
      }
      broken.settle();
      const bare = (cluster: SimulatedCluster) =>
        canonicalJson(picture(cluster)).replaceAll(/[0-9a-f]{64}|-[0-9a-f]{10}/g, '');
      expect(bare(broken)).toBe(bare(whole));
    }),
    { numRuns: 60 },
  );
});

test('a plan is settled as soon as all that it asked for is answered', () => {
  const cluster = build([{ reads: undefined, run: true, param: true }]);
  set(cluster, 'a');
  const planned: Settled = cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(planned).toMatchObject({ statusChanged: false, events: [], retry: { kind: 'none' } });
});
