import type { JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import {
  chain,
  configMap,
  resource,
  resourceEntry,
  resourceLines,
  template,
  thing,
  workload,
} from '../testing/builders.ts';
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

describe('fields that create drops', () => {
  /** A server that refuses an apply with unknown fields, and drops them from a create or a patch. */
  const dropping = (cluster: SimulatedCluster, unknown: readonly string[]): void => {
    cluster.refusal = ({ verb, object }) => {
      const { status: _status, ...rest } = object;
      const spec = object['spec'] as JsonObject;
      if (verb === 'apply') {
        const isUnfit = 'status' in object || unknown.some((name) => name in spec);
        return isUnfit ? { kind: 'refused', code: 500, message: 'failed to create typed patch object' } : undefined;
      }
      const kept = Object.fromEntries(Object.entries(spec).filter(([name]) => !unknown.includes(name)));
      return { kind: 'done', object: { ...rest, spec: kept }, created: true };
    };
  };
  const verbs = (cluster: SimulatedCluster, since = 0): readonly string[] =>
    cluster.log.writes.slice(since).map(({ verb }) => verb);
  /** A cluster whose template stamps what the owner says. */
  const saying = (spec: JsonObject): SimulatedCluster => {
    const cluster = oneStep({ template: { ...thing('a', {}), spec: '$(params.p)$' } });
    say(cluster, spec);
    return cluster;
  };
  const say = (cluster: SimulatedCluster, value: JsonObject): void =>
    void cluster.put(workload('shop', { params: [{ name: 'p', value }] }));

  test('are found by a patch where the object is there', () => {
    const cluster = saying({ x: 1 });
    cluster.settle();
    dropping(cluster, ['nope']);
    const since = cluster.log.writes.length;
    say(cluster, { x: 1, nope: 1 });
    cluster.settle();
    expect(verbs(cluster, since)).toEqual(['apply', 'tryPatch', 'apply']);
  });

  test('are remembered together with those that were found before', () => {
    const cluster = saying({ x: 1, nope: 1 });
    dropping(cluster, ['nope', 'more']);
    cluster.settle();
    say(cluster, { x: 1, nope: 1, more: 1 });
    cluster.settle();
    const since = cluster.log.writes.length;
    say(cluster, { x: 2, nope: 1, more: 1 });
    cluster.settle();
    expect([verbs(cluster, since), cluster.get('Thing', 'a')['spec']]).toEqual([['apply'], { x: 2 }]);
  });

  test('are not told where it is only the status', () => {
    const cluster = stamping({ ...thing('a', { x: 1 }), status: { phase: 'x' } });
    dropping(cluster, []);
    cluster.settle();
    expect(cluster.get('Thing', 'a')['spec']).toEqual({ x: 1 });
    expect(cluster.log.events.filter(({ type }) => type === 'Warning')).toEqual([]);
  });
});

describe('a step that makes one object after the other', () => {
  test.each([
    ['is deleted each time', 'one', 'something deletes it each time that it is made'],
    [
      'has another name each time',
      'two',
      'metadata.name: "a-one" ↔ "a-two"; look at what changes [Workload/shop] and the outputs of [before]',
    ],
  ])('says whether the object %s', (_what, value, reason) => {
    const cluster = new SimulatedCluster();
    const shop = (p: string) => workload('shop', { params: [{ name: 'p', value: p }] });
    const before = { configPath: '.data.k', template: configMap('in', { k: 'v' }) };
    cluster.put(template('ClusterConfigTemplate', 'before', before));
    cluster.put(template('ClusterTemplate', 't', { template: configMap('a-$(params.p)$', {}) }));
    const configs = [{ resource: 'before', name: 'in' }];
    const steps = [
      resource('before', 'ClusterConfigTemplate', 'before'),
      resource('only', 'ClusterTemplate', 't', { configs }),
    ];
    cluster.put(chain('web', steps));
    cluster.put(shop('one'));
    cluster.settle();
    cluster.delete('ConfigMap', 'a-one');
    cluster.pace = (step) => (step === 'only' ? { created: { writes: 9, restMs: 7_000 } } : {});
    cluster.put(shop(value));
    cluster.settle();
    expect(line(cluster)).toContain(
      `stopped after 9 new objects of [configmaps/a-${value}] in a short time: ${reason}`,
    );
  });
});

test.each([
  [400, true],
  [401, false],
  [403, false],
  [409, false],
  [422, true],
  [423, false],
  [500, true],
  [501, false],
])('an apply that is refused with %i is tried leniently: %j', (code, isTried) => {
  const cluster = stamping(thing('a', { x: 1 }));
  cluster.refusal = ({ verb }) => (verb === 'apply' ? { kind: 'refused', code, message: 'no' } : undefined);
  cluster.settle();
  expect(cluster.log.writes.some(({ verb }) => verb === 'tryCreate')).toBe(isTried);
});

test('an object that is there is patched, as a refusal says', () => {
  const cluster = stamping(thing('a', { x: 1 }));
  cluster.settle();
  cluster.patch('Thing', 'a', { spec: { x: 2 } });
  cluster.refusal = () => ({ kind: 'refused', code: 403, message: 'no' });
  cluster.settle();
  expect(line(cluster)).toContain(': patch: no');
});

test('a dry run says not what it was made from, and an apply takes nothing over that is ours alone', () => {
  const cluster = stamping(thing('a', { x: 1 }));
  cluster.refusal = ({ verb }, live) =>
    verb === 'apply' && live === undefined ? { kind: 'refused', code: 500, message: 'no' } : undefined;
  cluster.settle();
  const [apply, dryRun] = cluster.log.writes;
  expect([apply?.verb, dryRun?.verb]).toEqual(['apply', 'tryCreate']);
  expect(apply?.object.metadata.annotations).toHaveProperty(['carto.run/made-from']);
  expect(dryRun?.object.metadata.annotations).not.toHaveProperty(['carto.run/made-from']);
  expect([apply, dryRun].map((write) => write?.takeOver)).toEqual([undefined, undefined]);
});

test('an object is remembered by its kind, namespace and name', () => {
  const cluster = stamping(thing('a', { x: 1 }));
  cluster.settle();
  expect([...cluster.memories.keys()]).toContain('object things.golden.test team/a');
});

test('those who hold fields of an object are remembered by name, without us and without who writes its status', () => {
  const cluster = stamping(thing('a', { x: 1 }));
  const entry = (manager: string, operation: string, subresource?: string): JsonObject => {
    return { manager, operation, apiVersion: 'v1', ...(subresource === undefined ? {} : { subresource }) };
  };
  const managedFields = [
    entry('zed', 'Update'),
    entry('cartographer', 'Apply'),
    entry('kubelet', 'Update', 'status'),
    entry('abe', 'Apply'),
    entry('zed', 'Apply'),
  ];
  cluster.refusal = ({ object }) => {
    const { metadata } = cluster.put(object);
    return {
      kind: 'done',
      object: { ...object, metadata: { ...metadata, managedFields } },
      created: true,
    };
  };
  cluster.settle();
  expect(cluster.memories.get('object things.golden.test team/a')).toMatchObject({ neighbours: ['abe', 'zed'] });
});

describe('an object with fields of the first implementation', () => {
  const legacy = { manager: 'cartographer', operation: 'Update', apiVersion: 'v1' };
  /** A cluster whose server answers an apply with these managed fields. */
  function answeredWith(managedFields: readonly JsonObject[]): SimulatedCluster {
    const cluster = stamping(thing('a', { x: 1 }));
    cluster.settle();
    cluster.patch('Thing', 'a', { metadata: { managedFields: [legacy] } });
    cluster.refusal = ({ verb, object }, live) => {
      if (verb !== 'apply') return undefined;
      const metadata = { ...live?.metadata, managedFields };
      return { kind: 'done', object: { ...object, ...live, metadata }, created: false };
    };
    return cluster;
  }

  test('is taken over by a write, and written no more where the server kept them', () => {
    const cluster = answeredWith([legacy]);
    const before = cluster.log.writes.length;
    cluster.settle();
    expect(cluster.log.writes.slice(before)).toMatchObject([{ verb: 'apply', cause: 'restored', takeOver: true }]);
    expect(cluster.memories.get('object things.golden.test team/a')).toMatchObject({ legacyKept: true });
    cluster.settle();
    expect(cluster.log.writes).toHaveLength(before + 1);
  });

  test('is not remembered as such once they are gone', () => {
    const cluster = answeredWith([]);
    cluster.settle();
    expect(cluster.memories.get('object things.golden.test team/a')).not.toHaveProperty('legacyKept');
  });

  test('that is taken over again and again differs in no value that could be told', () => {
    const cluster = answeredWith([legacy]);
    cluster.pace = () => ({ restored: { writes: 10, restMs: 60_000 } });
    cluster.reconcile(cluster.get('Workload', 'shop'));
    expect(line(cluster)).toMatch(/something else keeps changing fields that the template sets$/);
  });
});

test('an object that was never made, of an owner without a status, has no name before', () => {
  const cluster = stamping(thing('a', { x: 1 }));
  cluster.pace = () => ({ created: { writes: 50, restMs: 60_000 } });
  cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
  cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(line(cluster)).toContain('in a short time: something deletes it each time that it is made');
});

test('a write that was done stands, though it was the last before its step is stopped', () => {
  const cluster = stamping(thing('a', { x: 1 }));
  const stop = { writes: 50, restMs: 60_000 };
  cluster.pace = () => (cluster.log.writes.length === 0 ? {} : { created: stop, changed: stop, restored: stop });
  cluster.blueprint(cluster.get('ClusterSupplyChain', 'web'));
  cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(line(cluster)).not.toContain('TooManyWrites');
});

test.each([
  ['nobody else holds anything', { neighbours: [] }],
  ['nothing is remembered, as after a restart', {}],
])('in a fight in which %s, something else is named', (_when, memory) => {
  const cluster = stamping(configMap('a', { k: 'ours' }));
  cluster.settle();
  cluster.memories.set('object configmaps team/a', memory);
  cluster.patch('ConfigMap', 'a', { data: { k: 'theirs' } });
  cluster.pace = () => ({ restored: { writes: 10, restMs: 60_000 } });
  cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(line(cluster)).toContain('in a short time: something else keeps changing fields that the template sets');
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

test.each([
  ['conflict with "zed": .data.k', 'zed'],
  ['conflicts with "zed":\n- .data.k\nconflicts with "abe" using v1:\n- .data.l', 'abe, zed'],
])('in a fight, those who hold our fields now are named rather than those who hold any: %j', (conflicts, names) => {
  const cluster = stamping(configMap('a', { k: 'ours' }));
  cluster.settle();
  const key = [...cluster.memories.keys()].find((name) => name.startsWith('object configmaps')) ?? '';
  cluster.memories.set(key, { neighbours: ['bystander'] });
  cluster.patch('ConfigMap', 'a', { data: { k: 'theirs' } });
  cluster.pace = () => ({ restored: { writes: 10, restMs: 60_000 } });
  cluster.refusal = ({ verb }) => {
    const message = `Apply failed: ${conflicts}`;
    return verb === 'tryApply' ? { kind: 'refused', code: 409, reason: 'Conflict', message } : undefined;
  };
  cluster.reconcile(cluster.get('Workload', 'shop'));
  expect(line(cluster)).toContain(`10 times in a short time: field manager [${names}] keeps changing`);
});
