import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, ownerLines, resource, resourceEntry, resourceLines, template, workload } from '../testing/builders.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

/** Scenario 33: runs of an immutable template, and a mutable object that shows their output. */
function runs(
  spec: JsonObject = { lifecycle: 'immutable', healthRule: { singleConditionType: 'Done' } },
): SimulatedCluster {
  const cluster = new SimulatedCluster();
  const run = {
    apiVersion: 'golden.test/v1',
    kind: 'Thing',
    metadata: { generateName: '$(workload.metadata.name)$-' },
    spec: { p: '$(params.p)$' },
  };
  cluster.put(template('ClusterImageTemplate', 't', { imagePath: '.status.image', template: run, ...spec }));
  cluster.put(
    template('ClusterTemplate', 'd', {
      template: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'down' }, data: { i: '$(image)$' } },
    }),
  );
  cluster.put(
    chain('web', [
      resource('build', 'ClusterImageTemplate', 't'),
      resource('down', 'ClusterTemplate', 'd', { images: [{ name: 'i', resource: 'build' }] }),
    ]),
  );
  input(cluster, 'one');
  return cluster;
}

function input(cluster: SimulatedCluster, p: string, annotations: JsonObject = {}): void {
  cluster.second += 10;
  cluster.put(workload('shop', { params: [{ name: 'p', value: p }] }, { annotations }));
  cluster.settle();
}

function runOf(cluster: SimulatedCluster, p: string): KubeObject {
  const found = cluster.all('Thing').findLast((thing) => (thing['spec'] as JsonObject)['p'] === p);
  if (found === undefined) throw new Error(`no run of ${p}`);
  return found;
}

function finish(cluster: SimulatedCluster, p: string, status: string, image?: string): void {
  const conditions = [
    { type: 'Done', status, message: `${p} ${status}` },
    { type: 'Succeeded', status },
  ];
  cluster.patch('Thing', runOf(cluster, p).metadata.name ?? '', {
    status: { conditions, ...(image === undefined ? {} : { image }) },
  });
  cluster.settle();
}

const down = (cluster: SimulatedCluster) => cluster.get('ConfigMap', 'down')['data'];
const stampedName = (cluster: SimulatedCluster) =>
  (resourceEntry(cluster.get('Workload', 'shop'), 'build')['stampedRef'] as JsonObject)['name'];

describe('a run', () => {
  test('has a name that follows from its inputs, and is made once', () => {
    const cluster = runs();
    const { metadata } = runOf(cluster, 'one');
    expect(metadata.name).toMatch(/^shop-[0-9a-f]{10}$/);
    cluster.memories.clear();
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(1);
    expect(cluster.log.writes.filter(({ verb }) => verb === 'create')).toHaveLength(1);
    expect(cluster.log.events[0]?.message).toBe(`Created object [things.golden.test/${metadata.name ?? ''}]`);
  });

  test('that was made by a create whose answer was lost is found', () => {
    const cluster = runs();
    cluster.refusal = () => undefined;
    const { cluster: known } = cluster.begin();
    const owner = cluster.get('Workload', 'shop');
    const blind = { ...known, listed: () => ({ kind: 'listed' as const, objects: [] }) };
    const planned = cluster.planOnce(owner, blind);
    expect(planned).toMatchObject({ kind: 'act', writes: [{ verb: 'create', fresh: { namespace: 'team' } }] });
    const live = runOf(cluster, 'one');
    const again = cluster.planOnce(owner, {
      ...blind,
      written: () => ({ kind: 'exists', object: live, message: 'already exists' }),
    });
    expect(again).toMatchObject({ kind: 'settled', statusChanged: false });
  });

  test('is not repeated when its inputs come back', () => {
    const cluster = runs();
    const first = runOf(cluster, 'one');
    input(cluster, 'two');
    input(cluster, 'one');
    expect(cluster.all('Thing')).toHaveLength(2);
    expect(stampedName(cluster)).toBe(first.metadata.name);
  });

  test('is repeated when the owner asks, for all resources or for one', () => {
    const cluster = runs();
    input(cluster, 'one', { 'carto.run/rerun': '1' });
    expect(cluster.all('Thing')).toHaveLength(2);
    input(cluster, 'one', { 'carto.run/rerun': 'down=2' });
    expect(cluster.all('Thing')).toHaveLength(2);
    input(cluster, 'one', { 'carto.run/rerun': 'build=2,down=2' });
    expect(cluster.all('Thing')).toHaveLength(3);
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(3);
  });

  test('of an upstream controller, which writes no digest, is taken over', () => {
    const cluster = runs();
    const { metadata } = runOf(cluster, 'one');
    cluster.patch('Thing', metadata.name ?? '', { metadata: { annotations: null } });
    cluster.settle();
    expect(cluster.all('Thing')).toHaveLength(1);
    expect(stampedName(cluster)).toBe(metadata.name);
  });

  test('with a fixed name cannot be made anew', () => {
    const cluster = runs();
    cluster.put(
      template('ClusterImageTemplate', 't', {
        imagePath: '.spec.p',
        lifecycle: 'immutable',
        template: {
          apiVersion: 'golden.test/v1',
          kind: 'Thing',
          metadata: { name: 'fixed' },
          spec: { p: '$(params.p)$' },
        },
      }),
    );
    cluster.settle();
    input(cluster, 'two');
    expect(resourceLines(cluster.get('Workload', 'shop'), 'build')[0]).toBe(
      'ResourceSubmitted False TemplateRejectedByAPIServer: unable to apply object [team/fixed] for resource [build] in supply chain [web]: create: things.golden.test "fixed" already exists',
    );
    expect(down(cluster)).toEqual({ i: 'one' });
  });

  test('that the server refuses is named by its prefix', () => {
    const cluster = runs();
    cluster.refusal = ({ object }) => ({
      kind: 'refused',
      code: 422,
      message: `Thing "${object.metadata.name ?? ''}" is invalid`,
    });
    input(cluster, 'two');
    expect(resourceLines(cluster.get('Workload', 'shop'), 'build')[0]).toBe(
      'ResourceSubmitted False TemplateRejectedByAPIServer: unable to apply object [team/] for resource [build] in supply chain [web]: create: Thing "shop-" is invalid',
    );
  });

  test('is made no more when too many were made', () => {
    const cluster = runs();
    cluster.pace = () => ({ created: { writes: 50, restMs: 60_000 } });
    input(cluster, 'two');
    expect(cluster.all('Thing')).toHaveLength(1);
    expect(resourceLines(cluster.get('Workload', 'shop'), 'build')[0]).toContain('TooManyWrites');
  });
});

describe('the outputs of runs', () => {
  test('stay those of the newest healthy run until the current one is healthy', () => {
    const cluster = runs();
    expect(ownerLines(cluster.get('Workload', 'shop'))[1]).toContain(
      'MissingValueAtPath: waiting to read value [.status.image]',
    );
    finish(cluster, 'one', 'True', 'img1');
    expect(down(cluster)).toEqual({ i: 'img1' });
    input(cluster, 'two');
    finish(cluster, 'two', 'False', 'img2');
    expect(down(cluster)).toEqual({ i: 'img1' });
    expect(resourceLines(cluster.get('Workload', 'shop'), 'build')).toEqual([
      'ResourceSubmitted True ResourceSubmissionComplete',
      'Healthy False DoneCondition: two False',
      'Ready False DoneCondition: two False',
    ]);
    finish(cluster, 'two', 'True', 'img2');
    expect(down(cluster)).toEqual({ i: 'img2' });
    input(cluster, 'one');
    expect(down(cluster)).toEqual({ i: 'img1' });
  });

  test('of lifecycle tekton go by the condition Succeeded', () => {
    const cluster = runs({ lifecycle: 'tekton' });
    expect(resourceLines(cluster.get('Workload', 'shop'), 'build')[1]).toBe(
      'Healthy Unknown SucceededCondition: condition with type [Succeeded] not found on resource status',
    );
    finish(cluster, 'one', 'True', 'img1');
    expect(down(cluster)).toEqual({ i: 'img1' });
  });
});

describe('retention', () => {
  test('keeps as many good and bad runs as the policy says, the newest, and all that are undecided', () => {
    const cluster = runs({
      lifecycle: 'immutable',
      healthRule: { singleConditionType: 'Done' },
      retentionPolicy: { maxSuccessfulRuns: 1, maxFailedRuns: 1 },
    });
    finish(cluster, 'one', 'True', '1');
    for (const p of ['two', 'three']) {
      input(cluster, p);
      finish(cluster, p, 'False');
    }
    input(cluster, 'four');
    expect(cluster.all('Thing').map((thing) => (thing['spec'] as JsonObject)['p'])).toEqual(['one', 'three', 'four']);
    input(cluster, 'five');
    finish(cluster, 'five', 'True', '5');
    expect(cluster.all('Thing').map((thing) => (thing['spec'] as JsonObject)['p'])).toEqual(['three', 'four', 'five']);
    const deleted = cluster.log.events.filter(({ reason }) => reason === 'StampedObjectRemoved');
    expect(deleted).toHaveLength(2);
  });

  test('lets all runs go when their resource goes', () => {
    const cluster = runs();
    input(cluster, 'two');
    cluster.put(chain('web', []));
    cluster.settle();
    expect(cluster.all('Thing')).toEqual([]);
  });
});
