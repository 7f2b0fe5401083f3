import type { KubeObject, ObjectMeta } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import { type Arbitrary, assert as check, constant, constantFrom, oneof, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

/** What one of the many who touch a gate does; each does one thing at a time, in any order. */
type Step =
  | { readonly who: 'developer'; readonly image: string }
  | { readonly who: 'scanner' | 'controller' }
  | { readonly who: 'attacker'; readonly what: 'edit' | 'label' | 'delete' | 'make' | 'forge'; readonly image: string };

const IMAGES = ['good-1', 'good-2', 'bad-1', 'bad-2'] as const;
const image = constantFrom(...IMAGES);
const step: Arbitrary<Step> = oneof(
  image.map((value): Step => ({ who: 'developer', image: value })),
  constant<Step>({ who: 'scanner' }),
  constant<Step>({ who: 'scanner' }),
  constant<Step>({ who: 'controller' }),
  constant<Step>({ who: 'controller' }),
  tuple(constantFrom('edit', 'label', 'delete', 'make', 'forge'), image).map(
    ([what, value]): Step => ({ who: 'attacker', what, image: value }),
  ),
);

const scanOf = (metadata: ObjectMeta, value: string): KubeObject => ({
  apiVersion: 'golden.test/v1',
  kind: 'StatusThing',
  metadata,
  spec: { image: value },
});

function start(lifecycle: 'mutable' | 'immutable'): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.currentKinds.add('StatusThing');
  const name = lifecycle === 'mutable' ? { name: 'scan' } : { generateName: 'scan-' };
  cluster.put(
    template('ClusterImageTemplate', 'scan', {
      lifecycle,
      template: scanOf(name, '$(params.image)$'),
      imagePath: '.status.compliant',
      healthRule: { singleConditionType: 'PolicySucceeded' },
    }),
  );
  cluster.put(template('ClusterTemplate', 'app', { template: configMap('app', { image: '$(image)$' }) }));
  const images = [{ name: 'image', resource: 'scan' }];
  cluster.put(
    chain('web', [
      resource('scan', 'ClusterImageTemplate', 'scan'),
      resource('app', 'ClusterTemplate', 'app', { images }),
    ]),
  );
  return cluster;
}

/** The scanner answers for what stands there, whoever wrote it: good images pass. */
function scan(cluster: SimulatedCluster): void {
  for (const { metadata, spec } of cluster.all('StatusThing')) {
    const { image: value = '' } = spec as { image?: string };
    const passes = value.startsWith('good');
    const status = passes ? 'True' : 'False';
    cluster.patch('StatusThing', metadata.name ?? '', {
      status: {
        observedGeneration: metadata.generation ?? 0,
        compliant: passes ? value : null,
        conditions: [{ type: 'PolicySucceeded', status, reason: passes ? 'Passed' : 'PolicyViolation', message: '' }],
      },
    });
  }
}

function attack(cluster: SimulatedCluster, what: 'edit' | 'label' | 'delete' | 'make' | 'forge', value: string): void {
  const [found] = cluster.all('StatusThing');
  const name = found?.metadata.name ?? 'scan';
  if (what === 'make' && found === undefined) cluster.put(scanOf({ name }, value));
  if (found === undefined) return;
  if (what === 'edit') cluster.patch('StatusThing', name, { spec: { image: value } });
  if (what === 'label')
    cluster.patch('StatusThing', name, { metadata: { labels: { 'carto.run/resource-name': 'app' } } });
  if (what === 'delete') cluster.delete('StatusThing', name);
  // All that an account with `edit` can copy from one object to another: marks, labels, owner. A server takes no status
  // from whoever creates an object.
  if (what === 'forge') {
    const { status: _status, ...rest } = found;
    cluster.delete('StatusThing', name);
    cluster.put({ ...rest, spec: { image: value } });
  }
}

describe.each(['mutable', 'immutable'] as const)('a gate of lifecycle %s', (lifecycle) => {
  test('lets through what the owner asked for and what passed, whoever does what in between', () => {
    check(
      property(stepsOf(step, { max: 25 }), (steps) => {
        const cluster = start(lifecycle);
        const asked = new Set<string>();
        for (const it of steps) {
          if (it.who === 'developer') {
            asked.add(it.image);
            cluster.put(workload('shop', { params: [{ name: 'image', value: it.image }] }));
          } else if (it.who === 'scanner') scan(cluster);
          else if (it.who === 'attacker') attack(cluster, it.what, it.image);
          else {
            for (const blueprint of cluster.all('ClusterSupplyChain')) cluster.blueprint(blueprint);
            for (const owner of cluster.all('Workload')) cluster.reconcile(owner);
          }
          for (const { data } of cluster.all('ConfigMap')) {
            const { image: value } = data as { image: string };
            expect(value).toMatch(/^good/);
            expect([...asked]).toContain(value);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
