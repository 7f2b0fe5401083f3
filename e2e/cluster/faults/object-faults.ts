import { carto, crds } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { type Condition, findCondition, getPath, type KubeObject, type ResourceType } from '@cartographer/machinery';
import { applyObjects, type TestCluster } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { until } from '../../carto-process.ts';
import { CONFIG_MAPS } from '../carto.ts';
import { thingChainYaml, thingDefinitionYaml } from './chain.ts';
import type { MakeStage } from './crash-faults.ts';
import type { FaultStage } from './stage.ts';

const STORM_MS = 3_000;
const HEALED_MS = 30_000;
const SLOW = 120_000;
const DEFINITIONS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};

/** Faults F11 and F14: kinds that come and go, and stamped objects that others edit, delete, hold and take. */
export function objectFaults(stageOf: MakeStage, clusterOf: () => TestCluster): void {
  it(
    'F11: a kind that is not there, comes, goes, and comes again, while another workload goes on',
    async () => {
      await using stage = await stageOf('f11-kind');
      const { namespace, client } = stage;
      const definition = { name: `things.${namespace}.test` };
      await stage.apply(thingChainYaml(namespace));
      await until('the workload tells', async () => (await stage.ready('made'))?.status === 'False');
      for (const turn of ['first', 'second']) {
        await stage.apply(thingDefinitionYaml(namespace));
        const since = systemClock.now();
        await until('the workload is Ready', async () => (await stage.ready('made'))?.status === 'True');
        expect(systemClock.now() - since).toBeLessThan(HEALED_MS);
        expect(await stage.data('made-last')).toEqual({ value: 'made' });
        await client.delete(DEFINITIONS, definition);
        await until('the workload tells', async () => (await stage.ready('made'))?.status !== 'True');
        const mark = await clusterOf().audit.mark();
        await stage.change(turn);
        await until('the other goes on', async () => (await stage.data('app-last'))?.['value'] === turn);
        await systemClock.sleep(STORM_MS);
        const writes = await stage.writes(mark);
        expect(writes.length, writes.join('\n')).toBeLessThan(30);
      }
      await stage.expectNoDuplicates(['things/made-thing']);
    },
    SLOW,
  );

  it('F14: a stamped object edited by hand is restored, and nothing is made of the edit', async () => {
    await using stage = await stageOf('f14-edited');
    const key = { namespace: stage.namespace, name: 'app-first' };
    const mark = await clusterOf().audit.mark();
    for (const value of ['edited', 'edited again'])
      await stage.client.patch(CONFIG_MAPS, key, { kind: 'merge', body: { data: { value } } });
    await stage.converged('start');
    await stage.expectNoDuplicates();
    const { items } = await stage.client.list(CONFIG_MAPS, { namespace: stage.namespace, labelSelector: 'test/run' });
    expect(items.map((run) => getPath(run, 'data', 'value'))).toEqual(['start']);
    const writes = await stage.writes(mark);
    expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(2);
  });

  it('F14: stamped objects that are deleted come back, each once', async () => {
    await using stage = await stageOf('f14-deleted');
    for (const name of ['app-first', 'app-last']) {
      const key = { namespace: stage.namespace, name };
      const { metadata } = await stage.client.get(CONFIG_MAPS, key);
      await stage.client.delete(CONFIG_MAPS, key);
      await until(`${name} is there again`, async () => {
        const uid = await uidOf(stage, name);
        return uid !== undefined && uid !== metadata.uid;
      });
      await stage.converged('start');
    }
    await stage.expectNoDuplicates(['configmaps/app-first', 'configmaps/app-last']);
  });

  it('F14: an object that a finalizer holds in deletion is made anew when that ends, and not spun on', async () => {
    await using stage = await stageOf('f14-stuck');
    const key = { namespace: stage.namespace, name: 'app-first' };
    const finalizers = ['test.carto.run/held'];
    const { metadata } = await stage.client.patch(CONFIG_MAPS, key, {
      kind: 'merge',
      body: { metadata: { finalizers } },
    });
    await stage.client.delete(CONFIG_MAPS, key);
    const mark = await clusterOf().audit.mark();
    await stage.change('while held');
    await systemClock.sleep(STORM_MS);
    const writes = await stage.writes(mark);
    expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(8);
    await stage.client.patch(CONFIG_MAPS, key, { kind: 'merge', body: { metadata: { finalizers: null } } });
    await until('it is made anew', async () => {
      const uid = await uidOf(stage, 'app-first');
      return uid !== undefined && uid !== metadata.uid;
    });
    await stage.converged('while held');
    await stage.expectNoDuplicates(['configmaps/app-first']);
  });

  it('F14: an object that another owner took is left to it, of which the workload tells, until it is free', async () => {
    await using stage = await stageOf('f14-taken');
    const { client, namespace } = stage;
    const key = { namespace, name: 'app-last' };
    const boss = await client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'boss' },
    });
    await own(stage, [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'boss', uid: boss.metadata.uid ?? '', controller: true },
    ]);
    await stage.change('taken');
    await stage.untilItSays('ConfigMap/boss');
    const mark = await clusterOf().audit.mark();
    await systemClock.sleep(STORM_MS);
    const writes = await stage.writes(mark);
    expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(2);
    expect(await stage.data('app-last')).toEqual({ value: 'start' });
    await own(stage, []);
    await stage.converged('taken');
    const { metadata } = await client.get(CONFIG_MAPS, key);
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Workload', name: 'app', controller: true }]);
    await stage.expectNoDuplicates();
  });
}

/** Fault F11 for a kind of ours, which concerns every controller of the cluster. */
export function ownKindFault(stageOf: MakeStage, clusterOf: () => TestCluster): void {
  it(
    'F11: the definition of a kind of ours deleted and made again',
    async () => {
      await using stage = await stageOf('f11-own-kind');
      const { client } = clusterOf();
      const name = 'deliverables.carto.run';
      await client.delete(DEFINITIONS, { name });
      await stage.change('without deliverables');
      await stage.converged('without deliverables');
      await until('the definition is gone', async () => {
        const { status } = await client.raw({
          method: 'GET',
          path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
        });
        return status === 404;
      });
      await applyObjects(
        client,
        systemClock,
        crds().filter(({ metadata }) => metadata.name === name),
      );
      const deliverable = { namespace: stage.namespace, name: 'late' };
      await client.create(carto.kinds.Deliverable, {
        apiVersion: 'carto.run/v1alpha1',
        kind: 'Deliverable',
        metadata: { ...deliverable, labels: { test: 'late' } },
        spec: {},
      });
      const since = systemClock.now();
      await until('a new deliverable has its conditions', async () => {
        const { status } = await client.get(carto.kinds.Deliverable, deliverable);
        const conditions = getPath(status, 'conditions') as readonly Condition[] | undefined;
        return findCondition(conditions, 'Ready') !== undefined;
      });
      expect(systemClock.now() - since).toBeLessThan(HEALED_MS);
    },
    SLOW,
  );
}

type Owner = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

async function own({ client, namespace }: FaultStage, ownerReferences: readonly Owner[]): Promise<void> {
  const body = [
    { op: 'add', path: '/metadata/ownerReferences', value: ownerReferences.map((owner) => ({ ...owner })) },
  ];
  await client.patch(CONFIG_MAPS, { namespace, name: 'app-last' }, { kind: 'json', body });
}

async function uidOf({ client, namespace }: FaultStage, name: string): Promise<string | undefined> {
  const { items } = await client.list(CONFIG_MAPS, { namespace, fieldSelector: `metadata.name=${name}` });
  return items[0]?.metadata.uid;
}
