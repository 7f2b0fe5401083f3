import type { ApiServerOptions } from '@cartographer/apiserver';
import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { chain, controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';
import { stampedObjects, thingCrd } from './testing/things.ts';
import { pass } from './testing/time.ts';

type Hook = NonNullable<ApiServerOptions['admission']>[number];
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
/** Longer than the breaker remembers writes, and than the longest pause between two tries to be seen at work. */
const LONG_MS = 200_000;

/** What the workload's step says of its submission. */
async function submitted(stage: Stage, step: string): Promise<string> {
  const { resources = [] } = ((await stage.get('Workload', 'shop'))?.['status'] ?? {}) as {
    resources?: readonly { name: string; conditions: readonly { reason: string; message: string }[] }[];
  };
  const [condition] = resources.find(({ name }) => name === step)?.conditions ?? [];
  return `${condition?.reason}: ${condition?.message}`;
}

/** Rewrites a field of the object each time that it is put right, as another controller would, until stopped. */
function rewrite({ client, clock }: Stage, name: string): () => void {
  const state = { stopped: false };
  const turn = async (): Promise<void> => {
    if (state.stopped) return;
    const { data } = (await client.get(CONFIG_MAP, { namespace: 'default', name })) as KubeObject & { data: object };
    if ('value' in data && data.value !== 'mine') {
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default' },
        data: { value: 'mine' },
      };
      await client.apply(CONFIG_MAP, object, { fieldManager: 'neighbour', force: true });
    }
    clock.schedule(50, () => void turn());
  };
  clock.schedule(0, () => void turn());
  return () => void (state.stopped = true);
}

describe('a neighbour that keeps rewriting a field of ours', () => {
  it('stops that step with a condition that names it; other steps and owners go on; the end of it heals', async () => {
    await using stage = await createStage();
    await stage.apply(`${chain('web')}---${workload('shop', 'web')}---${workload('other', 'web')}`);
    await stage.restart();
    await stage.settled();
    const since = stage.audit.length;
    const stop = rewrite(stage, 'shop-first');
    await pass(stage, 20_000);
    const writes = controllerWrites(stage.audit, since).filter((line) =>
      line.startsWith('apply configmaps/shop-first'),
    );
    expect(writes.length).toBeLessThanOrEqual(12);
    expect(await submitted(stage, 'first')).toBe(
      'TooManyWrites: resource [first] stopped after restoring [configmaps/shop-first] 10 times in a short time: field manager [neighbour] keeps changing fields that the template sets: data.value: "mine" ↔ "one-shop"',
    );
    expect(await stage.ready('Workload', 'shop')).toBe('False TooManyWrites');
    expect(await submitted(stage, 'second')).toBe('ResourceSubmissionComplete: ');

    expect(await stage.ready('Workload', 'other')).toBe('True Ready');
    await stage.apply(workload('third', 'web'));
    await pass(stage, 5_000);
    expect(await stage.ready('Workload', 'third')).toBe('True Ready');

    stop();
    await pass(stage, LONG_MS);
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect((await stage.get('ConfigMap', 'shop-first'))?.['data']).toEqual({ value: 'one-shop' });
  });

  it('costs a bounded number of writes while it goes on', async () => {
    await using stage = await createStage();
    await stage.apply(`${chain('web')}---${workload('shop', 'web')}`);
    await stage.restart();
    await stage.settled();
    const stop = rewrite(stage, 'shop-first');
    await pass(stage, LONG_MS);
    const since = stage.audit.length;
    await pass(stage, 300_000);
    stop();
    const writes = controllerWrites(stage.audit, since);
    expect(writes.length).toBeLessThan(110); // five rounds of ten restores, what follows from them downstream, the status twice
  });
});

describe('a neighbour that changes each object as it is created', () => {
  const change = (object: KubeObject, more: object): KubeObject => ({ ...object, ...more });
  const mutator = (kind: string, how: (object: KubeObject) => KubeObject): Hook => ({
    matches: (info, operation) => info.kind === kind && operation !== 'DELETE',
    review: ({ object }) => (object === undefined ? { allowed: true } : { allowed: true, object: how(object) }),
  });

  it('to the same value each time costs one apply, and then there is rest', async () => {
    const sameValue = mutator('ConfigMap', (object) =>
      object.metadata.name?.endsWith('-first') === true ? change(object, { data: { value: 'forced' } }) : object,
    );
    await using stage = await createStage({ admission: [sameValue] });
    await stage.apply(`${chain('web')}---${workload('shop', 'web')}`);
    await stage.restart();
    await stage.settled();
    expect((await stage.get('ConfigMap', 'shop-second'))?.['data']).toEqual({ copy: 'forced' });
    const since = stage.audit.length;
    await pass(stage, LONG_MS);
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });

  it('to another value each time is stopped after a bounded number of writes', async () => {
    let count = 0;
    const otherValue = mutator('ConfigMap', (object) =>
      object.metadata.name === 'shop-first' ? change(object, { data: { value: `v${(count += 1)}` } }) : object,
    );
    await using stage = await createStage({ admission: [otherValue] });
    await stage.apply(`${chain('web')}---${workload('shop', 'web')}`);
    await stage.restart();
    await stage.settled();
    const since = stage.audit.length;
    await pass(stage, LONG_MS);
    expect(controllerWrites(stage.audit, since).length).toBeLessThan(130);
  });

  it('does not make a run be created twice, whatever it did to it', async () => {
    const noisy = mutator('Thing', (object) => change(object, { spec: { out: 'changed', extra: true } }));
    await using stage = await createStage({ crds: [thingCrd], admission: [noisy] });
    await stage.apply(RUN_CHAIN + workload('shop', 'runs'));
    await stage.restart();
    await stage.settled();
    await stage.restart();
    await stage.settled();
    await pass(stage, LONG_MS);
    expect(controllerWrites(stage.audit).filter((line) => line.startsWith('create things/'))).toHaveLength(1);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
  });

  it('and deletes the mark of ours is stopped, too, before it makes runs without end', async () => {
    const unmarking = mutator('Thing', (object) =>
      change(object, { spec: { out: 'changed' }, metadata: { ...object.metadata, annotations: {} } }),
    );
    await using stage = await createStage({ crds: [thingCrd], admission: [unmarking] });
    await stage.apply(RUN_CHAIN + workload('shop', 'runs'));
    await stage.restart();
    await stage.settled();
    await pass(stage, LONG_MS);
    const created = controllerWrites(stage.audit).filter((line) => line === 'create things/');
    expect(created).toHaveLength(1);
  });
});

describe('somebody who edits the owner without end', () => {
  it('gets a bounded number of runs in a short time, within retention, and a condition that says so', async () => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.apply(EDITED_CHAIN);
    await stage.restart();
    const last = 70;
    for (let edit = 0; edit <= last; edit += 1) {
      await stage.apply(workload('shop', 'edited').replace('{}', `{image: "v${edit}"}`));
      if (edit === 0) await stage.settled(); // the first token is signed in real time
      await pass(stage, 300);
    }
    const created = () => controllerWrites(stage.audit).filter((line) => line === 'create things/');
    expect(created()).toHaveLength(50);
    expect(await submitted(stage, 'run')).toMatch(
      /^TooManyWrites: resource \[run\] stopped after 50 new objects of \[things.test.carto.run\/run-\] in a short time/,
    );
    expect((await stampedObjects(stage)).length).toBeLessThanOrEqual(3);

    await pass(stage, LONG_MS);
    await stage.settled();
    expect(created()).toHaveLength(51);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    const images = (await stampedObjects(stage)).map(({ spec }) => (spec as { image: string }).image);
    expect(images).toContain(`v${last}`);
  });
});

const RUN_CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: run}
spec:
  lifecycle: immutable
  configPath: .spec.out
  template: {apiVersion: test.carto.run/v1, kind: Thing, metadata: {generateName: run-}, spec: {out: x}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: runs}
spec:
  selector: {chain: runs}
  resources: [{name: run, templateRef: {kind: ClusterConfigTemplate, name: run}}]
---`;

const EDITED_CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: edited}
spec:
  lifecycle: immutable
  configPath: .spec.image
  retentionPolicy: {maxFailedRuns: 2, maxSuccessfulRuns: 2}
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {generateName: run-}
    spec: {image: $(workload.spec.image)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: edited}
spec:
  selector: {chain: edited}
  resources: [{name: run, templateRef: {kind: ClusterConfigTemplate, name: edited}}]
---`;
