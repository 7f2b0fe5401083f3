import { FIELD_MANAGER } from '@cartographer/api';
import type { JsonObject, KubeObject, ManagedFieldsEntry } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { chain, resource, resourceEntry, resourceLines, template, thing } from '../testing/builders.ts';
import { oneStep } from '../testing/one-step.ts';
import { SimulatedCluster } from '../testing/simulated-cluster.ts';
import type { Cluster, Plan } from '../world/world.ts';

const stamping = (rendered: JsonObject): SimulatedCluster => oneStep({ template: rendered });

function stood(spec: JsonObject): SimulatedCluster {
  const cluster = stamping(thing('a', spec));
  cluster.settle();
  return cluster;
}

const owner = (cluster: SimulatedCluster): KubeObject => cluster.get('Workload', 'shop');
const line = (cluster: SimulatedCluster): string => resourceLines(owner(cluster), 'only')[0] ?? '';
const writes = (cluster: SimulatedCluster): readonly string[] =>
  cluster.log.writes.map(({ verb, cause, takeOver }) => `${verb} ${cause}${takeOver === true ? ' takeOver' : ''}`);
const entry = (more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager: FIELD_MANAGER,
  operation: 'Update',
  ...more,
});
const manage = (cluster: SimulatedCluster, ...managedFields: readonly ManagedFieldsEntry[]): void =>
  void cluster.patch('Thing', 'a', { metadata: { managedFields: managedFields as never } });

/** What is planned first where some answers are others. */
function planned(cluster: SimulatedCluster, answers: Partial<Cluster>): Plan {
  return cluster.planOnce(owner(cluster), { ...cluster.begin().cluster, ...answers });
}

describe('an object with fields that the first implementation wrote', () => {
  test('is taken over by one apply, equal as it is, and by no second one where they stay', () => {
    const cluster = stood({ x: 1 });
    manage(cluster, entry());
    cluster.settle();
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created', 'apply restored takeOver']);
    cluster.memories.clear();
    cluster.settle();
    cluster.settle();
    expect(writes(cluster)).toHaveLength(3);
  });

  test.each<[string, Partial<ManagedFieldsEntry>]>([
    ['of others', { manager: 'kubectl' }],
    ['that we applied', { operation: 'Apply' }],
    ['of the status', { subresource: 'status' }],
  ])('is not one with fields %s', (_what, more) => {
    const cluster = stood({ x: 1 });
    manage(cluster, entry(more));
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created']);
  });

  test('whose plan changes is taken over with that change', () => {
    const cluster = stood({ x: 1 });
    manage(cluster, entry({ manager: 'other' }), entry());
    cluster.put(template('ClusterTemplate', 't', { template: thing('a', { x: 2 }) }));
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created', 'apply changed takeOver']);
  });
});

describe('what is remembered of an apply', () => {
  test('names the other managers, not those of the status, in order', () => {
    const cluster = stood({ x: 1 });
    manage(
      cluster,
      entry({ manager: 'zed' }),
      entry({ manager: 'abe' }),
      entry({ manager: 'zed', operation: 'Apply' }),
      entry({ manager: 'kubelet', subresource: 'status' }),
      entry({ operation: 'Apply' }),
    );
    cluster.patch('Thing', 'a', { spec: { x: 2 } });
    cluster.settle();
    expect(cluster.memories.get('object things.golden.test team/a')).toEqual({ neighbours: ['abe', 'zed'] });
  });

  test('tells notation from drift: what the server made of it is let be, what others make of it is not', () => {
    const cluster = stamping(thing('a', { cpu: '1000m' }));
    const store = cluster.put.bind(cluster);
    cluster.refusal = ({ object }, live) => {
      const stored = store({ ...object, spec: { cpu: '1' } });
      return { kind: 'done', object: stored, created: live === undefined };
    };
    cluster.settle();
    cluster.patch('Thing', 'a', { spec: { theirs: 1 } });
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created']);
    cluster.patch('Thing', 'a', { spec: { cpu: '2' } });
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created', 'apply restored']);
    cluster.put(template('ClusterTemplate', 't', { template: thing('a', { cpu: '1.0' }) }));
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created', 'apply restored', 'apply changed']);
  });
});

describe('an apply that is refused', () => {
  test.each([
    [400, true],
    [401, false],
    [403, false],
    [404, false],
    [409, false],
    [422, true],
    [429, false],
    [500, true],
    [503, false],
  ])('with code %i is tried as a create: %s', (code, tried) => {
    const cluster = stamping(thing('a', { x: 1 }));
    cluster.refusal = () => ({ kind: 'refused', code, message: `no: ${code}` });
    for (const blueprint of cluster.all('ClusterSupplyChain')) cluster.blueprint(blueprint);
    const { retry } = cluster.reconcile(owner(cluster));
    expect(writes(cluster)).toEqual(['apply created', ...(tried ? ['tryCreate tried'] : [])]);
    expect(line(cluster)).toContain(`create: no: ${code}`);
    expect(retry).toMatchObject(code === 403 ? { kind: 'after', afterMs: 30_000 } : { kind: 'backoff' });
  });

  test('where the object is there is tried as a patch, which is no write of its own', () => {
    const cluster = stood({ x: 1 });
    cluster.refusal = ({ verb }) => ({ kind: 'refused', code: 422, message: `no ${verb}` });
    cluster.put(template('ClusterTemplate', 't', { template: thing('a', { x: 2 }) }));
    cluster.reconcile(owner(cluster));
    expect(writes(cluster)).toEqual(['apply created', 'apply changed', 'tryPatch tried']);
    expect(line(cluster)).toContain('patch: no tryPatch');
  });
});

describe('nothing is written', () => {
  test('before the object was looked at', () => {
    const act = planned(stood({ x: 1 }), { observed: () => undefined });
    expect(act).toMatchObject({
      kind: 'act',
      writes: [],
      lookups: [{ lookup: 'object', key: { type: { kind: 'Thing' }, namespace: 'team', name: 'a' } }],
    });
  });

  test.each([
    [403, { kind: 'after', afterMs: 30_000 }],
    [500, { kind: 'backoff' }],
  ])('when it cannot be looked at (%i), which is tried again', (code, retry) => {
    const settled = planned(stood({ x: 1 }), { observed: () => ({ kind: 'failed', code, message: 'not now' }) });
    expect(settled).toMatchObject({ kind: 'settled', retry });
    expect(JSON.stringify(settled)).toContain('failed to get unstructured [team/a] from api server: not now');
  });

  test('to an object that another controls, nor to its fields when it drifted', () => {
    const cluster = stood({ x: 1 });
    const { metadata } = cluster.get('Thing', 'a');
    const reference = { ...metadata.ownerReferences?.[0], name: 'other', uid: 'other' };
    cluster.patch('Thing', 'a', { spec: { x: 2 }, metadata: { ownerReferences: [reference] as never } });
    cluster.put(template('ClusterTemplate', 't', { template: thing('a', { x: 3 }) }));
    cluster.settle();
    expect(writes(cluster)).toEqual(['apply created']);
    expect(cluster.get('Thing', 'a')['spec']).toEqual({ x: 2 });
    expect(line(cluster)).toContain('patch: object is controlled by [Workload/other], which is not its owner here');
  });

  test.each<[string, JsonObject, string]>([
    ['has no kind', { ...thing('a', {}), kind: '' }, "Object 'Kind' is missing"],
    ['has no version', { ...thing('a', {}), apiVersion: '' }, "Object 'apiVersion' is missing"],
    ['has no name', { ...thing('a', {}), metadata: {} }, 'resource name may not be empty'],
    ['is of a kind that is not known', { ...thing('a', {}), kind: 'Later' }, 'no matches for kind "Later"'],
    ['has no namespace', { ...thing('a', {}), kind: 'Wide' }, '[wides.golden.test] have no namespace'],
  ])('where what is stamped %s', (_what, rendered, message) => {
    const cluster = stamping(rendered);
    cluster.types.push({ group: 'golden.test', version: 'v1', kind: 'Wide', resource: 'wides', namespaced: false });
    cluster.settle();
    expect(writes(cluster)).toEqual([]);
    expect(line(cluster)).toContain(message);
    const retry = rendered['kind'] === 'Wide' ? 'none' : 'backoff';
    expect(cluster.reconcile(owner(cluster)).retry).toMatchObject({ kind: retry });
  });
});

test('an object belongs to the first step that stamps it, and to another once that is gone', () => {
  const cluster = stood({ x: 1 });
  const again = resource('again', 'ClusterTemplate', 't');
  cluster.put(chain('web', [again, resource('only', 'ClusterTemplate', 't')]));
  cluster.settle();
  expect(line(cluster)).toContain('patch: object is already stamped by resource [again]');
  cluster.put(chain('web', [again]));
  cluster.settle();
  expect(resourceEntry(owner(cluster), 'again')).toMatchObject({ stampedRef: { name: 'a' } });
  expect(cluster.all('Thing')).toHaveLength(1);
});
