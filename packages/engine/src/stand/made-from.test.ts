import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, resourceEntry, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { madeFrom } from './made-from.ts';

const origins = ({ metadata }: KubeObject): JsonObject =>
  JSON.parse(metadata.annotations?.['carto.run/made-from'] ?? '{}') as JsonObject;

/** A chain of two: `source` hands url and revision of the param `rev` to `build`, which chooses among options. */
function built(rev: string): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const data = { url: 'http://x', revision: '$(params.rev)$' };
  const paths = { urlPath: '.data.url', revisionPath: '.data.revision' };
  cluster.put(template('ClusterSourceTemplate', 'source', { template: configMap('source', data), ...paths }));
  cluster.put(template('ClusterTemplate', 'chosen', { template: configMap('build', { from: '$(source.revision)$' }) }));
  cluster.put(template('ClusterTemplate', 'other', { template: configMap('other', {}) }));
  const options = [{ name: 'chosen', selector: { matchLabels: { app: 'web' } } }];
  cluster.put(
    chain('web', [
      resource('source', 'ClusterSourceTemplate', 'source'),
      {
        name: 'build',
        templateRef: {
          kind: 'ClusterTemplate',
          options: [...options, { name: 'other', selector: { matchLabels: { no: 'way' } } }],
        },
        sources: [{ name: 'source', resource: 'source' }],
      },
    ]),
  );
  cluster.put(workload('shop', { params: [{ name: 'rev', value: rev }] }));
  cluster.settle();
  return cluster;
}

describe('what an object was made from', () => {
  test('names blueprint, template, option, and each input by the digest that the step shows which handed it on', () => {
    const cluster = built('main@1');
    const outputs = resourceEntry(cluster.get('Workload', 'shop'), 'source')['outputs'] as { digest: string }[];
    const [url, revision] = outputs.map(({ digest }) => digest);
    const idOf = ({ metadata }: KubeObject): Json => ({
      uid: metadata.uid ?? '',
      generation: metadata.generation ?? 0,
    });
    expect(origins(cluster.get('ConfigMap', 'build'))).toEqual({
      blueprint: idOf(cluster.get('ClusterSupplyChain', 'web')),
      template: idOf(cluster.get('ClusterTemplate', 'chosen')),
      option: 'chosen',
      params: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown,
      inputs: { sources: { source: { url, revision } } },
    });
  });

  test('is no reason to write: an edit that changes nothing in the object leaves it', () => {
    const cluster = built('main@1');
    const writes = cluster.log.writes.length;
    const before = cluster.get('ConfigMap', 'build');
    cluster.patch('ClusterTemplate', 'chosen', { spec: { params: [{ name: 'unused', default: 'x' }] } });
    cluster.settle();
    expect(cluster.get('ClusterTemplate', 'chosen').metadata.generation).toBe(2);
    expect(cluster.log.writes.length).toBe(writes);
    expect(cluster.get('ConfigMap', 'build')).toBe(before);
  });

  test('is of the newest write', () => {
    const cluster = built('main@1');
    const before = origins(cluster.get('ConfigMap', 'build'));
    cluster.put(workload('shop', { params: [{ name: 'rev', value: 'main@2' }] }));
    cluster.settle();
    expect(origins(cluster.get('ConfigMap', 'build'))['inputs']).not.toEqual(before['inputs']);
  });

  test('of a Runnable names its template and the object that it selects', () => {
    const cluster = new SimulatedCluster();
    cluster.put({ ...configMap('picked', {}), metadata: { name: 'picked', labels: { pick: 'me' } } });
    const run = { apiVersion: 'golden.test/v1', kind: 'Thing', metadata: { generateName: 'r-' }, spec: {} };
    cluster.put(template('ClusterRunTemplate', 'run', { template: run }));
    const selector = { resource: { apiVersion: 'v1', kind: 'ConfigMap' }, matchingLabels: { pick: 'me' } };
    const spec = { runTemplateRef: { name: 'run' }, selector };
    cluster.put({ apiVersion: 'carto.run/v1alpha1', kind: 'Runnable', metadata: { name: 'shop' }, spec });
    cluster.settle();
    const [thing] = cluster.all('Thing');
    expect(origins(thing as KubeObject)).toEqual({
      template: { uid: cluster.get('ClusterRunTemplate', 'run').metadata.uid, generation: 1 },
      selected: { uid: cluster.get('ConfigMap', 'picked').metadata.uid, generation: 1 },
    });
  });
});

describe('the room of the annotation', () => {
  const images = (count: number): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`é${i}`, { image: `i${i}`, name: `é${i}` }]));
  const of = (count: number): string =>
    madeFrom({
      template: template('ClusterTemplate', 't', {}),
      inputs: { sources: {}, images: images(count), configs: {}, deployment: undefined },
    });

  test('is 2 KiB: beyond it one digest stands for all inputs', () => {
    const counts = Array.from({ length: 60 }, (_, i) => i + 1);
    for (const count of counts) {
      expect(new TextEncoder().encode(of(count)).length).toBeLessThanOrEqual(2048);
    }
    expect(JSON.parse(of(5))).toMatchObject({ inputs: { images: {} } });
    expect(JSON.parse(of(60))).toMatchObject({ inputs: expect.stringMatching(/^sha256:/) as unknown });
  });
});
