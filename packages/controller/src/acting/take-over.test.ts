import { carto, FIELD_MANAGER } from '@cartographer/api';
import type { JsonObject, KubeObject, WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { chain, controllerWrites, createStage, type Stage, workload } from '../testing/stage.ts';
import { thingCrd } from '../testing/things.ts';

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

const GADGETS = { ...THING, version: 'v1', kind: 'Gadget', resource: 'gadgets' };
const GADGET = { namespace: 'default', name: 'shop' };

/** The kind Gadget: as Thing, but with a status that is a subresource, and so with a generation of its spec alone. */
const gadgetCrd: KubeObject = {
  ...thingCrd,
  metadata: { name: 'gadgets.test.carto.run' },
  spec: {
    group: 'test.carto.run',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: ['v1', 'v2'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {} },
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })),
  },
};

const gadgetChain = (spec: string): string => `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: gadget}
spec:
  healthRule: {alwaysHealthy: {}}
  template: {apiVersion: test.carto.run/v1, kind: Gadget, metadata: {name: $(workload.metadata.name)$}, spec: ${spec}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {chain: web}
  resources: [{name: gadget, templateRef: {kind: ClusterTemplate, name: gadget}}]
`;

/** A gadget as the first implementation left it: its template had a field `stale` once. */
async function gadgetStage(spec: JsonObject = { a: 0, stale: 'left' }): Promise<Stage> {
  const stage = await createStage({ crds: [gadgetCrd] });
  await stage.apply(`${gadgetChain('{a: 1}')}---${workload('shop', 'web')}`);
  const owner = (await stage.get('Workload', 'shop')) as KubeObject;
  const metadata = stampedMeta(owner, 'gadget', ['ClusterTemplate', 'gadget'], { name: 'shop' });
  await stage.client.create(GADGETS, { apiVersion: 'test.carto.run/v1', kind: 'Gadget', metadata, spec }, UPSTREAM);
  return stage;
}

const gadget = ({ client }: Stage): Promise<KubeObject> => client.get(GADGETS, GADGET);

async function expectTakenOver(stage: Stage, generation: number): Promise<void> {
  const { metadata, spec } = await gadget(stage);
  expect({ spec, generation: metadata.generation }).toEqual({ spec: { a: 1 }, generation });
  expect(managers(await gadget(stage))).toContain('cartographer Apply');
  expect(managers(await gadget(stage))).not.toContain('cartographer Update');
}

/** What the controller asked of the gadget since then, reads included. */
const asked = ({ audit }: Stage, since = 0): readonly string[] =>
  audit
    .slice(since)
    .filter(({ userAgent, objectRef }) => userAgent !== 'user/1' && objectRef?.name === 'shop')
    .filter(({ objectRef }) => objectRef?.resource === 'gadgets')
    .map(({ verb, responseStatus: { code } }) => `${verb} ${code}`);

const isConversion = ({ headers }: WireRequest): boolean => headers?.['content-type'] === 'application/json-patch+json';
const isApplyOfGadget = ({ method, path, headers }: WireRequest): boolean =>
  method === 'PATCH' && path.endsWith('/gadgets/shop') && headers?.['content-type'] === 'application/apply-patch+yaml';

describe('an object of the first implementation whose template has lost a field', () => {
  it('changes once', async () => {
    await using stage = await gadgetStage();
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, 2);
    expect(asked(stage)).toEqual(['get 200', 'patch 200', 'apply 200']);
  });

  it('keeps its generation when nothing of its spec changes', async () => {
    await using stage = await gadgetStage({ a: 1 });
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, 1);
  });

  it('is looked at no more once it is taken over, by this process or the next', async () => {
    await using stage = await gadgetStage();
    await stage.restart();
    await stage.settled();
    let since = stage.audit.length;
    await stage.apply(gadgetChain('{a: 2}'));
    await stage.settled();
    expect(asked(stage, since)).toEqual(['apply 200']);
    since = stage.audit.length;
    await stage.restart();
    await stage.settled();
    expect(asked(stage, since)).toEqual([]);
    await stage.apply(gadgetChain('{a: 3}'));
    await stage.settled();
    expect(asked(stage, since)).toEqual(['apply 200']);
  });

  it('changes once when somebody else writes it at the same time', async () => {
    await using stage = await gadgetStage();
    stage.faults.inject({
      when: isConversion,
      fault: {
        kind: 'answer',
        async answer(_request, forward) {
          const status = { kind: 'merge', subresource: 'status', body: { status: { seen: true } } } as const;
          await stage.client.patch(GADGETS, GADGET, status);
          return forward();
        },
      },
    });
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, 2);
    expect(asked(stage)).toEqual(['get 200', 'patch 422', 'get 200', 'patch 200', 'apply 200']);
  });

  it('changes once when the process dies between taking it over and applying it', async () => {
    await using stage = await gadgetStage();
    stage.faults.inject({ when: isApplyOfGadget, fault: { kind: 'silence' } });
    await stage.restart();
    await stage.reached(() => stage.faults.hits > 0);
    await stage.crash();
    expect(managers(await gadget(stage))).toEqual(['cartographer Apply']);
    expect((await gadget(stage)).metadata.generation).toBe(1);
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, 2);
  });

  it('changes once when an earlier process applied it and died before it took it over', async () => {
    await using stage = await gadgetStage();
    stage.faults.inject({ when: isConversion, times: 3, fault: { kind: 'status', code: 409, reason: 'Conflict' } });
    stage.faults.inject({ when: isConversion, fault: { kind: 'silence' } });
    await stage.restart();
    await stage.reached(() => stage.faults.hits > 3);
    await stage.crash();
    expect(managers(await gadget(stage))).toEqual(['cartographer Apply', 'cartographer Update']);
    const { generation = 0 } = (await gadget(stage)).metadata;
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, generation + 1);
  });

  it('is taken over again after the first implementation has written it again', async () => {
    await using stage = await gadgetStage();
    await stage.restart();
    await stage.settled();
    await stage.client.patch(GADGETS, GADGET, { kind: 'merge', body: { spec: { stale: 'again' } }, ...UPSTREAM });
    await stage.settled();
    await expectTakenOver(stage, 4);
  });

  it('changes once when it was written at two versions', async () => {
    await using stage = await gadgetStage({ a: 0 });
    const other = { ...GADGETS, version: 'v2' };
    await stage.client.patch(other, GADGET, { kind: 'merge', body: { spec: { stale: 'left' } }, ...UPSTREAM });
    expect(managers(await gadget(stage))).toEqual(['cartographer Update', 'cartographer Update']);
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, 3);
  });

  it('is taken over after the apply where the account may not read it', async () => {
    await using stage = await gadgetStage();
    const isRead = ({ method, path }: WireRequest): boolean => method === 'GET' && path.endsWith('/gadgets/shop');
    stage.faults.inject({
      when: isRead,
      times: Infinity,
      fault: { kind: 'status', code: 403, reason: 'Forbidden' },
    });
    await stage.restart();
    await stage.settled();
    await expectTakenOver(stage, 3);
  });

  it('is applied, and then left alone, where the server lets nobody take it over', async () => {
    await using stage = await gadgetStage();
    stage.faults.inject({
      when: isConversion,
      times: Infinity,
      fault: { kind: 'status', code: 422, reason: 'Invalid' },
    });
    await stage.restart();
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    const since = stage.audit.length;
    await stage.apply(gadgetChain('{"a": 1}'));
    await stage.client.patch(GADGETS, GADGET, { kind: 'merge', body: { metadata: { labels: { theirs: 'x' } } } });
    await stage.settled();
    expect(asked(stage, since)).toEqual([]);
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
