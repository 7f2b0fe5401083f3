import { createClient } from '@cartographer/kube';
import { type KubeObject, silentLog, type WireRequest, type WireResponse } from '@cartographer/machinery';
import { createFakeClock, watches } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createStage, workload } from '../testing/stage.ts';
import { createStaticCaches, type WatchedKind } from './static-caches.ts';

/** Caches of a server that lists these objects of one resource and none of the others; they are filled. */
async function cachesOf(resource: string, ...objects: readonly KubeObject[]) {
  const clock = createFakeClock(0);
  const request = async (asked: WireRequest): Promise<WireResponse> => {
    if (watches(asked))
      return new Promise((_resolve, reject) =>
        asked.signal?.addEventListener('abort', () => reject(asked.signal?.reason as Error)),
      );
    const items = asked.path.endsWith(`/${resource}`) ? objects.map((object) => object) : [];
    return {
      status: 200,
      headers: {},
      body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '9' }, items },
    };
  };
  const client = createClient({ transport: { request, close: async () => undefined }, clock });
  const caches = createStaticCaches({ client, clock, log: silentLog });
  const end = new AbortController();
  const lives = caches.all().map(([, informer]) => informer.run(end.signal));
  await Promise.all(caches.all().map(([, informer]) => informer.synced));
  return {
    caches,
    async [Symbol.asyncDispose]() {
      end.abort();
      await Promise.allSettled(lives);
    },
  };
}

describe('of kinds that a cluster has by the thousand', () => {
  const metadata = { name: 'x', namespace: 'team', uid: 'u', resourceVersion: '7', generation: 2 };
  const full = {
    ...metadata,
    labels: { a: 'b' },
    annotations: { c: 'd' },
    managedFields: [{ manager: 'm', operation: 'Apply' }],
  };
  const [roleRef, subjects] = [{ kind: 'Role', name: 'r' }, [{ kind: 'ServiceAccount', name: 's' }]];
  const binding = { roleRef, subjects };
  const spec = { group: 'g.test', versions: [{ name: 'v1' }] };
  const conditions = [{ type: 'Established', status: 'True' }];

  it.each<readonly [WatchedKind, string, object, object]>([
    ['ServiceAccount', 'serviceaccounts', { secrets: [{ name: 's' }] }, {}],
    ['Role', 'roles', { rules: [{ verbs: ['*'] }] }, {}],
    ['ClusterRole', 'clusterroles', { rules: [{ verbs: ['*'] }] }, {}],
    ['RoleBinding', 'rolebindings', { ...binding, more: 1 }, binding],
    ['ClusterRoleBinding', 'clusterrolebindings', { ...binding, more: 1 }, binding],
    [
      'CustomResourceDefinition',
      'customresourcedefinitions',
      { spec, status: { conditions, acceptedNames: {} } },
      { spec: { group: 'g.test' }, status: { conditions } },
    ],
    ['CustomResourceDefinition', 'customresourcedefinitions', {}, { spec: {}, status: {} }],
  ])('only what is looked at is kept: of a %s', async (kind, resource, more, kept) => {
    const object = { apiVersion: 'v1', kind, metadata: full, ...more } as KubeObject;
    await using at = await cachesOf(resource, object);
    expect(at.caches.informer(kind).list()).toEqual([{ apiVersion: 'v1', kind, metadata, ...kept }]);
  });

  it('all else is kept whole, but for managed fields', async () => {
    const { managedFields: _none, ...rest } = full;
    await using at = await cachesOf('workloads', {
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Workload',
      metadata: full,
      spec,
    } as KubeObject);
    expect(at.caches.informer('Workload').list()).toMatchObject([{ metadata: rest, spec }]);
    expect(at.caches.informer('Workload').list()[0]?.metadata.managedFields).toBeUndefined();
  });
});

describe('the caches of what is always watched', () => {
  const named = (kind: string, ...names: readonly string[]): readonly KubeObject[] =>
    names.map((name) => ({ apiVersion: 'carto.run/v1alpha1', kind, metadata: { name, uid: `${name}-uid` } }));

  it.each([
    ['ClusterSupplyChain', 'clustersupplychains'],
    ['ClusterDelivery', 'clusterdeliveries'],
  ] as const)('list each %s by name', async (kind, resource) => {
    await using at = await cachesOf(resource, ...named(kind, 'b', 'c', 'a', 'B'));
    expect(at.caches.blueprints(kind).map(({ metadata }) => metadata.name)).toEqual(['B', 'a', 'b', 'c']);
    expect(at.caches.blueprints(kind)).toBe(at.caches.blueprints(kind));
  });

  it('list blueprints anew once one of their kind came, changed or went', async () => {
    await using stage = await createStage();
    const caches = createStaticCaches({ client: stage.client, clock: stage.clock, log: silentLog });
    const end = new AbortController();
    const lives = caches.all().map(([, informer]) => informer.run(end.signal));
    const shown = async (): Promise<readonly string[]> => {
      await stage.settled(() => true);
      return caches.blueprints('ClusterSupplyChain').map(({ metadata }) => `${metadata.name} ${metadata.generation}`);
    };
    const chain = (name: string, value: string): string =>
      `{apiVersion: carto.run/v1alpha1, kind: ClusterSupplyChain, metadata: {name: ${name}}, spec: {selector: {a: ${value}}, resources: [{name: r, templateRef: {kind: ClusterTemplate, name: t}}]}}`;
    expect(await shown()).toEqual([]);
    await stage.apply(chain('b', 'x'));
    expect(await shown()).toEqual(['b 1']);
    await stage.apply(chain('a', 'x'));
    expect(await shown()).toEqual(['a 1', 'b 1']);
    await stage.apply(chain('b', 'z'));
    expect(await shown()).toEqual(['a 1', 'b 2']);
    await stage.delete('ClusterSupplyChain', 'a');
    expect(await shown()).toEqual(['b 2']);
    end.abort();
    await Promise.allSettled(lives);
  });

  it.each([
    ['ClusterSourceTemplate', 'clustersourcetemplates'],
    ['ClusterImageTemplate', 'clusterimagetemplates'],
    ['ClusterConfigTemplate', 'clusterconfigtemplates'],
    ['ClusterDeploymentTemplate', 'clusterdeploymenttemplates'],
    ['ClusterTemplate', 'clustertemplates'],
    ['ClusterRunTemplate', 'clusterruntemplates'],
  ])('find a %s by kind and name', async (kind, resource) => {
    await using at = await cachesOf(resource, ...named(kind, 't'));
    expect(at.caches.template({ kind, name: 't' })?.metadata.uid).toBe('t-uid');
    expect(at.caches.template({ kind, name: 'other' })).toBeUndefined();
    const another = kind === 'ClusterTemplate' ? 'ClusterRunTemplate' : 'ClusterTemplate';
    expect(at.caches.template({ kind: another, name: 't' })).toBeUndefined();
  });

  it('tell which kinds are read as they are now: those whose definition says so, of that group alone', async () => {
    const definition = (name: string, annotations?: Record<string, string>): KubeObject => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name, ...(annotations && { annotations }) },
      spec: { group: name.slice(name.indexOf('.') + 1) },
    });
    const current = { 'carto.run/read': 'current', other: 'x' };
    await using at = await cachesOf(
      'customresourcedefinitions',
      definition('scans.a.test', current),
      definition('scans.b.test', { 'carto.run/read': 'ever' }),
      definition('builds.a.test'),
    );
    const reads = (group: string, resource: string): boolean =>
      at.caches.readsCurrent({ group, version: 'v1', kind: 'Any', resource, namespaced: true });
    expect([reads('a.test', 'scans'), reads('b.test', 'scans'), reads('a.test', 'builds'), reads('', 'scans')]).toEqual(
      [true, false, false, false],
    );
    expect(at.caches.informer('CustomResourceDefinition').get('scans.a.test')?.metadata.annotations).toEqual({
      'carto.run/read': 'current',
    });
  });

  it('find no template of a kind that is none, or that nobody knows', async () => {
    await using at = await cachesOf('clustersupplychains', ...named('ClusterSupplyChain', 't'));
    expect([
      at.caches.template({ kind: 'ClusterSupplyChain', name: 't' }),
      at.caches.template({ kind: 'toString', name: 't' }),
    ]).toEqual([undefined, undefined]);
    expect(() => at.caches.informer('Pod' as WatchedKind)).toThrow('kind Pod is not watched');
  });

  it('find an account by namespace and name, with the uid that it has now', async () => {
    const accounts = ['one', 'two'].map(
      (namespace): KubeObject => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace, name: 'builder', uid: namespace },
      }),
    );
    await using at = await cachesOf('serviceaccounts', ...accounts);
    const account = (namespace: string, name: string) => at.caches.account({ namespace, name });
    expect([
      account('one', 'builder'),
      account('two', 'builder'),
      account('one', 'other'),
      account('three', 'builder'),
    ]).toEqual([
      { kind: 'found', uid: 'one' },
      { kind: 'found', uid: 'two' },
      { kind: 'missing' },
      { kind: 'missing' },
    ]);
  });
});

const TEMPLATE = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: t}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: made}
    data: {managers: 'none but $(workload.metadata.managedFields)$'}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {chain: web}
  resources: [{name: only, templateRef: {kind: ClusterTemplate, name: t}}]
---
`;

it('shows templates no managed fields of an owner, neither from the watch nor from the answer to a status write', async () => {
  await using stage = await createStage();
  await stage.restart();
  await stage.apply(TEMPLATE + workload('shop', 'web'));
  await stage.settled();
  // The owner at hand comes from the answer to its status write now.
  await stage.apply(TEMPLATE.replace('none but', 'still none but'));
  await stage.settled();
  expect(await stage.get('ConfigMap', 'made')).toBeUndefined();
  const status = (await stage.get('Workload', 'shop'))?.['status'] as { conditions: readonly { message: string }[] };
  expect(status.conditions.map(({ message }) => message).join()).toContain(
    'must not point to nil value: workload.metadata.managedFields',
  );
});
