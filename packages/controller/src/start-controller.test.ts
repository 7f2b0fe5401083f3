import type { ControllerMetrics } from '@cartographer/runtime';
import { describe, expect, it } from 'vitest';
import { chain, controllerWrites, createStage, workload } from './testing/stage.ts';

async function reconciles(metrics: ControllerMetrics, controller = 'workload'): Promise<number> {
  const { text } = await metrics.expose();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`controller_runtime_reconcile_total{controller="${controller}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('the controller', () => {
  it('walks a chain whose outputs are there at once in one go: one apply a step, one status write', async () => {
    await using stage = await createStage();
    await stage.apply(chain('web'));
    await stage.restart();
    await stage.settled();
    const before = stage.audit.length;
    await stage.apply(workload('shop', 'web'));
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(controllerWrites(stage.audit, before)).toEqual([
      'apply configmaps/shop-first',
      'apply configmaps/shop-second',
      'apply workloads/shop/status',
    ]);
  });

  it('writes nothing after a restart', async () => {
    await using stage = await createStage();
    await stage.apply(chain('web') + '---' + workload('shop', 'web') + '---' + workload('cart', 'web'));
    await stage.restart();
    await stage.settled();
    const before = stage.audit.length;
    const metrics = await stage.restart();
    await stage.settled();
    expect(await reconciles(metrics)).toBeGreaterThan(0);
    expect(controllerWrites(stage.audit, before)).toEqual([]);
  });

  it('reads nothing besides watches on a change, and writes each changed object once', async () => {
    await using stage = await createStage();
    await stage.apply(chain('web') + '---' + workload('shop', 'web'));
    await stage.restart();
    await stage.settled();
    const before = stage.audit.length;
    await stage.apply(chain('web', 'two'));
    await stage.settled();
    expect(controllerWrites(stage.audit, before)).toEqual(
      ['apply configmaps/shop-first', 'apply configmaps/shop-second', 'apply workloads/shop/status'].toSorted(),
    );
    const reads = stage.audit
      .slice(before)
      .filter(({ verb, userAgent }) => userAgent === 'controller/1' && ['get', 'list'].includes(verb));
    expect(reads).toEqual([]);
  });

  it('wakes only the owners that a template, chain or object concerns', async () => {
    await using stage = await createStage();
    await stage.apply(
      chain('web') + '---' + chain('batch') + '---' + workload('shop', 'web') + '---' + workload('night', 'batch'),
    );
    const metrics = await stage.restart();
    await stage.settled();
    const before = await reconciles(metrics);
    const requests = stage.audit.length;
    await stage.apply(chain('batch', 'two'));
    await stage.settled();
    const after = await reconciles(metrics);
    expect(controllerWrites(stage.audit, requests).every((line) => line.includes('night'))).toBe(true);
    expect(after - before).toBeLessThanOrEqual(4);
  });

  it('does not reconcile again because of its own status write', async () => {
    await using stage = await createStage();
    const metrics = await stage.restart();
    await stage.apply(workload('alone', 'nothing'));
    await stage.settled();
    expect(await stage.ready('Workload', 'alone')).toBe('False SupplyChainNotFound');
    expect(await reconciles(metrics)).toBe(1);
  });

  it('wakes an owner whose service account appears later', async () => {
    await using stage = await createStage();
    await stage.delete('ServiceAccount', 'default');
    await stage.apply(
      chain('web') + '---' + workload('shop', 'web').replace('spec: {}', 'spec: {serviceAccountName: builder}'),
    );
    await stage.restart();
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('False ServiceAccountError');
    await stage.apply(BUILDER);
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
  });

  it('wakes an owner when the role of its account gets the right that was missing', async () => {
    await using stage = await createStage();
    await stage.apply(
      BUILDER.replace('cluster-admin', 'builder').replace('kind: ClusterRole', 'kind: Role') + role('[get]'),
    );
    await stage.apply(
      chain('web') + '---' + workload('shop', 'web').replace('spec: {}', 'spec: {serviceAccountName: builder}'),
    );
    await stage.restart();
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('False TemplateRejectedByAPIServer');
    await stage.apply(role('["*"]'));
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
  });

  it('goes on when a kind that a template stamps appears later', async () => {
    await using stage = await createStage();
    await stage.apply(THING_CHAIN + '---' + workload('shop', 'things'));
    await stage.restart();
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('False TemplateRejectedByAPIServer');
    await stage.apply(THING_CRD);
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
  });

  it('restores a field that a hand changed, and leaves fields of others alone', async () => {
    await using stage = await createStage();
    await stage.apply(chain('web') + '---' + workload('shop', 'web'));
    await stage.restart();
    await stage.settled();
    await stage.apply(
      '{apiVersion: v1, kind: ConfigMap, metadata: {name: shop-second, namespace: default}, data: {copy: hand, mine: kept}}',
    );
    await stage.settled();
    expect((await stage.get('ConfigMap', 'shop-second'))?.['data']).toEqual({ copy: 'one-shop', mine: 'kept' });
  });

  it('reaches the same end whichever of its writes was the last before a crash, and repeats none', async () => {
    for (let survived = 0; survived <= 3; survived += 1) {
      await using stage = await createStage();
      await stage.apply(chain('web') + '---' + workload('shop', 'web'));
      const isApply = ({ method }: { method: string }): boolean => method === 'PATCH';
      const heal = stage.faults.inject({ when: isApply, after: survived, times: Infinity, fault: { kind: 'silence' } });
      await stage.restart();
      await stage.reached(() => stage.faults.hits > 0);
      await stage.crash();
      heal();
      const again = await createCleanRun(stage);
      expect(again, `after ${survived} writes`).toEqual({ ready: 'True Ready', first: 1, second: 1 });
    }
  });
});

/** Restarts past the faults and counts how often each object was written with success over both lives. */
async function createCleanRun(stage: Awaited<ReturnType<typeof createStage>>): Promise<object> {
  await stage.restart();
  await stage.settled();
  const all = controllerWrites(stage.audit);
  const count = (line: string): number => all.filter((entry) => entry === line).length;
  return {
    ready: await stage.ready('Workload', 'shop'),
    first: count('apply configmaps/shop-first'),
    second: count('apply configmaps/shop-second'),
  };
}

const BUILDER = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: builder, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: builder, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: builder, namespace: default}]
---
`;

function role(verbs: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: builder, namespace: default}
rules: [{apiGroups: [""], resources: [configmaps], verbs: ${verbs}}]
`;
}

const THING_CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: thing}
spec:
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {name: $(workload.metadata.name)$}
    spec: {a: 1}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: things}
spec:
  selector: {chain: things}
  resources: [{name: thing, templateRef: {kind: ClusterTemplate, name: thing}}]
`;

const THING_CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.test.carto.run}
spec:
  group: test.carto.run
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

describe('a blueprint whose selector is broken', () => {
  const broken = `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: broken}
spec:
  selectorMatchExpressions: [{key: a, operator: Sometimes}]
  resources: [{name: first, templateRef: {kind: ClusterTemplate, name: none}}]
`;

  it('is told of once on an owner that was there before it, and not with each look', async () => {
    await using stage = await createStage();
    await stage.restart();
    await stage.apply(workload('shop', 'nothing'));
    await stage.settled();
    await stage.apply(broken);
    await stage.settled();
    for (const label of ['one', 'two']) {
      await stage.apply(workload('shop', 'nothing').replace('labels: {', `labels: {again: ${label}, `));
      await stage.settled();
    }
    const { items } = await stage.client.list({
      group: '',
      version: 'v1',
      kind: 'Event',
      resource: 'events',
      namespaced: true,
    });
    const told = items.filter((event) => event['reason'] === 'SelectorError');
    expect(told.map((event) => event['count'])).toEqual([1]);
  });
});
