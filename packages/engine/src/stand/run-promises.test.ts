import { LABELS } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, resourceEntry, resourceLines, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Cluster } from '../world/world.ts';
import { rerunNonce } from './stand-run.ts';

/** A workload `shop` whose only step, `build`, makes runs that give out `.status.image` when they are `Done`. */
function building(spec: JsonObject = { healthRule: { singleConditionType: 'Done' } }): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const run = {
    apiVersion: 'golden.test/v1',
    kind: 'Thing',
    metadata: { generateName: 'shop-' },
    spec: { p: '$(params.p)$' },
  };
  cluster.put(
    template('ClusterImageTemplate', 't', {
      imagePath: '.status.image',
      template: run,
      lifecycle: 'immutable',
      ...spec,
    }),
  );
  cluster.put(chain('web', [resource('build', 'ClusterImageTemplate', 't')]));
  input(cluster, 'one');
  return cluster;
}

function input(cluster: SimulatedCluster, p: string, annotations: JsonObject = {}): void {
  cluster.second += 10;
  cluster.put(workload('shop', { params: [{ name: 'p', value: p }] }, { annotations }));
  cluster.settle();
}

function finish(cluster: SimulatedCluster, p: string, status: string): void {
  const run = cluster.all('Thing').findLast((thing) => (thing['spec'] as JsonObject)['p'] === p);
  const conditions = [{ type: 'Done', status }];
  cluster.patch('Thing', run?.metadata.name ?? '', { status: { conditions, image: p } });
  cluster.settle();
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Workload', 'shop');
const inputs = (cluster: SimulatedCluster): unknown[] =>
  cluster.all('Thing').map((thing) => (thing['spec'] as JsonObject)['p']);
const image = (cluster: SimulatedCluster): unknown =>
  (resourceEntry(owner(cluster), 'build')['outputs'] as readonly JsonObject[] | undefined)?.[0]?.['preview'];
const shown = (cluster: SimulatedCluster): unknown => {
  const name = (resourceEntry(owner(cluster), 'build')['stampedRef'] as JsonObject)['name'];
  const run = cluster.all('Thing').find(({ metadata }) => metadata.name === name);
  return (run?.['spec'] as JsonObject | undefined)?.['p'];
};

/** What is planned first where some answers are others. */
function planned(cluster: SimulatedCluster, answers: (known: Cluster) => Partial<Cluster>) {
  const { cluster: known } = cluster.begin();
  return cluster.planOnce(owner(cluster), { ...known, ...answers(known) });
}

describe('a run that an upstream controller made, which writes no digest,', () => {
  function upstream(): SimulatedCluster {
    const cluster = building();
    const [ours] = cluster.all('Thing');
    const { annotations: _digest, ...metadata } = ours?.metadata ?? {};
    cluster.delete('Thing', ours?.metadata.name ?? '');
    cluster.put({ ...ours, metadata: { ...metadata, name: 'shop-x7k2p' } } as KubeObject);
    cluster.settle();
    return cluster;
  }

  test('is that of the current inputs where it is equal', () => {
    const cluster = upstream();
    expect(cluster.all('Thing').map(({ metadata }) => metadata.name)).toEqual(['shop-x7k2p']);
    expect(shown(cluster)).toBe('one');
    input(cluster, 'two');
    expect(inputs(cluster)).toEqual(['one', 'two']);
  });

  test('is not where it lacks a label that the template sets', () => {
    const cluster = upstream();
    const run = { ...configMap('', {}), kind: 'Thing', apiVersion: 'golden.test/v1', spec: { p: '$(params.p)$' } };
    const metadata = { generateName: 'shop-', labels: { team: 'a' } };
    const spec = { imagePath: '.status.image', lifecycle: 'immutable', template: { ...run, metadata } };
    cluster.put(template('ClusterImageTemplate', 't', spec));
    cluster.settle();
    expect(inputs(cluster)).toEqual(['one', 'one']);
  });
});

describe('before a run is made', () => {
  const none = (): Partial<Cluster> => ({ listed: () => ({ kind: 'listed', objects: [] }) });

  test('the list of all runs of its step is asked for, no older than the last own write', () => {
    const cluster = building();
    const act = planned(cluster, none);
    const { metadata } = cluster.all('Thing')[0] as KubeObject;
    expect(act).toMatchObject({ kind: 'act', lookups: [], deletes: [] });
    const [write, ...others] = act.kind === 'act' ? act.writes : [];
    expect(others).toEqual([]);
    expect(write).toMatchObject({
      verb: 'create',
      cause: 'created',
      resource: 'build',
      object: { metadata: { name: metadata.name } },
    });
    expect(write?.fresh).toEqual({
      type: { group: 'golden.test', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true },
      namespace: 'team',
      labels: {
        'carto.run/workload-name': 'shop',
        'carto.run/workload-namespace': 'team',
        'carto.run/supply-chain-name': 'web',
        [LABELS.resourceName]: 'build',
        [LABELS.templateKind]: 'ClusterImageTemplate',
        [LABELS.clusterTemplateName]: 't',
        [LABELS.templateLifecycle]: 'immutable',
      },
    });
  });

  test('nothing is made as long as the runs are not known', () => {
    const act = planned(building(), () => ({ listed: () => undefined }));
    expect(act).toMatchObject({ kind: 'act', writes: [], lookups: [{ lookup: 'list', key: { namespace: 'team' } }] });
  });

  test.each([
    [403, { kind: 'after', afterMs: 30_000 }],
    [500, { kind: 'backoff' }],
  ])('nothing is made when they cannot be listed (%i), and it is tried again', (code, retry) => {
    const settled = planned(building(), () => ({ listed: () => ({ kind: 'failed', code, message: 'not now' }) }));
    expect(settled).toMatchObject({ kind: 'settled', retry });
    expect(JSON.stringify(settled)).toContain('unable to list from api server: not now');
  });

  test.each([
    ['another owner made', { ownerReferences: [] }, false],
    ['has other inputs', { annotations: {} }, false],
    ['has another name', { name: 'x' }, false],
    ['was made by a create whose answer was lost', {}, true],
  ])('one of its name that %s (%j) is taken for it: %s', (_what, changed, taken) => {
    const cluster = building();
    const live = cluster.all('Thing')[0] as KubeObject;
    const object = { ...live, metadata: { ...live.metadata, ...changed } };
    const settled = planned(cluster, (known) => ({
      ...none(),
      written: (id) => known.written(id) ?? { kind: 'exists', object, message: 'it already exists' },
    }));
    expect(settled.kind).toBe('settled');
    expect(JSON.stringify(settled).includes('create: it already exists')).toBe(!taken);
  });
});

describe('a run of the current inputs', () => {
  test('is that of this owner alone, whatever labels others have', () => {
    const cluster = building();
    const first = cluster.all('Thing')[0] as KubeObject;
    const reference = { ...first.metadata.ownerReferences?.[0], uid: 'other' };
    cluster.delete('Thing', first.metadata.name ?? '');
    const metadata = { ...first.metadata, name: 'theirs', annotations: {}, ownerReferences: [reference] };
    cluster.put({ ...first, metadata } as KubeObject);
    cluster.settle();
    expect(resourceEntry(owner(cluster), 'build')['stampedRef']).toMatchObject({ name: first.metadata.name });
    expect(cluster.log.writes.filter(({ verb }) => verb === 'create')).toHaveLength(2);
  });

  test('that no digest tells is the newest of those that are equal', () => {
    const cluster = building();
    const first = cluster.all('Thing')[0] as KubeObject;
    const { uid: _uid, creationTimestamp: _time, ...metadata } = first.metadata;
    cluster.delete('Thing', first.metadata.name ?? '');
    for (const [name, second, p] of [
      ['up-1', 20, 'one'],
      ['up-3', 30, 'one'],
      ['up-4', 40, 'two'],
      ['up-2', 25, 'one'],
    ] as const) {
      cluster.second = second;
      cluster.put({ ...first, metadata: { ...metadata, name, annotations: {} }, spec: { p } });
    }
    cluster.settle();
    expect(resourceEntry(owner(cluster), 'build')['stampedRef']).toMatchObject({ name: 'up-3' });
    expect(cluster.all('Thing')).toHaveLength(4);
    input(cluster, 'one', { 'carto.run/rerun': '1' });
    expect(cluster.all('Thing')).toHaveLength(5);
  });

  test('is found before an equal one that no digest tells', () => {
    const cluster = building();
    const first = cluster.all('Thing')[0] as KubeObject;
    cluster.second += 10;
    cluster.put({ ...first, metadata: { ...first.metadata, name: 'later', annotations: {} } });
    cluster.settle();
    expect(resourceEntry(owner(cluster), 'build')['stampedRef']).toMatchObject({ name: first.metadata.name });
  });

  test('is another for each step, and for each time that the owner asks', () => {
    const cluster = building();
    cluster.put(
      chain('web', [resource('build', 'ClusterImageTemplate', 't'), resource('too', 'ClusterImageTemplate', 't')]),
    );
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(2);
    for (const [annotation, count] of [
      ['1', 4],
      ['2', 6],
      ['too=2', 6],
      ['too=3,build=2', 7],
      ['build=4', 8],
      ['1', 8],
    ] as const) {
      input(cluster, 'one', { 'carto.run/rerun': annotation });
      expect(cluster.all('Thing'), annotation).toHaveLength(count);
    }
  });

  test('has a name of no more than 63 characters, the prefix cut for its hash', () => {
    const cluster = building();
    const prefix = 'p'.repeat(60);
    const run = { apiVersion: 'golden.test/v1', kind: 'Thing', metadata: { generateName: prefix }, spec: {} };
    cluster.put(
      template('ClusterImageTemplate', 't', { imagePath: '.status.image', lifecycle: 'immutable', template: run }),
    );
    cluster.settle();
    expect(cluster.all('Thing').at(-1)?.metadata.name).toMatch(/^p{53}[0-9a-f]{10}$/);
  });
});

test.each([
  [undefined, 'a', ''],
  ['', 'a', ''],
  ['7', 'a', '7'],
  ['a=7', 'a', '7'],
  ['b=7', 'a', ''],
  ['b=7, a = 8', 'a', '8'],
  ['b=7,a', 'a', ''],
  ['a,b=7', 'a', ''],
  ['a=7,a=8', 'a', '7'],
  ['a=7=8', 'a', '7=8'],
  ['ab=7', 'a', ''],
  ['7', '', '7'],
  ['=7', '', '7'],
  ['a=7,7', '', ''],
])('rerun %j asks resource %j for %j', (annotation, name, nonce) => {
  expect(rerunNonce(annotation, name)).toBe(nonce);
});

describe('with few runs kept', () => {
  const few = (maxSuccessfulRuns: number, maxFailedRuns: number): SimulatedCluster =>
    building({
      healthRule: { singleConditionType: 'Done' },
      retentionPolicy: { maxSuccessfulRuns, maxFailedRuns },
    });

  test('inputs that come back find their run, which stays, old as it is, and its outputs count', () => {
    const cluster = few(1, 1);
    finish(cluster, 'one', 'True');
    const first = cluster.all('Thing')[0]?.metadata.uid;
    input(cluster, 'two');
    input(cluster, 'one');
    finish(cluster, 'two', 'True');
    expect(inputs(cluster)).toEqual(['one', 'two']);
    expect(cluster.all('Thing')[0]?.metadata.uid).toBe(first);
    expect([shown(cluster), image(cluster)]).toEqual(['one', 'one\n']);
    input(cluster, 'two');
    expect(inputs(cluster)).toEqual(['two']);
    expect([shown(cluster), image(cluster)]).toEqual(['two', 'two\n']);
  });

  test('the run whose outputs count stays while newer ones fail, be none to be kept', () => {
    const cluster = few(0, 0);
    finish(cluster, 'one', 'True');
    for (const p of ['two', 'three']) {
      input(cluster, p);
      finish(cluster, p, 'False');
      expect([inputs(cluster), shown(cluster), image(cluster)]).toEqual([['one', p], p, 'one\n']);
    }
  });

  test('a run that was just made counts once', () => {
    const cluster = building({ retentionPolicy: { maxSuccessfulRuns: 2, maxFailedRuns: 1 } });
    for (const p of ['two', 'three', 'four']) input(cluster, p);
    expect(inputs(cluster)).toEqual(['three', 'four']);
  });

  test('each goes by its uid, and once', () => {
    const cluster = building({ retentionPolicy: { maxSuccessfulRuns: 2, maxFailedRuns: 2 } });
    const [first] = cluster.all('Thing');
    input(cluster, 'two');
    cluster.put(
      template('ClusterImageTemplate', 't', {
        ...(cluster.get('ClusterImageTemplate', 't')['spec'] as JsonObject),
        retentionPolicy: { maxSuccessfulRuns: 1, maxFailedRuns: 1 },
      }),
    );
    const act = planned(cluster, () => ({}));
    expect(act).toMatchObject({
      kind: 'act',
      writes: [],
      deletes: [
        {
          resource: 'build',
          key: { type: { kind: 'Thing' }, namespace: 'team', name: first?.metadata.name },
          uid: first?.metadata.uid,
          cause: 'retention',
        },
      ],
    });
    const request = act.kind === 'act' ? act.deletes[0] : undefined;
    if (request === undefined) throw new Error('no delete');
    const settled = planned(cluster, () => ({
      deletions: () => [{ request, answer: { kind: 'deleted', found: true } }],
    }));
    expect(settled).toMatchObject({ kind: 'settled', events: [{ reason: 'StampedObjectRemoved' }] });
  });

  test('runs of another owner neither count nor go', () => {
    const cluster = few(1, 1);
    finish(cluster, 'one', 'True');
    const first = cluster.all('Thing')[0] as KubeObject;
    cluster.second += 5;
    const reference = { ...first.metadata.ownerReferences?.[0], uid: 'other' };
    cluster.put({
      ...first,
      metadata: { ...first.metadata, name: 'theirs', ownerReferences: [reference] },
    } as KubeObject);
    input(cluster, 'two');
    finish(cluster, 'two', 'True');
    expect(cluster.all('Thing').map(({ metadata }) => metadata.name === 'theirs')).toEqual([true, false]);
    expect(image(cluster)).toBe('two\n');
  });
});

describe('the circuit breaker', () => {
  const afterOneWrite = (cluster: SimulatedCluster): void => {
    const before = cluster.log.writes.length;
    cluster.pace = () => (cluster.log.writes.length > before ? { created: { writes: 1, restMs: 1 } } : {});
  };

  test('stops the run after the last one that it lets through, not that one', () => {
    const cluster = building({});
    afterOneWrite(cluster);
    input(cluster, 'two');
    expect(inputs(cluster)).toEqual(['one', 'two']);
    expect(resourceLines(owner(cluster), 'build')[0]).not.toContain('TooManyWrites');
    input(cluster, 'three');
    expect(inputs(cluster)).toEqual(['one', 'two']);
    expect(resourceLines(owner(cluster), 'build')[0]).toContain('TooManyWrites');
  });

  test('does not speak over what the server said to the last write that it lets through', () => {
    const cluster = building({});
    afterOneWrite(cluster);
    cluster.refusal = () => ({ kind: 'refused', code: 422, message: 'is invalid' });
    cluster.put(workload('shop', { params: [{ name: 'p', value: 'two' }] }));
    cluster.reconcile(owner(cluster));
    expect(resourceLines(owner(cluster), 'build')[0]).toContain('create: is invalid');
  });

  test('stops no run that is there', () => {
    const cluster = building({});
    input(cluster, 'two');
    cluster.pace = () => ({ created: { writes: 1, restMs: 1 } });
    input(cluster, 'one');
    expect([shown(cluster), inputs(cluster)]).toEqual(['one', ['one', 'two']]);
    expect(resourceLines(owner(cluster), 'build')[0]).not.toContain('TooManyWrites');
  });

  test('stops no run for writes of another cause', () => {
    const cluster = building({});
    const stop = { writes: 1, restMs: 1 };
    cluster.pace = (step) => (step === 'build' ? { changed: stop, restored: stop } : { created: stop });
    input(cluster, 'two');
    expect(inputs(cluster)).toEqual(['one', 'two']);
  });
});

describe('the name of a run', () => {
  const named = (metadata: JsonObject): SimulatedCluster =>
    building({ template: { apiVersion: 'golden.test/v1', kind: 'Thing', metadata, spec: { p: '$(params.p)$' } } });

  test('is the one that the template gives, whatever prefix stands beside it', () => {
    const cluster = named({ name: 'fixed', generateName: 'shop-' });
    expect(cluster.all('Thing').map(({ metadata }) => metadata.name)).toEqual(['fixed']);
  });

  test('is not made up where the template gives neither name nor prefix', () => {
    const cluster = named({ labels: { a: 'b' } });
    expect(new Set(cluster.log.writes.map(({ object }) => object.metadata.name ?? ''))).toEqual(new Set(['']));
  });

  test.each([
    [{ generateName: 'shop-' }, 'shop-'],
    [{ name: 'fixed' }, 'fixed'],
  ])('%j is told as [%s] where run after run was made', (metadata, text) => {
    const cluster = named(metadata);
    cluster.pace = () => ({ created: { writes: 50, restMs: 60_000 } });
    input(cluster, 'two');
    expect(resourceLines(owner(cluster), 'build')[0]).toContain(`new objects of [things.golden.test/${text}]`);
  });
});

test('runs that are made for nothing but the annotation are told by it', () => {
  const cluster = building();
  cluster.pace = () => ({ created: { writes: 50, restMs: 60_000 } });
  input(cluster, 'one', { 'carto.run/rerun': '2' });
  expect(resourceLines(owner(cluster), 'build')[0]).toContain('the annotation carto.run/rerun of the owner changes');
});
