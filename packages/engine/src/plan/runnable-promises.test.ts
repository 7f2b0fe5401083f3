import { LABELS } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { ownerLines, template, thing } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Cluster, DeleteAnswer, Plan } from '../world/world.ts';
import { runDelete } from './orphans.ts';
import { planRunnable } from './plan-runnable.ts';

const runnable = (spec: JsonObject = {}, metadata: JsonObject = {}): KubeObject => ({
  apiVersion: 'carto.run/v1alpha1',
  kind: 'Runnable',
  metadata: { name: 'runner', namespace: 'team', ...metadata },
  spec: { runTemplateRef: { name: 'rt' }, inputs: { in: 'one' }, ...spec },
});
const runTemplate = (outputs: JsonObject, name = 'rt'): KubeObject => {
  const run = {
    apiVersion: 'golden.test/v1',
    kind: 'StatusThing',
    metadata: { generateName: 'runner-' },
    spec: { in: '$(runnable.spec.inputs.in)$' },
  };
  return template('ClusterRunTemplate', name, { template: run, outputs });
};

function running(spec: JsonObject = {}, outputs: JsonObject = { out: '.status.o' }): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.put(runTemplate(outputs));
  cluster.put(runnable(spec));
  cluster.settle();
  return cluster;
}

function edit(cluster: SimulatedCluster, spec: JsonObject, metadata: JsonObject = {}): void {
  cluster.second += 10;
  cluster.put(runnable(spec, metadata));
  cluster.settle();
}

/** Ends the run of these inputs. */
function finish(cluster: SimulatedCluster, input: string, status: string, more: JsonObject = {}): void {
  const run = cluster.all('StatusThing').findLast((thing) => (thing['spec'] as JsonObject)['in'] === input);
  const conditions = [{ type: 'Succeeded', status, message: 'said' }];
  cluster.patch('StatusThing', run?.metadata.name ?? '', { status: { conditions, ...more } });
  cluster.settle();
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Runnable', 'runner');
const outputs = (cluster: SimulatedCluster): unknown => (owner(cluster)['status'] as JsonObject)['outputs'];
const lines = (cluster: SimulatedCluster): readonly string[] => ownerLines(owner(cluster));
const inputs = (cluster: SimulatedCluster): unknown[] =>
  cluster.all('StatusThing').map((thing) => (thing['spec'] as JsonObject)['in']);
const found = (cluster: SimulatedCluster): number =>
  cluster.log.events.filter(({ reason }) => reason === 'ResourceOutputChanged').length;

/** What is planned first where some answers are others. */
function planned(cluster: SimulatedCluster, answers: (known: Cluster) => Partial<Cluster>): Plan {
  const { cluster: known } = cluster.begin();
  return planRunnable({ owner: owner(cluster), cluster: { ...known, ...answers(known) }, now: cluster.now });
}

describe('the outputs of a Runnable', () => {
  test('are none before a run succeeded', () => {
    const cluster = running();
    finish(cluster, 'one', 'False', { o: '1' });
    expect(outputs(cluster)).toBeUndefined();
    expect(found(cluster)).toBe(0);
  });

  test('are those of the last success while its run is not successful any more', () => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    for (const status of ['False', 'Unknown']) {
      finish(cluster, 'one', status, { o: '2' });
      expect(outputs(cluster)).toEqual({ out: '1' });
      expect(lines(cluster)[1]).toBe(`StampedObjectCondition ${status} SucceededCondition: said`);
    }
    finish(cluster, 'one', 'True', { o: '3' });
    expect(outputs(cluster)).toEqual({ out: '3' });
    expect(found(cluster)).toBe(2);
  });

  test('stay where the run template has none any more, and where their run went', () => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    cluster.put(runTemplate({}));
    cluster.settle();
    expect(outputs(cluster)).toEqual({ out: '1' });
    for (const { metadata } of cluster.all('StatusThing')) cluster.delete('StatusThing', metadata.name ?? '');
    cluster.settle();
    expect(outputs(cluster)).toEqual({ out: '1' });
    expect(found(cluster)).toBe(1);
  });

  test('are none where the run template has none from the start, which is no news', () => {
    const cluster = running({}, {});
    finish(cluster, 'one', 'True', { o: '1' });
    expect([outputs(cluster), found(cluster)]).toEqual([undefined, 0]);
    expect(lines(cluster)[0]).toBe('RunTemplateReady True Ready');
  });

  test('are replaced as a whole', () => {
    const cluster = running({}, { a: '.status.o', b: '.status.o' });
    finish(cluster, 'one', 'True', { o: '1' });
    cluster.put(runTemplate({ c: '.status.o' }));
    cluster.settle();
    expect(outputs(cluster)).toEqual({ c: '1' });
  });

  test('may be empty values', () => {
    const cluster = running({}, { a: '.status.o', b: '.status.n', c: '.status.l' });
    finish(cluster, 'one', 'True', { o: '', n: 0, l: [] });
    expect(outputs(cluster)).toEqual({ a: '', b: 0, c: [] });
  });

  test.each([
    ['cannot be read', (cluster: SimulatedCluster) => finish(cluster, 'one', 'True', { o: null })],
    [
      'are of a selector that finds nothing',
      (cluster: SimulatedCluster) =>
        edit(cluster, { selector: { resource: { apiVersion: 'v1', kind: 'Secret' }, matchingLabels: { a: 'b' } } }),
    ],
    ['are of an account that is gone', (cluster: SimulatedCluster) => edit(cluster, { serviceAccountName: 'none' })],
    ['are of inputs that cannot be stamped', (cluster: SimulatedCluster) => edit(cluster, { inputs: {} })],
  ])('stay when they %s', (_what, happens) => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    happens(cluster);
    expect(lines(cluster)[0]).toContain('RunTemplateReady False');
    expect(outputs(cluster)).toEqual({ out: '1' });
  });

  test('are not those of runs of another run template', () => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    cluster.put(runTemplate({ other: '.status.o' }, 'other'));
    edit(cluster, { runTemplateRef: { name: 'other' } });
    expect(outputs(cluster)).toEqual({ out: '1' });
    expect(cluster.all('StatusThing')).toHaveLength(2);
  });

  test('of a run of inputs that come back count again', () => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    edit(cluster, { inputs: { in: 'two' } });
    finish(cluster, 'two', 'True', { o: '2' });
    edit(cluster, {});
    expect([inputs(cluster), outputs(cluster)]).toEqual([['one', 'two'], { out: '1' }]);
  });
});

describe('the runs of a Runnable', () => {
  const few = (maxSuccessfulRuns: number, maxFailedRuns: number): JsonObject => ({
    retentionPolicy: { maxSuccessfulRuns, maxFailedRuns },
  });

  test('of the current inputs and of the outputs stay, be none to be kept', () => {
    const cluster = running(few(0, 0));
    finish(cluster, 'one', 'True', { o: '1' });
    for (const input of ['two', 'three']) {
      edit(cluster, { inputs: { in: input }, ...few(0, 0) });
      finish(cluster, input, 'False');
      expect([inputs(cluster), outputs(cluster)]).toEqual([['one', input], { out: '1' }]);
    }
    edit(cluster, few(0, 0));
    expect(inputs(cluster)).toEqual(['one']);
  });

  test('of one run template do not count for another', () => {
    const cluster = running(few(1, 1));
    finish(cluster, 'one', 'True', { o: '1' });
    cluster.put(runTemplate({ out: '.status.o' }, 'other'));
    edit(cluster, { runTemplateRef: { name: 'other' }, ...few(1, 1) });
    finish(cluster, 'one', 'True', { o: '2' });
    expect(inputs(cluster)).toEqual(['one', 'one']);
  });

  test('are ten of each outcome where no policy says how many', () => {
    const cluster = running();
    for (let i = 0; i < 12; i += 1) {
      edit(cluster, { inputs: { in: `bad${i}` } });
      finish(cluster, `bad${i}`, 'False');
    }
    expect(inputs(cluster)).toEqual(['one', ...Array.from({ length: 10 }, (_, i) => `bad${i + 2}`)]);
  });

  test('go by their uid, and nothing is reported before they went', () => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    const [first] = cluster.all('StatusThing');
    edit(cluster, { inputs: { in: 'two' } });
    finish(cluster, 'two', 'True', { o: '2' });
    cluster.put(runnable({ inputs: { in: 'two' }, ...few(1, 1) }));
    const act = planned(cluster, () => ({}));
    expect(act).toMatchObject({
      kind: 'act',
      writes: [],
      deletes: [
        {
          key: { type: { kind: 'StatusThing' }, namespace: 'team', name: first?.metadata.name },
          uid: first?.metadata.uid,
          cause: 'retention',
        },
      ],
    });
    const request = act.kind === 'act' ? act.deletes[0] : undefined;
    if (request === undefined) throw new Error('no delete');
    const refused = planned(cluster, () => ({
      deletions: () => [{ request, answer: { kind: 'refused', code: 403, message: 'no right' } }],
    }));
    expect(refused).toMatchObject({ kind: 'settled', events: [], retry: { kind: 'after', afterMs: 30_000 } });
    const done = planned(cluster, () => ({
      deletions: () => [{ request, answer: { kind: 'deleted', found: true } }],
    }));
    expect(done).toMatchObject({
      kind: 'settled',
      events: [{ reason: 'StampedObjectRemoved' }],
      retry: { kind: 'none' },
    });
  });

  test('are listed by the label of their Runnable, freshly before one is made', () => {
    const act = planned(running(), () => ({ listed: () => ({ kind: 'listed', objects: [] }) }));
    expect(act).toMatchObject({ kind: 'act', writes: [{ verb: 'create', resource: '' }] });
    expect(act.kind === 'act' && act.writes[0]?.fresh).toMatchObject({
      type: { kind: 'StatusThing' },
      namespace: 'team',
      labels: { [LABELS.runnableName]: 'runner' },
    });
    expect(act.kind === 'act' && Object.keys(act.writes[0]?.fresh?.labels ?? {})).toEqual([LABELS.runnableName]);
    const blind = planned(running(), () => ({ listed: () => undefined }));
    expect(blind).toMatchObject({ kind: 'act', writes: [], lookups: [{ lookup: 'list' }] });
  });

  test('are made again when the annotation asks', () => {
    const cluster = running();
    for (const [annotation, count] of [
      ['1', 2],
      ['1', 2],
      ['2', 3],
      ['step=3', 3],
    ] as const) {
      edit(cluster, {}, { annotations: { 'carto.run/rerun': annotation } });
      expect(cluster.all('StatusThing'), annotation).toHaveLength(count);
    }
  });

  test('are made no more once the circuit breaker stops them, and the latest is told of', () => {
    const cluster = running();
    finish(cluster, 'one', 'True', { o: '1' });
    cluster.pace = () => ({ created: { writes: 5, restMs: 7_000 } });
    edit(cluster, { inputs: { in: 'two' } });
    expect([inputs(cluster), outputs(cluster)]).toEqual([['one'], { out: '1' }]);
    expect(lines(cluster)[0]).toContain(
      'RunTemplateReady False TooManyWrites: unable to apply object [team/runner-] for run template [rt]: stopped after 5 new objects',
    );
    expect(lines(cluster)[1]).toBe('StampedObjectCondition True SucceededCondition: said');
    expect(cluster.reconcile(owner(cluster)).retry).toMatchObject({ kind: 'after', afterMs: 7_000 });
    edit(cluster, {});
    expect(lines(cluster)[0]).toBe('RunTemplateReady True Ready');
  });
});

describe('what went wrong', () => {
  const wrong = (outputs: JsonObject = { out: '.status.o' }): SimulatedCluster => {
    const cluster = running({}, outputs);
    finish(cluster, 'one', 'True', {});
    return cluster;
  };
  const deletion = (answer: DeleteAnswer): Partial<Cluster> => {
    const type = {
      group: 'golden.test',
      version: 'v1',
      kind: 'StatusThing',
      resource: 'statusthings',
      namespaced: true,
    };
    const request = runDelete(type, { apiVersion: 'golden.test/v1', kind: 'StatusThing', metadata: { name: 'old' } });
    return { deletions: () => [{ request, answer }] };
  };

  test('with an output does not hide that a run was deleted, nor that one could not be', () => {
    const cluster = wrong();
    expect(planned(cluster, () => deletion({ kind: 'deleted', found: true }))).toMatchObject({
      events: [{ reason: 'StampedObjectRemoved' }],
      retry: { kind: 'none' },
    });
    expect(planned(cluster, () => deletion({ kind: 'failed', message: 'no' }))).toMatchObject({
      events: [],
      retry: { kind: 'backoff', message: 'unable to delete object [statusthings.golden.test/old]: no' },
    });
  });

  test('with the first output by name is told, in whatever order the template has them', () => {
    expect(lines(wrong({ b: '.status.b', a: '.status.a' }))[0]).toContain('failed to evaluate path [.status.a]');
  });

  test('with a run of a fixed name is told by that name', () => {
    const cluster = running();
    const run = { ...thing('fixed', {}), kind: 'StatusThing' };
    cluster.put(template('ClusterRunTemplate', 'rt', { template: run }));
    cluster.refusal = () => ({ kind: 'refused', code: 422, message: 'no' });
    cluster.settle();
    expect(lines(cluster)[0]).toContain('unable to apply object [team/fixed] for run template [rt]: create: no');
  });

  const secretOf = (value: string, metadata: JsonObject = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', ...metadata },
    stringData: { value },
  });
  const selector = { resource: { apiVersion: 'v1', kind: 'Secret' }, matchingLabels: { pick: 'me' } };

  test.each<[string, JsonObject]>([
    ['that it selects', { ...thing('', {}), metadata: { generateName: 'r-' }, spec: { v: '$(selected.stringData)$' } }],
    ['that it makes', { ...secretOf('hunter22'), metadata: { generateName: 'r-' } }],
  ])('does not show what stands in a Secret %s', (_what, run) => {
    const cluster = running();
    cluster.put(secretOf('hunter22', { labels: { pick: 'me' } }));
    cluster.put(template('ClusterRunTemplate', 'rt', { template: run }));
    cluster.refusal = () => ({ kind: 'refused', code: 422, message: 'invalid value "hunter22"' });
    edit(cluster, run['kind'] === 'Secret' ? {} : { selector });
    expect(lines(cluster)[0]).toContain('create: invalid value "[redacted]"');
  });

  test('does not show what another put into a Secret that it makes', () => {
    const cluster = running();
    const run = { ...secretOf('hunter22'), metadata: { generateName: 'r-' } };
    cluster.put(template('ClusterRunTemplate', 'rt', { template: run, outputs: { out: '{.data.a}{.data.b}' } }));
    cluster.settle();
    const name = cluster.all('Secret')[0]?.metadata.name ?? '';
    const conditions = [{ type: 'Succeeded', status: 'True' }];
    cluster.patch('Secret', name, { data: { a: 'aHVudGVyMzM=', b: 'aHVudGVyNDQ=' }, status: { conditions } });
    cluster.settle();
    expect(lines(cluster)[0]).toContain('more queries than expected: [[[redacted]] [[redacted]]]');
  });
});

test('a run says what it was made from, and a loop of runs names the object that the Runnable selects', () => {
  const selector = { resource: { apiVersion: 'v1', kind: 'ConfigMap' }, matchingLabels: { pick: 'me' } };
  const cluster = running();
  cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'picked', labels: { pick: 'me' } } });
  edit(cluster, { inputs: { in: 'two' }, selector });
  const made = cluster.all('StatusThing').at(-1)?.metadata.annotations?.['carto.run/made-from'] ?? '';
  expect(JSON.parse(made)).toEqual({
    template: { uid: cluster.get('ClusterRunTemplate', 'rt').metadata.uid, generation: 1 },
    selected: { uid: cluster.get('ConfigMap', 'picked').metadata.uid, generation: 1 },
  });
  cluster.pace = () => ({ created: { writes: 5, restMs: 7_000 } });
  edit(cluster, { inputs: { in: 'three' }, selector });
  expect(lines(cluster)[0]).toContain('[Runnable/runner] selects [ConfigMap/picked]');
});

describe('a Runnable', () => {
  test('that is being deleted is left alone', () => {
    const cluster = running();
    const { writes, statusWrites } = cluster.log;
    const before = [writes.length, statusWrites.length];
    edit(cluster, { inputs: { in: 'two' } }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect([writes.length, statusWrites.length]).toEqual(before);
    expect(planned(cluster, () => ({}))).toMatchObject({
      kind: 'settled',
      status: undefined,
      statusChanged: false,
      retry: { kind: 'none' },
    });
  });

  test.each([
    ['in every way', {}, {}],
    ['without its account', { serviceAccountName: 'none' }, { name: 'none' }],
    ['with an account named by nothing', { serviceAccountName: '' }, {}],
  ])('is woken by its template and account: %s', (_what, spec, account) => {
    expect(planned(running(spec), () => ({})).dependencies).toMatchObject({
      templates: [{ kind: 'ClusterRunTemplate', name: 'rt' }],
      account: { namespace: 'team', name: 'default', ...account },
      unknownKinds: [],
      selected: [],
    });
  });

  test('is woken by its template while that is not there', () => {
    const cluster = running({ runTemplateRef: { name: 'later' } });
    expect(planned(cluster, () => ({})).dependencies.templates).toEqual([
      { kind: 'ClusterRunTemplate', name: 'later' },
    ]);
  });

  test('whose account has no token yet is tried again', () => {
    const cluster = running();
    const settled = planned(cluster, () => ({ account: () => ({ kind: 'failed', message: 'not now' }) as never }));
    expect(settled).toMatchObject({ kind: 'settled', retry: { kind: 'backoff' } });
    expect(planned(cluster, () => ({ account: () => undefined }))).toMatchObject({
      kind: 'act',
      lookups: [{ lookup: 'account', key: { namespace: 'team', name: 'default' } }],
      writes: [],
    });
  });

  const selecting = (apiVersion: string, kind: string): SimulatedCluster =>
    running({ selector: { resource: { apiVersion, kind }, matchingLabels: { pick: 'me' } } });

  test('is woken by the kind that it selects while the server does not know it, and tries again', () => {
    const settled = planned(selecting('later.test/v1', 'Later'), () => ({}));
    expect(settled).toMatchObject({ kind: 'settled', retry: { kind: 'backoff' } });
    expect(settled.dependencies.unknownKinds).toEqual([{ apiVersion: 'later.test/v1', kind: 'Later' }]);
  });

  test('selects objects of a cluster-scoped kind wherever, of others in its namespace', () => {
    const cluster = selecting('v1', 'Node');
    cluster.types.push({ group: '', version: 'v1', kind: 'Node', resource: 'nodes', namespaced: false });
    expect(planned(cluster, () => ({})).dependencies.selected).toMatchObject([{ type: { kind: 'Node' } }]);
    expect(planned(cluster, () => ({})).dependencies.selected[0]).not.toHaveProperty('namespace');
    expect(planned(selecting('v1', 'ConfigMap'), () => ({})).dependencies.selected).toMatchObject([
      { type: { kind: 'ConfigMap' }, namespace: 'team', labels: { pick: 'me' } },
    ]);
  });

  test.each([
    [403, { kind: 'after', afterMs: 30_000 }],
    [503, { kind: 'backoff' }],
  ])('that cannot list what it selects (%i) makes no run, and tries again', (code, retry) => {
    const settled = planned(selecting('v1', 'ConfigMap'), () => ({
      listed: () => ({ kind: 'failed', code, message: 'no' }),
    }));
    expect(settled).toMatchObject({ kind: 'settled', retry });
    expect(planned(selecting('v1', 'ConfigMap'), () => ({ listed: () => undefined }))).toMatchObject({
      kind: 'act',
      lookups: [{ lookup: 'list', key: { labels: { pick: 'me' } } }],
      writes: [],
    });
  });

  test('that selects several is told which in an event, and waits for a change', () => {
    const cluster = selecting('v1', 'ConfigMap');
    for (const name of ['a', 'b']) {
      cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { pick: 'me' } } });
    }
    const settled = planned(cluster, () => ({}));
    expect(settled).toMatchObject({ kind: 'settled', retry: { kind: 'none' }, events: [{ type: 'Warning' }] });
    expect(JSON.stringify(settled.kind === 'settled' && settled.events)).toContain('b');
  });

  test('whose run is refused for lack of rights comes back after half a minute', () => {
    const cluster = running();
    cluster.refusal = () => ({ kind: 'refused', code: 403, message: 'forbidden' });
    cluster.put(runnable({ inputs: { in: 'two' } }));
    expect(cluster.reconcile(owner(cluster)).retry).toMatchObject({ kind: 'after', afterMs: 30_000 });
  });

  test('tells the generation that it saw, and writes no status that says the same', () => {
    const cluster = running();
    edit(cluster, { inputs: { in: 'two' } });
    expect(owner(cluster)['status']).toMatchObject({ observedGeneration: 2 });
    expect(planned(cluster, () => ({}))).toMatchObject({ statusChanged: false });
  });
});
