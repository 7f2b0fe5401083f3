import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, configMap, resource, resourceEntry, resourceLines, thing, workload } from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';

const stamping = (rendered: JsonObject): SimulatedCluster => oneStep({ template: rendered });

const line = (cluster: SimulatedCluster): string | undefined =>
  resourceLines(cluster.get('Workload', 'shop'), 'only')[0];

describe('a stamped object', () => {
  test('belongs to its owner, by labels, reference, namespace and digest', () => {
    const cluster = stamping({
      ...thing('a', { x: 1 }),
      metadata: {
        name: 'a',
        namespace: 'team',
        creationTimestamp: null,
        labels: { own: 'x', 'carto.run/resource-name': 'forged' },
        annotations: { note: 'y' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
      },
    });
    cluster.settle();
    const { metadata } = cluster.get('Thing', 'a');
    expect(metadata.labels).toEqual({
      own: 'x',
      'carto.run/workload-name': 'shop',
      'carto.run/workload-namespace': 'team',
      'carto.run/supply-chain-name': 'web',
      'carto.run/resource-name': 'only',
      'carto.run/template-kind': 'ClusterTemplate',
      'carto.run/cluster-template-name': 't',
      'carto.run/template-lifecycle': 'mutable',
    });
    expect(metadata.ownerReferences).toEqual([
      {
        apiVersion: 'carto.run/v1alpha1',
        kind: 'Workload',
        name: 'shop',
        uid: cluster.get('Workload', 'shop').metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(metadata.annotations).toEqual({
      note: 'y',
      'carto.run/made-from': expect.stringMatching(/^{"blueprint"/),
      'carto.run/stamp-digest': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('gets back the fields that we own, and keeps what others own', () => {
    const cluster = stamping(thing('a', { list: [{ n: 1 }], gone: 'x' }));
    cluster.settle();
    const foreign = {
      spec: { gone: null, list: [{ n: 2 }], theirs: 1 },
      metadata: { labels: { mine: 'x' } },
      status: { s: 1 },
    };
    cluster.patch('Thing', 'a', foreign);
    const before = cluster.log.writes.length;
    cluster.settle();
    expect(cluster.log.writes.slice(before).map(({ cause }) => cause)).toEqual(['restored']);
    const live = cluster.get('Thing', 'a');
    expect(live['spec']).toEqual({ list: [{ n: 1 }], gone: 'x', theirs: 1 });
    expect(live.metadata.labels).toMatchObject({ mine: 'x' });
    expect(live['status']).toEqual({ s: 1 });
  });

  test.each([
    ['status', { status: { phase: 'x' } }],
    ['a field that we do not set', { spec: { theirs: 1 } }],
    ['a label of others', { metadata: { labels: { mine: 'x' } } }],
    ['a finalizer', { metadata: { finalizers: ['f'] } }],
  ])('is left alone when %s changes', (_what, patch) => {
    const cluster = stamping(thing('a', { x: 1, nothing: null, empty: {}, none: [] }));
    cluster.settle();
    const before = cluster.log.writes.length;
    cluster.patch('Thing', 'a', { spec: { nothing: null, empty: null, none: null } });
    cluster.patch('Thing', 'a', patch);
    cluster.settle();
    expect(cluster.log.writes).toHaveLength(before);
  });

  test('that the server writes in its own notation is applied once, and again only after a restart', () => {
    const cluster = stamping(thing('a', { cpu: '1000m' }));
    const store = cluster.put.bind(cluster);
    cluster.refusal = ({ object }, live) => {
      const { metadata, ...rest } = object;
      const stored = store({ ...rest, spec: { cpu: '1' }, metadata });
      return { kind: 'done', object: stored, created: live === undefined };
    };
    cluster.settle();
    expect(cluster.log.writes).toHaveLength(1);
    cluster.settle();
    expect(cluster.log.writes).toHaveLength(1);
    cluster.memories.clear();
    cluster.settle();
    expect(cluster.log.writes).toHaveLength(2);
  });

  test('that somebody made before is adopted', () => {
    const cluster = stamping(thing('a', { x: 1 }));
    cluster.put(thing('a', { theirs: 1 }));
    cluster.settle();
    expect(cluster.get('Thing', 'a')['spec']).toEqual({ x: 1, theirs: 1 });
    expect(cluster.log.events[0]?.message).toBe('Patched object [things.golden.test/a]');
  });

  test('that another owner controls is refused, not fought over', () => {
    const cluster = stamping(thing('a', { x: 1 }));
    cluster.settle();
    cluster.put(workload('other'));
    cluster.settle();
    expect(cluster.get('Thing', 'a').metadata.labels).toMatchObject({ 'carto.run/workload-name': 'shop' });
    expect(resourceLines(cluster.get('Workload', 'other'), 'only')[0]).toBe(
      'ResourceSubmitted False TemplateRejectedByAPIServer: unable to apply object [team/a] for resource [only] in supply chain [web]: patch: object is controlled by [Workload/shop], which is not its owner here',
    );
  });

  test('of an owner that was made again goes over to it', () => {
    const cluster = stamping(thing('a', { x: 1 }));
    cluster.settle();
    cluster.delete('Workload', 'shop');
    const { metadata } = cluster.put(workload('shop'));
    cluster.settle();
    expect(cluster.get('Thing', 'a').metadata.ownerReferences).toMatchObject([{ uid: metadata.uid }]);
  });

  test('belongs to one resource of an owner, the first', () => {
    const cluster = stamping(thing('a', { x: 1 }));
    cluster.put(chain('web', [resource('only', 'ClusterTemplate', 't'), resource('again', 'ClusterTemplate', 't')]));
    cluster.settle();
    expect(resourceLines(cluster.get('Workload', 'shop'), 'again')[0]).toContain(
      'patch: object is already stamped by resource [only]',
    );
    expect(cluster.log.writes).toHaveLength(1);
  });
});

describe('an apply that is refused', () => {
  const refuseApplyOf = (
    cluster: SimulatedCluster,
    unfit: (spec: JsonObject) => boolean,
    dry: (spec: JsonObject) => JsonObject | string,
  ) => {
    cluster.refusal = ({ verb, object }) => {
      const spec = object['spec'] as JsonObject;
      if (verb === 'apply')
        return unfit(spec) ? { kind: 'refused', code: 500, message: 'failed to create typed patch object' } : undefined;
      const kept = dry(spec);
      if (typeof kept === 'string') return { kind: 'refused', code: 422, message: kept };
      return { kind: 'done', object: { ...object, spec: kept }, created: true };
    };
  };

  test('is tried as a create, whose words are the message when it is refused too', () => {
    const cluster = stamping(thing('a', { count: 'x' }));
    refuseApplyOf(
      cluster,
      () => true,
      () => 'Thing.golden.test "a" is invalid',
    );
    cluster.settle();
    expect(line(cluster)).toContain('create: Thing.golden.test "a" is invalid');
    expect(cluster.log.writes.slice(0, 2).map(({ verb }) => verb)).toEqual(['apply', 'tryCreate']);
  });

  test('is repeated without what create would drop, with a warning; that is remembered', () => {
    const cluster = stamping(thing('a', { x: 1, nope: { deep: 1 }, nil: null }));
    refuseApplyOf(
      cluster,
      (spec) => 'nope' in spec || 'nil' in spec,
      ({ nope: _nope, nil: _nil, ...rest }) => rest,
    );
    cluster.settle();
    expect(cluster.get('Thing', 'a')['spec']).toEqual({ x: 1 });
    expect(cluster.log.writes.map(({ verb }) => verb)).toEqual(['apply', 'tryCreate', 'apply']);
    expect(cluster.log.events.filter(({ type }) => type === 'Warning')).toEqual([
      {
        type: 'Warning',
        reason: 'FieldsLeftOut',
        message: '[only] left out fields that [things.golden.test] does not have: spec.nope',
      },
    ]);
    cluster.patch('Thing', 'a', { spec: { x: 2 } });
    cluster.settle();
    expect(cluster.log.writes.slice(3).map(({ verb }) => verb)).toEqual(['apply']);
  });

  test('keeps its own words when create would take the object as it is', () => {
    const cluster = stamping(thing('a', { x: 1 }));
    refuseApplyOf(
      cluster,
      () => true,
      (spec) => spec,
    );
    cluster.settle();
    expect(line(cluster)).toContain('create: failed to create typed patch object');
  });
});

test('a fight with another field manager is stopped, and the manager named', () => {
  const cluster = stamping(configMap('a', { k: 'ours' }));
  cluster.settle();
  const key = [...cluster.memories.keys()].find((name) => name.startsWith('object configmaps')) ?? '';
  cluster.memories.set(key, { neighbours: ['meddler'] });
  cluster.patch('ConfigMap', 'a', { data: { k: 'theirs' } });
  cluster.pace = () => ({ restored: { writes: 10, restMs: 60_000 } });
  const planned = cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(cluster.log.writes.map(({ verb }) => verb)).toEqual(['apply', 'tryApply']);
  expect(planned.retry).toMatchObject({ kind: 'after', afterMs: 60_000 });
  expect(line(cluster)).toBe(
    'ResourceSubmitted False TooManyWrites: resource [only] stopped after restoring [configmaps/a] 10 times in a short time: field manager [meddler] keeps changing fields that the template sets: data.k: "theirs" ↔ "ours"',
  );
  expect(resourceEntry(cluster.get('Workload', 'shop'), 'only')).toMatchObject({ stampedRef: { name: 'a' } });
});

test('in a fight, those who hold our fields now are named rather than those who hold any', () => {
  const cluster = stamping(configMap('a', { k: 'ours' }));
  cluster.settle();
  const key = [...cluster.memories.keys()].find((name) => name.startsWith('object configmaps')) ?? '';
  cluster.memories.set(key, { neighbours: ['bystander'] });
  cluster.patch('ConfigMap', 'a', { data: { k: 'theirs' } });
  cluster.pace = () => ({ restored: { writes: 10, restMs: 60_000 } });
  cluster.refusal = ({ verb }) => {
    const message =
      'Apply failed with 2 conflicts: conflicts with "zed":\n- .data.k\nconflicts with "abe" using v1:\n- .data.l';
    return verb === 'tryApply' ? { kind: 'refused', code: 409, reason: 'Conflict', message } : undefined;
  };
  cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(line(cluster)).toContain('10 times in a short time: field manager [abe, zed] keeps changing');
});
