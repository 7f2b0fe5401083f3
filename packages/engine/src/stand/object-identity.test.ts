import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  ownerLines,
  resource,
  resourceEntry,
  resourceLines,
  template,
  thing,
  workload,
} from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const APP = '$(workload.metadata.name)$';
const at = (version: string, object: JsonObject): JsonObject => ({ ...object, apiVersion: `golden.test/${version}` });
const rendering = (version: string, spec: JsonObject = { a: 1 }): JsonObject => {
  return { template: at(version, thing(APP, spec)) };
};
const mutable = (version: string, spec?: JsonObject): KubeObject =>
  template('ClusterTemplate', 't', rendering(version, spec));
const READY = 'Ready True Ready';

/** A workload whose chain stamps a Thing at `v1beta1`. */
function stamped(): SimulatedCluster {
  const cluster = oneStep(rendering('v1beta1'));
  cluster.settle();
  return cluster;
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Workload', 'shop');
const reference = (cluster: SimulatedCluster, name = 'only'): unknown =>
  resourceEntry(owner(cluster), name)['stampedRef'];
const writes = (cluster: SimulatedCluster): readonly string[] =>
  cluster.log.writes.map(({ verb, cause, type }) => `${verb} ${cause} at ${type.version}`);

describe('a second version of a kind is the same object', () => {
  test('a version edit in a template is one apply to the same object, which the status names at the new version', () => {
    const cluster = stamped();
    const { uid } = cluster.get('Thing', 'shop').metadata;
    cluster.put(mutable('v1'));
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created at v1beta1', 'apply changed at v1']);
    expect(cluster.all('Thing').map(({ metadata }) => metadata.uid)).toEqual([uid]);
    expect(reference(cluster)).toMatchObject({ apiVersion: 'golden.test/v1', name: 'shop' });
    expect(ownerLines(owner(cluster)).at(-1)).toBe(READY);
  });

  test('versions back and forth are one apply each, and none is left over', () => {
    const cluster = stamped();
    for (const version of ['v1', 'v1beta1', 'v1']) {
      cluster.put(mutable(version));
      cluster.settle();
    }
    expect(writes(cluster)).toHaveLength(4);
    expect(cluster.all('Thing')).toHaveLength(1);
    expect(cluster.log.events.filter(({ reason }) => reason === 'StampedObjectRemoved')).toEqual([]);
  });

  test('at rest there is no write, whichever version the caches show it at', () => {
    const cluster = stamped();
    cluster.memories.clear();
    cluster.reconcile(owner(cluster));
    expect(writes(cluster)).toHaveLength(1);
  });

  test('two steps that stamp it at two versions stamp the same object: the second is refused', () => {
    const cluster = stamped();
    cluster.put(template('ClusterTemplate', 'other', { template: at('v1', thing(APP, { b: 2 })) }));
    cluster.put(chain('web', [resource('only', 'ClusterTemplate', 't'), resource('too', 'ClusterTemplate', 'other')]));
    cluster.settle();
    expect(resourceLines(owner(cluster), 'too').join('\n')).toContain('object is already stamped by resource [only]');
    expect(cluster.all('Thing')).toHaveLength(1);
    expect(writes(cluster)).toHaveLength(1);
  });

  test('an object of another group is another object, and the former one goes', () => {
    const cluster = stamped();
    cluster.types = [
      ...cluster.types,
      { group: 'other.test', version: 'v1', kind: 'Gadget', resource: 'gadgets', namespaced: true },
    ];
    cluster.put(
      template('ClusterTemplate', 't', {
        template: { ...thing(APP, {}), apiVersion: 'other.test/v1', kind: 'Gadget' },
      }),
    );
    cluster.settle();
    expect([cluster.all('Thing').length, cluster.all('Gadget').length]).toEqual([0, 1]);
  });
});

describe('a version that is served no longer', () => {
  const only = (version: string, cluster: SimulatedCluster): void => {
    cluster.types = cluster.types.filter((type) => type.kind !== 'Thing' || type.version === version);
  };

  test('leaves the object alone, and the next version takes it on', () => {
    const cluster = stamped();
    const { uid } = cluster.get('Thing', 'shop').metadata;
    only('v1', cluster);
    cluster.settle();
    expect(ownerLines(owner(cluster)).at(-1)).toContain('no matches for kind "Thing" in version "golden.test/v1beta1"');
    expect(reference(cluster)).toMatchObject({ apiVersion: 'golden.test/v1beta1' });
    cluster.put(mutable('v1'));
    cluster.settle();
    expect(cluster.all('Thing').map(({ metadata }) => metadata.uid)).toEqual([uid]);
    expect(ownerLines(owner(cluster)).at(-1)).toBe(READY);
  });

  test('does not hide an orphan: it is deleted at a version that is served', () => {
    const cluster = stamped();
    only('v1', cluster);
    cluster.put(chain('web', []));
    cluster.settle();
    expect(cluster.all('Thing')).toEqual([]);
  });
});

describe('runs at two versions', () => {
  const run = (version: string): KubeObject =>
    template('ClusterImageTemplate', 'run', {
      imagePath: '.status.image',
      lifecycle: 'immutable',
      healthRule: { singleConditionType: 'Done' },
      retentionPolicy: { maxSuccessfulRuns: 1, maxFailedRuns: 1 },
      template: at(version, { kind: 'Thing', metadata: { generateName: `${APP}-` }, spec: {} }),
    });

  function running(): SimulatedCluster {
    const cluster = new SimulatedCluster();
    cluster.put(run('v1beta1'));
    cluster.put(chain('web', [resource('build', 'ClusterImageTemplate', 'run')]));
    cluster.put(workload('shop'));
    cluster.settle();
    return cluster;
  }

  function edit(cluster: SimulatedCluster, version: string): void {
    cluster.second += 10;
    cluster.put(run(version));
    cluster.settle();
  }

  function finish(cluster: SimulatedCluster, image: string): void {
    const { name = '' } = reference(cluster, 'build') as { name?: string };
    cluster.patch('Thing', name, { status: { image, conditions: [{ type: 'Done', status: 'True' }] } });
    cluster.settle();
  }

  test('another version is another input: one new run, and the way back finds the first', () => {
    const cluster = running();
    const first = reference(cluster, 'build');
    edit(cluster, 'v1');
    edit(cluster, 'v1beta1');
    expect(reference(cluster, 'build')).toEqual(first);
    expect(writes(cluster)).toEqual(['create created at v1beta1', 'create created at v1']);
    expect(cluster.all('Thing')).toHaveLength(2);
  });

  test('the newest healthy run of whatever version gives the output, and retention counts them together', () => {
    const cluster = running();
    finish(cluster, 'one');
    edit(cluster, 'v1');
    expect(resourceEntry(owner(cluster), 'build')['outputs']).toMatchObject([{ name: 'image', preview: 'one\n' }]);
    finish(cluster, 'two');
    expect(resourceEntry(owner(cluster), 'build')['outputs']).toMatchObject([{ name: 'image', preview: 'two\n' }]);
    expect(cluster.all('Thing')).toHaveLength(1);
  });

  test('all of them go when their resource goes, each once', () => {
    const cluster = running();
    edit(cluster, 'v1');
    cluster.put(chain('web', []));
    cluster.settle();
    expect(cluster.all('Thing')).toEqual([]);
    const removed = cluster.log.events.filter(({ reason }) => reason === 'StampedObjectRemoved');
    expect(new Set(removed.map(({ message }) => message)).size).toBe(removed.length);
    expect(removed).toHaveLength(2);
  });
});
