import type { KubeObject, OwnerReference } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { Asks } from '../world/asks.ts';
import type { Cluster } from '../world/world.ts';
import { lineageOf } from './lineage.ts';

const API = 'carto.run/v1alpha1';

/** Workloads by name, each stamped by the one that follows it in the list; the last is stamped by nobody. */
function chainOf(...names: readonly string[]): SimulatedCluster {
  const cluster = new SimulatedCluster();
  for (const name of names.toReversed()) put(cluster, name, names[names.indexOf(name) + 1]);
  return cluster;
}

function put(
  cluster: SimulatedCluster,
  name: string,
  above: string | undefined,
  more: Partial<OwnerReference> = {},
  step?: string,
): void {
  const uid =
    above === undefined
      ? ''
      : (cluster.all('Workload').find(({ metadata }) => metadata.name === above)?.metadata.uid ?? 'unknown');
  const reference = { apiVersion: API, kind: 'Workload', name: above ?? '', uid, controller: true, ...more };
  const labels = step === undefined ? {} : { labels: { 'carto.run/resource-name': step } };
  cluster.put({
    apiVersion: API,
    kind: 'Workload',
    metadata: { name, ...labels, ...(above === undefined ? {} : { ownerReferences: [reference] }) },
    spec: {},
  });
}

const of = (cluster: SimulatedCluster, name: string): KubeObject => cluster.get('Workload', name);
const uid = (cluster: SimulatedCluster, name: string): string => of(cluster, name).metadata.uid ?? '';
function lineage(
  cluster: SimulatedCluster,
  name: string,
  ends: readonly string[] = [],
  answers: Partial<Cluster> = {},
) {
  const asks = new Asks({ ...cluster.begin().cluster, ...answers });
  return { found: lineageOf(asks, of(cluster, name), new Set(ends)), asks };
}

describe('by whom an object is stamped', () => {
  test('is followed up to who nobody stamps', () => {
    const cluster = chainOf('a', 'b', 'c');
    expect(lineage(cluster, 'a').found).toEqual({
      text: '[Workload/a] is stamped by [Workload/b], which is stamped by [Workload/c]',
      uids: new Set(['a', 'b', 'c'].map((name) => uid(cluster, name))),
      closed: false,
    });
  });

  test('is nobody for what has no such owner', () => {
    const cluster = chainOf('a');
    expect(lineage(cluster, 'a').found).toEqual({ text: '', uids: new Set([uid(cluster, 'a')]), closed: false });
  });

  test('is told with the step', () => {
    const cluster = chainOf('b');
    put(cluster, 'a', 'b', {}, 'build');
    expect(lineage(cluster, 'a').found?.text).toBe('[Workload/a] is stamped by step [build] of [Workload/b]');
  });

  test.each<[string, Partial<OwnerReference>]>([
    ['does not control it', { controller: false }],
    ['is of another group', { apiVersion: 'apps/v1' }],
    ['is of a group that only begins alike', { apiVersion: 'carto.runner/v1' }],
  ])('is not who %s', (_what, more) => {
    const cluster = chainOf('b');
    put(cluster, 'a', 'b', more);
    expect(lineage(cluster, 'a').found?.text).toBe('');
  });

  test('ends where the one above is gone or was made anew, which is told all the same', () => {
    const cluster = chainOf('b', 'c');
    put(cluster, 'a', 'b', { uid: 'earlier' });
    expect(lineage(cluster, 'a').found).toMatchObject({
      text: '[Workload/a] is stamped by [Workload/b]',
      closed: false,
    });
    put(cluster, 'a', 'gone');
    expect(lineage(cluster, 'a').found?.text).toBe('[Workload/a] is stamped by [Workload/gone]');
    put(cluster, 'a', 'b', { kind: 'Unheard' });
    expect(lineage(cluster, 'a').found?.text).toBe('[Workload/a] is stamped by [Unheard/b]');
  });

  test('is looked for no further than what is looked for, which closes it', () => {
    const cluster = chainOf('a', 'b', 'c');
    expect(lineage(cluster, 'a', [uid(cluster, 'b')]).found).toEqual({
      text: '[Workload/a] is stamped by [Workload/b]',
      uids: new Set([uid(cluster, 'a')]),
      closed: true,
    });
    expect(lineage(cluster, 'a', [uid(cluster, 'c')]).found).toMatchObject({ closed: true });
    expect(lineage(cluster, 'a', [uid(cluster, 'a')]).found).toMatchObject({ closed: false });
  });

  test('ends where it runs in a circle that does not lead to what is looked for', () => {
    const cluster = chainOf('a', 'b', 'c');
    put(cluster, 'c', 'b');
    expect(lineage(cluster, 'a').found).toMatchObject({
      text: '[Workload/a] is stamped by [Workload/b], which is stamped by [Workload/c], which is stamped by [Workload/b]',
      closed: false,
    });
    expect(lineage(cluster, 'b', [uid(cluster, 'b')]).found).toMatchObject({ closed: true });
  });

  test('is followed through ten owners, not one more', () => {
    const names = Array.from({ length: 13 }, (_, i) => `w${i}`);
    const { found } = lineage(chainOf(...names), 'w0');
    expect(found?.uids.size).toBe(11);
    expect(found?.text.endsWith('[Workload/w10]')).toBe(true);
  });

  test('waits for the kind, and for the object', () => {
    const cluster = chainOf('a', 'b');
    const noKind = lineage(cluster, 'a', [], { mapping: () => undefined });
    expect(noKind.found).toBeUndefined();
    expect(noKind.asks.lookups).toEqual([{ lookup: 'mapping', apiVersion: API, kind: 'Workload' }]);
    const noObject = lineage(cluster, 'a', [], { observed: () => undefined });
    expect(noObject.found).toBeUndefined();
    expect(noObject.asks.lookups).toMatchObject([{ lookup: 'object', key: { namespace: 'team', name: 'b' } }]);
  });
});
