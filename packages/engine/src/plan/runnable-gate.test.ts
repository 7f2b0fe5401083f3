import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { ownerLines, template } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { planRunnable } from './plan-runnable.ts';

const runnable = (input: string, more: JsonObject = {}): KubeObject => ({
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Runnable',
  metadata: { name: 'runner', namespace: 'team' },
  spec: { runTemplateRef: { name: 'rt' }, inputs: { in: input }, ...more },
});
const runTemplate = (outputs: JsonObject = { out: '.status.o' }, annotations: JsonObject = {}): KubeObject => {
  const run = {
    apiVersion: 'golden.test/v1',
    kind: 'StatusThing',
    metadata: { generateName: 'runner-' },
    spec: { in: '$(runnable.spec.inputs.in)$' },
  };
  const made = template('ClusterRunTemplate', 'rt', { template: run, outputs });
  return { ...made, metadata: { ...made.metadata, annotations } } as KubeObject;
};

/** A Runnable whose runs are read as they are now, by their kind, and whose run of input `one` gave out `1`. */
function passed({ byKind = true, annotations = {} }: { byKind?: boolean; annotations?: JsonObject } = {}) {
  const cluster = new SimulatedCluster();
  if (byKind) cluster.currentKinds.add('StatusThing');
  cluster.put(runTemplate({ out: '.status.o' }, annotations));
  edit(cluster, 'one');
  finish(cluster, 'one', 'True', { o: '1' });
  expect(outputs(cluster)).toEqual({ out: '1' });
  return cluster;
}

function edit(cluster: SimulatedCluster, input: string, more: JsonObject = {}): void {
  cluster.second += 10;
  cluster.put(runnable(input, more));
  cluster.settle();
}

const runOf = (cluster: SimulatedCluster, input: string): KubeObject => {
  const run = cluster.all('StatusThing').findLast(({ spec }) => (spec as JsonObject)['in'] === input);
  if (run === undefined) throw new Error(`no run of ${input}`);
  return run;
};

/** What the controller of the runs says of that of these inputs, as it is or as it was before. */
function finish(
  cluster: SimulatedCluster,
  input: string,
  status: string,
  more: JsonObject,
  observedGeneration = runOf(cluster, input).metadata.generation ?? 0,
): void {
  const conditions = [{ type: 'Succeeded', status, message: 'said' }];
  cluster.patch('StatusThing', runOf(cluster, input).metadata.name ?? '', {
    status: { observedGeneration, conditions, ...more },
  });
  cluster.settle();
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Runnable', 'runner');
const outputs = (cluster: SimulatedCluster): unknown => (owner(cluster)['status'] as JsonObject)['outputs'];
const lines = (cluster: SimulatedCluster): readonly string[] => ownerLines(owner(cluster));
const found = (cluster: SimulatedCluster): number =>
  cluster.log.events.filter(({ reason }) => reason === 'ResourceOutputChanged').length;

describe('a run of a Runnable that is read as it is now', () => {
  test('hands on nothing until its generation is observed, and says so', () => {
    const cluster = passed();
    edit(cluster, 'two');
    finish(cluster, 'two', 'True', { o: '2' }, 0);
    expect(outputs(cluster)).toBeUndefined();
    const { name = '' } = runOf(cluster, 'two').metadata;
    expect(lines(cluster).slice(0, 2)).toEqual([
      `RunTemplateReady False NotObserved: waiting for [statusthings.golden.test/${name}] to observe generation 1`,
      'StampedObjectCondition True SucceededCondition: said',
    ]);
    const planned = planRunnable({ owner: owner(cluster), cluster: cluster.begin().cluster, now: cluster.now });
    expect(planned).toMatchObject({ kind: 'settled', statusChanged: false, retry: { kind: 'none' } });
    finish(cluster, 'two', 'True', { o: '2' });
    expect([outputs(cluster), found(cluster)]).toEqual([{ out: '2' }, 2]);
  });

  test('that failed takes back what an older one gave', () => {
    const cluster = passed();
    edit(cluster, 'two');
    finish(cluster, 'two', 'False', { o: '2' });
    expect(outputs(cluster)).toBeUndefined();
    expect(lines(cluster)[0]).toBe('RunTemplateReady True Ready');
    expect(found(cluster)).toBe(1);
  });

  test('that succeeded takes back what the run template does not give any more', () => {
    const cluster = passed();
    cluster.put(runTemplate({}));
    cluster.settle();
    expect([outputs(cluster), found(cluster)]).toEqual([undefined, 1]);
  });

  test('that somebody edits hands on nothing, and says which field and what to do', () => {
    const cluster = passed();
    const { name = '' } = runOf(cluster, 'one').metadata;
    cluster.patch('StatusThing', name, { spec: { in: 'evil' } });
    finish(cluster, 'evil', 'True', { o: 'evil' });
    expect(outputs(cluster)).toBeUndefined();
    expect(lines(cluster)[0]).toBe(
      `RunTemplateReady False NotObserved: [statusthings.golden.test/${name}] is not as the template makes it: spec.in: "evil" ↔ "one"; delete it, and it is made anew`,
    );
  });
});

describe('what a Runnable gave before', () => {
  const happenings: readonly (readonly [string, string, (cluster: SimulatedCluster) => void])[] = [
    ['a value is missing', 'OutputPathNotSatisfied', (cluster) => finish(cluster, 'one', 'True', { o: null })],
    [
      'the circuit breaker stops the run of now',
      'TooManyWrites',
      (cluster) => {
        cluster.pace = () => ({ created: { writes: 5, restMs: 7_000 } });
        edit(cluster, 'two');
      },
    ],
  ];

  test.each(happenings)('is taken back where %s (%s), by the kind or by an annotation', (_what, reason, happens) => {
    for (const by of [{}, { byKind: false, annotations: { 'carto.run/read': 'current' } }]) {
      const cluster = passed(by);
      happens(cluster);
      expect(lines(cluster)[0]).toContain(`RunTemplateReady False ${reason}`);
      expect(outputs(cluster)).toBeUndefined();
    }
  });

  test.each(happenings)('stands where %s (%s) and runs are read as ever', (_what, reason, happens) => {
    const cluster = passed({ byKind: false, annotations: { 'carto.run/read': 'ever' } });
    happens(cluster);
    expect(lines(cluster)[0]).toContain(`RunTemplateReady False ${reason}`);
    expect(outputs(cluster)).toEqual({ out: '1' });
  });
});
