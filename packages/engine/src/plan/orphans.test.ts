import { LABELS } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, ownerLines, resource, template, thing, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import { workloadOwner } from '../world/owner-kind.ts';
import type { Cluster, Deletion, Plan } from '../world/world.ts';
import { deletionEvents, deletionRetries, runDelete } from './orphans.ts';
import { plan } from './plan.ts';

const keep = resource('keep', 'ClusterTemplate', 'keep');
const gone = resource('gone', 'ClusterTemplate', 'gone');
const stamping = (rendered: JsonObject, more: JsonObject = {}): KubeObject =>
  template('ClusterTemplate', 'gone', { template: rendered, ...more });
const RUN: JsonObject = { ...thing('', { p: '$(params.p)$' }), metadata: { generateName: 'run-' } };
const makingRuns = stamping(RUN, { lifecycle: 'immutable' });

/** A workload `shop` whose steps `keep` and `gone` have stamped, the one a ConfigMap, the other by this template. */
function stood(goneTemplate: KubeObject = stamping(configMap('gone', {}))): SimulatedCluster {
  const cluster = new SimulatedCluster();
  cluster.put(template('ClusterTemplate', 'keep', { template: configMap('keep', {}) }));
  cluster.put(goneTemplate);
  cluster.put(chain('web', [keep, gone]));
  input(cluster, 'one');
  return cluster;
}

function input(cluster: SimulatedCluster, p: string): void {
  cluster.second += 10;
  cluster.put(workload('shop', { params: [{ name: 'p', value: p }] }));
  cluster.settle();
}

function withRuns(): SimulatedCluster {
  const cluster = stood(makingRuns);
  input(cluster, 'two');
  return cluster;
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Workload', 'shop');
const maps = (cluster: SimulatedCluster): unknown[] => cluster.all('ConfigMap').map(({ metadata }) => metadata.name);

/** What is planned first where some answers are others, and the caches show what they are given. */
function planned(cluster: SimulatedCluster, answers: Partial<Cluster> = {}): Plan {
  return cluster.planOnce(owner(cluster), { ...cluster.begin().cluster, ...answers });
}

function change(cluster: SimulatedCluster, object: KubeObject): void {
  cluster.put(object);
  for (const blueprint of cluster.all('ClusterSupplyChain')) cluster.blueprint(blueprint);
}

describe('the delete of an orphan', () => {
  test('is of that very object, by its uid, and is asked for once', () => {
    const cluster = stood();
    const { uid } = cluster.get('ConfigMap', 'gone').metadata;
    change(cluster, chain('web', [keep]));
    const act = planned(cluster);
    expect(act).toMatchObject({
      kind: 'act',
      writes: [],
      deletes: [
        {
          resource: 'gone',
          key: { type: { kind: 'ConfigMap', resource: 'configmaps' }, namespace: 'team', name: 'gone' },
          uid,
          cause: 'orphan',
        },
      ],
    });
    const request = act.kind === 'act' ? act.deletes[0] : undefined;
    if (request === undefined) throw new Error('no delete');
    const refused = planned(cluster, {
      deletions: () => [{ request, answer: { kind: 'refused', code: 409, message: 'the uid is another' } }],
    });
    expect(refused).toMatchObject({
      kind: 'settled',
      events: [],
      retry: { kind: 'backoff', message: 'unable to delete object [configmaps/gone]: the uid is another' },
    });
  });

  test('of another life of the object is another delete', () => {
    const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
    const request = (uid: string, name = 'a') =>
      runDelete(type, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'team', uid } });
    expect(request('1')).toEqual({
      id: '/delete/configmaps/a/1',
      resource: '',
      key: { type, namespace: 'team', name: 'a' },
      uid: '1',
      cause: 'retention',
    });
    expect(new Set([request('1'), request('2'), request('1', 'b'), request('1')].map(({ id }) => id)).size).toBe(3);
  });

  test('is asked for only when every step knows what it stamps', () => {
    const cluster = stood();
    change(cluster, chain('web', [keep]));
    expect(planned(cluster, { observed: () => undefined })).toMatchObject({ kind: 'act', deletes: [] });
  });
});

describe('an orphan', () => {
  test.each([
    ['its status and the caches', true, true],
    ['its status alone', true, false],
    ['the caches alone', false, true],
  ])('is found by %s', (_what, byStatus, byCaches) => {
    const cluster = stood();
    const { metadata } = cluster.get('ConfigMap', 'gone');
    // Without its label, the caches do not tell of which step it is.
    if (!byCaches) cluster.patch('ConfigMap', 'gone', { metadata: { labels: null } });
    if (!byStatus) cluster.patch('Workload', 'shop', { status: null });
    change(cluster, chain('web', [keep]));
    const act = planned(cluster);
    expect(act.kind === 'act' && act.deletes.map(({ uid }) => uid)).toEqual([metadata.uid]);
    cluster.settle();
    expect(maps(cluster)).toEqual(['keep']);
  });

  test.each<[string, JsonObject]>([
    ['has another owner now', { ownerReferences: [{ uid: 'other' }] }],
    ['has no owner any more', { ownerReferences: null }],
  ])('is none when it %s', (_what, metadata) => {
    const cluster = stood();
    cluster.patch('ConfigMap', 'gone', { metadata });
    cluster.put(chain('web', [keep]));
    cluster.settle();
    expect(maps(cluster)).toEqual(['keep', 'gone']);
  });

  test('is one of several owners, too, if we are among them', () => {
    const cluster = stood();
    const [ours] = cluster.get('ConfigMap', 'gone').metadata.ownerReferences ?? [];
    cluster.patch('ConfigMap', 'gone', { metadata: { ownerReferences: [{ uid: 'other' }, { ...ours }] as never } });
    cluster.put(chain('web', [keep]));
    cluster.settle();
    expect(maps(cluster)).toEqual(['keep']);
  });

  test('is not what the caches know as ours without the label of a step', () => {
    const cluster = stood();
    const [ours] = cluster.get('ConfigMap', 'keep').metadata.ownerReferences ?? [];
    cluster.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine', ownerReferences: [{ ...ours }] },
    } as never);
    cluster.settle();
    expect(maps(cluster)).toEqual(['keep', 'gone', 'mine']);
  });

  test('is not what another step stands for now', () => {
    const cluster = stood();
    cluster.put(chain('web', [keep, { ...gone, name: 'renamed' }]));
    const before = cluster.get('ConfigMap', 'gone').metadata.uid;
    cluster.settle();
    expect(cluster.get('ConfigMap', 'gone').metadata.uid).toBe(before);
    expect(cluster.get('ConfigMap', 'gone').metadata.labels).toMatchObject({ 'carto.run/resource-name': 'renamed' });
  });

  test('that is gone already is not asked for, and makes no noise', () => {
    const cluster = stood();
    cluster.delete('ConfigMap', 'gone');
    cluster.put(chain('web', [keep]));
    const before = cluster.log.events.length;
    cluster.settle();
    expect(cluster.log.events.slice(before)).toEqual([]);
  });

  test('is what a step stamped that passes something through now', () => {
    const cluster = new SimulatedCluster();
    cluster.put(template('ClusterConfigTemplate', 'c', { configPath: '.data', template: configMap('c', { k: 'v' }) }));
    const reads = { configs: [{ name: 'in', resource: 'first' }] };
    const through = {
      kind: 'ClusterConfigTemplate',
      options: [{ selector: { matchLabels: { app: 'web' } }, passThrough: 'in' }],
    };
    const other = template('ClusterConfigTemplate', 'o', { configPath: '.data', template: configMap('o', { k: 'v' }) });
    cluster.put(other);
    const first = resource('first', 'ClusterConfigTemplate', 'c');
    cluster.put(chain('web', [first, resource('second', 'ClusterConfigTemplate', 'o', reads)]));
    input(cluster, 'one');
    expect(maps(cluster)).toEqual(['c', 'o']);
    cluster.put(chain('web', [first, { name: 'second', templateRef: through, ...reads }]));
    cluster.settle();
    expect(maps(cluster)).toEqual(['c']);
  });
});

describe('a step that fails keeps all that it has', () => {
  const failures: readonly [string, (cluster: SimulatedCluster) => void][] = [
    ['cannot be stamped', (cluster) => void cluster.put(stamping(configMap('$(params.none)$', {})))],
    [
      'is refused by the server',
      (cluster) => {
        cluster.refusal = ({ resource: step }) =>
          step === 'gone' ? { kind: 'refused', code: 403, message: 'no' } : undefined;
        cluster.put(stamping(configMap('renamed', {})));
      },
    ],
    [
      'is stopped before its first object of a new name',
      (cluster) => {
        cluster.pace = (step) => (step === 'gone' ? { created: { writes: 9, restMs: 1 } } : {});
        cluster.put(stamping(configMap('renamed', {})));
      },
    ],
    [
      'has no option that fits',
      (cluster) =>
        void cluster.put(
          chain('web', [
            keep,
            {
              name: 'gone',
              templateRef: {
                kind: 'ClusterTemplate',
                options: [{ name: 'gone', selector: { matchLabels: { app: 'other' } } }],
              },
            },
          ]),
        ),
    ],
  ];

  test.each(failures)('when it %s: one object', (_what, fail) => {
    const cluster = stood();
    fail(cluster);
    cluster.settle();
    expect(ownerLines(owner(cluster))[1]).toContain('ResourcesSubmitted False');
    expect(maps(cluster)).toEqual(['keep', 'gone']);
  });

  test.each(failures)('when it %s: all runs', (_what, fail) => {
    const cluster = withRuns();
    fail(cluster);
    cluster.settle();
    expect(ownerLines(owner(cluster))[1]).toContain('ResourcesSubmitted False');
    expect(cluster.all('Thing')).toHaveLength(2);
  });

  test.each(failures)('when it %s, be its status lost', (_what, fail) => {
    const cluster = withRuns();
    fail(cluster);
    cluster.patch('Workload', 'shop', { status: null });
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(2);
  });
});

describe('all runs of a step', () => {
  test.each([
    ['its status and the caches know them', true],
    ['its status was lost', false],
  ])('go when it goes, whether current or not, where %s', (_what, byStatus) => {
    const cluster = withRuns();
    if (!byStatus) cluster.patch('Workload', 'shop', { status: null });
    change(cluster, chain('web', [keep]));
    const act = planned(cluster);
    const uids = cluster.all('Thing').map(({ metadata }) => metadata.uid);
    const asked = act.kind === 'act' ? act.deletes.map(({ uid }) => uid) : [];
    expect(asked).toHaveLength(2);
    expect(new Set(asked)).toEqual(new Set(uids));
    cluster.settle();
    expect(cluster.all('Thing')).toEqual([]);
    expect(maps(cluster)).toEqual(['keep']);
  });

  test('are found by their labels where the caches do not tell', () => {
    const cluster = withRuns();
    change(cluster, chain('web', [keep]));
    const { metadata } = owner(cluster);
    const uids = cluster.all('Thing').map((run) => run.metadata.uid);
    const listings: unknown[] = [];
    const known = cluster.begin().cluster;
    const blind: Cluster = {
      ...known,
      listed: (key) => {
        listings.push(key.labels);
        return known.listed(key);
      },
    };
    const act = plan({
      kind: workloadOwner,
      owner: owner(cluster),
      blueprints: cluster.all('ClusterSupplyChain'),
      cluster: blind,
      owned: [],
      now: cluster.now,
    });
    expect(act.kind === 'act' && act.deletes).toHaveLength(uids.length);
    expect(listings).toEqual([
      {
        'carto.run/workload-name': metadata.name,
        'carto.run/workload-namespace': metadata.namespace,
        'carto.run/resource-name': 'gone',
      },
    ]);
  });

  test('of another owner stay', () => {
    const cluster = withRuns();
    const [first] = cluster.all('Thing');
    cluster.patch('Thing', first?.metadata.name ?? '', { metadata: { ownerReferences: [{ uid: 'other' }] as never } });
    cluster.put(chain('web', [keep]));
    cluster.settle();
    expect(cluster.all('Thing').map(({ metadata }) => metadata.name)).toEqual([first?.metadata.name]);
  });

  test.each<[string, KubeObject]>([
    ['it stamps one object in place now', stamping(thing('one', {}))],
    [
      'it makes them by another template',
      template('ClusterTemplate', 'next', { template: RUN, lifecycle: 'immutable' }),
    ],
  ])('go when %s', (_what, next) => {
    const cluster = withRuns();
    const before = new Set(cluster.all('Thing').map(({ metadata }) => metadata.uid));
    cluster.put(next);
    cluster.put(chain('web', [keep, resource('gone', 'ClusterTemplate', next.metadata.name ?? '')]));
    cluster.settle();
    expect(cluster.all('Thing').map(({ metadata }) => before.has(metadata.uid))).toEqual([false]);
  });

  test('stay when the step makes them by an edited template, or one of another lifecycle of runs', () => {
    const cluster = withRuns();
    cluster.put(stamping({ ...RUN, spec: { p: 'fixed' } }, { lifecycle: 'immutable' }));
    cluster.settle();
    cluster.put(stamping({ ...RUN, spec: { p: 'fixed' } }, { lifecycle: 'tekton' }));
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(4);
  });

  test('that do not say which template made them stay with their step', () => {
    const cluster = withRuns();
    const [first] = cluster.all('Thing');
    const labels = { 'carto.run/cluster-template-name': null };
    cluster.patch('Thing', first?.metadata.name ?? '', { metadata: { labels } });
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(2);
  });

  test.each<[string, JsonObject]>([
    ['', {}],
    [', be it of a time before objects said that they are changed in place', { [LABELS.templateLifecycle]: null }],
  ])('take the place of the one object of before%s', (_what, labels) => {
    const cluster = stood(stamping(thing('one', {})));
    cluster.patch('Thing', 'one', { metadata: { labels } });
    cluster.put(makingRuns);
    cluster.settle();
    expect(cluster.all('Thing').map(({ metadata }) => metadata.name)).toEqual([expect.stringMatching(/^run-/)]);
  });

  test('go beyond what is to be kept of them, the oldest first', () => {
    const retentionPolicy = { maxSuccessfulRuns: 1, maxFailedRuns: 1 };
    const cluster = stood(stamping(RUN, { lifecycle: 'immutable', retentionPolicy }));
    const [first] = cluster.all('Thing');
    input(cluster, 'two');
    expect(cluster.all('Thing').map(({ spec }) => spec)).toEqual([{ p: 'two' }]);
    expect(cluster.log.events.at(-1)?.message).toBe(
      `Deleted object [things.golden.test/${first?.metadata.name ?? ''}]`,
    );
  });
});

describe('what came of deletes', () => {
  const type = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
  const of = (answer: Deletion['answer'], name = 'a'): Deletion => ({
    request: runDelete(type, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid: '1' } }),
    answer,
  });
  const deletions: readonly Deletion[] = [
    of({ kind: 'deleted', found: true }),
    of({ kind: 'deleted', found: false }, 'b'),
    of({ kind: 'refused', code: 403, message: 'no right' }, 'c'),
    of({ kind: 'refused', code: 429, message: 'later', retryAfterMs: 5_000 }, 'd'),
    of({ kind: 'failed', message: 'no answer' }, 'e'),
  ];

  test('is told where something was there to delete', () => {
    expect(deletionEvents(deletions)).toEqual([
      { type: 'Normal', reason: 'StampedObjectRemoved', message: 'Deleted object [configmaps/a]' },
    ]);
  });

  test('is tried again where the object may be there still', () => {
    const message = (name: string, why: string) => `unable to delete object [configmaps/${name}]: ${why}`;
    expect(deletionRetries(deletions)).toEqual([
      { kind: 'after', afterMs: 30_000, message: message('c', 'no right') },
      { kind: 'backoff', atLeastMs: 5_000, message: message('d', 'later') },
      { kind: 'backoff', message: message('e', 'no answer') },
    ]);
  });
});
