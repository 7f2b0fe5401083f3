import { carto, FIELD_MANAGER } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { chain, controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';
import { thingCrd } from './testing/things.ts';

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const THING = { group: 'test.carto.run', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const { Workload } = carto.kinds;
/** The first implementation writes as this manager, by create and merge patch. */
const UPSTREAM = { fieldManager: FIELD_MANAGER } as const;

const RUN_CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  lifecycle: immutable
  healthRule: {alwaysHealthy: {}}
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: {a: 1}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {chain: web}
  resources:
  - name: first
    templateRef: {kind: ClusterConfigTemplate, name: web-first}
  - name: second
    templateRef: {kind: ClusterTemplate, name: web-second}
    configs: [{name: config, resource: first}]
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
`;

/** Metadata as the first implementation stamps it: its seven labels and one controller owner reference, no annotation. */
function stampedMeta(
  owner: KubeObject,
  resource: string,
  template: readonly [kind: string, name: string],
  more: object,
) {
  const lifecycle = resource === 'run' ? 'immutable' : 'mutable';
  const { uid = '' } = owner.metadata;
  return {
    namespace: 'default',
    labels: {
      'carto.run/workload-name': 'shop',
      'carto.run/workload-namespace': 'default',
      'carto.run/supply-chain-name': 'web',
      'carto.run/resource-name': resource,
      'carto.run/template-kind': template[0],
      'carto.run/cluster-template-name': template[1],
      'carto.run/template-lifecycle': lifecycle,
    },
    ownerReferences: [
      {
        apiVersion: 'carto.run/v1alpha1',
        kind: 'Workload',
        name: 'shop',
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    ...more,
  };
}

/** A cluster that the first implementation has worked on: three stamped objects, one of a template with more fields. */
async function upstreamStage(): Promise<Stage> {
  const stage = await createStage({ crds: [thingCrd] });
  await stage.apply(`${chain('web')}---${RUN_CHAIN}---${workload('shop', 'web')}`);
  const owner = (await stage.get('Workload', 'shop')) as KubeObject;
  const first = stampedMeta(owner, 'first', ['ClusterConfigTemplate', 'web-first'], { name: 'shop-first' });
  const second = stampedMeta(owner, 'second', ['ClusterTemplate', 'web-second'], { name: 'shop-second' });
  const run = stampedMeta(owner, 'run', ['ClusterTemplate', 'run'], { generateName: 'shop-' });
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap' };
  const { client } = stage;
  await client.create(
    CONFIG_MAP,
    { ...configMap, metadata: first, data: { value: 'one-shop', stale: 'left' } },
    UPSTREAM,
  );
  await client.create(CONFIG_MAP, { ...configMap, metadata: second, data: { copy: 'one-shop' } }, UPSTREAM);
  await client.create(
    THING,
    { apiVersion: 'test.carto.run/v1', kind: 'Thing', metadata: run, spec: { a: 1 } },
    UPSTREAM,
  );
  // Somebody else's field on our object, which has to survive.
  const foreign = { ...configMap, metadata: { name: 'shop-second', namespace: 'default' }, data: { theirs: 'kept' } };
  await client.apply(CONFIG_MAP, foreign, { fieldManager: 'somebody' });
  await client.patch(
    Workload,
    { namespace: 'default', name: 'shop' },
    {
      kind: 'merge',
      subresource: 'status',
      ...UPSTREAM,
      body: {
        status: {
          observedGeneration: 1,
          deliverableRef: null,
          supplyChainRef: { kind: 'ClusterSupplyChain', name: 'old' },
        },
      },
    },
  );
  return stage;
}

const managers = (object: KubeObject | undefined): readonly string[] =>
  (object?.metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).toSorted();

describe('an upgrade from the first implementation', () => {
  it('takes its objects over in place: same uids, no second run, stale fields gone, fields of others kept', async () => {
    await using stage = await upstreamStage();
    const before = await Promise.all(['shop-first', 'shop-second'].map((name) => stage.get('ConfigMap', name)));
    await stage.restart();
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    const [first, second] = await Promise.all(
      ['shop-first', 'shop-second'].map((name) => stage.get('ConfigMap', name)),
    );
    expect([first, second].map((object) => object?.metadata.uid)).toEqual(before.map((object) => object?.metadata.uid));
    expect(first?.['data']).toEqual({ value: 'one-shop' });
    expect(second?.['data']).toEqual({ copy: 'one-shop', theirs: 'kept' });
    expect(managers(first)).toEqual(['cartographer Apply']);
    expect(managers(second)).toEqual(['cartographer Apply', 'somebody Apply']);
    expect((await stage.client.list(THING, { namespace: 'default' })).items).toHaveLength(1);
    expect((await stage.get('Workload', 'shop'))?.['status']).toMatchObject({
      supplyChainRef: { kind: 'ClusterSupplyChain', name: 'web' },
    });
  });

  it('removes a field from then on when the template loses it, and is at rest after a restart', async () => {
    await using stage = await upstreamStage();
    await stage.restart();
    await stage.settled();
    const since = stage.audit.length;
    await stage.restart();
    await stage.settled();
    expect(controllerWrites(stage.audit, since)).toEqual([]);
    await stage.apply(chain('web').replace('copy: $(config)$', 'other: $(config)$').split('---')[1] ?? '');
    await stage.settled();
    expect((await stage.get('ConfigMap', 'shop-second'))?.['data']).toEqual({ other: 'one-shop', theirs: 'kept' });
  });

  it('removes what an old status says and ours does not', async () => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.apply(RUNNABLE);
    const body = { status: { observedGeneration: 1, outputs: { renamed: 1, since: 2 } } };
    const patch = { kind: 'merge', subresource: 'status', ...UPSTREAM, body } as const;
    await stage.client.patch(carto.kinds.Runnable, { namespace: 'default', name: 'test' }, patch);
    await stage.restart();
    await stage.settled();
    expect(await stage.ready('Runnable', 'test')).toBe('True Ready');
    expect((await stage.get('Runnable', 'test'))?.['status']).toMatchObject({ outputs: { current: 1 } });
    expect((await stage.get('Runnable', 'test'))?.['status']).not.toHaveProperty('outputs.renamed');
    const since = stage.audit.length;
    await stage.restart();
    await stage.settled();
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });
});

const RUNNABLE = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: run}
spec:
  outputs: {current: spec.a}
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: {a: 1}
    status: {conditions: [{type: Succeeded, status: "True"}]}
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: test, namespace: default}
spec: {runTemplateRef: {name: run}}
`;
