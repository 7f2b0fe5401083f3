import { createClient } from '@cartographer/kube';
import { canonicalJson, silentLog, type WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { startController } from './start-controller.ts';
import { controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';
import { plain, stampedObjects, thingCrd } from './testing/things.ts';

/** A chain of a run, an object that shows the run's output, and a Runnable that makes runs of its own. */
function chain(value: string, more = ''): string {
  return `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: run}
spec:
  lifecycle: immutable
  configPath: .spec.out
  retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}
  template: {apiVersion: test.carto.run/v1, kind: Thing, metadata: {generateName: run-}, spec: {out: ${value}}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: show}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(params.name)$}, data: {run: $(config)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: task}
spec:
  configPath: .status.outputs.out
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: task}
    spec: {runTemplateRef: {name: task}, inputs: {in: $(config)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: task}
spec:
  outputs: {out: .spec.in}
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {generateName: task-}
    spec: {in: $(runnable.spec.inputs.in)$}
    status: {conditions: [{type: Succeeded, status: 'True'}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {chain: web}
  resources:
  - {name: run, templateRef: {kind: ClusterConfigTemplate, name: run}}
  - {name: task, templateRef: {kind: ClusterConfigTemplate, name: task}, configs: [{name: in, resource: run}]}
  - {name: end, templateRef: {kind: ClusterTemplate, name: show}, configs: [{name: in, resource: task}], params: [{name: name, value: end}]}
${more}`;
}

const EXTRA =
  '  - {name: extra, templateRef: {kind: ClusterTemplate, name: show}, configs: [{name: in, resource: run}], params: [{name: name, value: extra}]}\n';

/** Settled on `one`, with a step that the next version of the chain lacks. */
async function settledOnOne(): Promise<Stage> {
  const stage = await createStage({ crds: [thingCrd] });
  await stage.apply(`${chain('one', EXTRA)}---${workload('shop', 'web')}`);
  await stage.restart();
  await stage.settled();
  return stage;
}

async function picture(stage: Stage): Promise<object> {
  const objects = await stampedObjects(stage);
  const owner = await stage.get('Workload', 'shop');
  return {
    objects: objects.map(plain).toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1)),
    status: owner === undefined ? undefined : plain(owner)['status'],
  };
}

const isWrite = ({ method, path }: WireRequest): boolean =>
  method !== 'GET' && !path.endsWith('/token') && !path.includes('/events');

/** How many objects of each kind were created with success, and which were deleted, runs by their prefix. */
function counts(stage: Stage, since: number): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of controllerWrites(stage.audit, since)) {
    if (!/^(create|delete) /.test(line) || / \d+$/.test(line)) continue;
    const what = line.replace(/-[0-9a-f]{10}$/, '-*');
    found[what] = (found[what] ?? 0) + 1;
  }
  return found;
}

async function uninterrupted(): Promise<{ writes: number; end: object; counted: object }> {
  await using stage = await settledOnOne();
  const since = stage.audit.length;
  const before = stage.faults.requests.length;
  await stage.apply(chain('two'));
  await stage.settled();
  const writes = stage.faults.requests.slice(before).filter(isWrite).length;
  return { writes, end: await picture(stage), counted: counts(stage, since) };
}

describe('an edit that makes new runs, replaces objects and removes a step', () => {
  it('ends the same, and makes each run once, whichever write was the last before a crash', async () => {
    const { writes, end, counted } = await uninterrupted();
    expect(counted).toMatchObject({
      'create things/': 2,
      'delete configmaps/extra': 1,
    });
    for (let survived = 0; survived < writes; survived += 1) {
      await using stage = await settledOnOne();
      const since = stage.audit.length;
      const heal = stage.faults.inject({ when: isWrite, after: survived, times: Infinity, fault: { kind: 'silence' } });
      await stage.apply(chain('two'));
      await stage.reached(() => stage.faults.hits > 0);
      await stage.crash();
      heal();
      await stage.restart();
      await stage.settled();
      expect(await picture(stage), `after ${survived} writes`).toEqual(end);
      expect(counts(stage, since), `after ${survived} writes`).toEqual(counted);
    }
  });

  it('ends the same, and makes each run once, whichever write was done but never answered', async () => {
    const { writes, end, counted } = await uninterrupted();
    for (let lost = 0; lost < writes; lost += 1) {
      await using stage = await settledOnOne();
      const since = stage.audit.length;
      stage.faults.inject({ when: isWrite, after: lost, fault: { kind: 'applied-but', hear: 'reset' } });
      await stage.apply(chain('two'));
      await stage.settled();
      expect(await picture(stage), `write ${lost} lost`).toEqual(end);
      expect(counts(stage, since), `write ${lost} lost`).toEqual(counted);
    }
  });
});

it('two controllers at once, as in a failover that went wrong, make each run once', async () => {
  await using stage = await createStage({ crds: [thingCrd] });
  await stage.restart();
  const client = createClient({ transport: stage.faults, clock: stage.clock, userAgent: 'controller/2' });
  const rival = startController({ client, clock: stage.clock, log: silentLog });
  await stage.clock.advanceUntil(() => rival.notReady() === undefined);
  await stage.apply(`${chain('one', EXTRA)}---${workload('shop', 'web')}`);
  await stage.settled();
  await stage.apply(chain('two'));
  await stage.settled();
  await rival.stop();
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
  expect(counts(stage, 0)).toMatchObject({ 'create things/': 4 });
});

it('inputs that come back find their run, outputs wait for the new run, and only a rerun repeats one', async () => {
  await using stage = await createStage({ crds: [thingCrd] });
  const on = async (value: string): Promise<void> => {
    await stage.apply(chain(value).replace('maxSuccessfulRuns: 1', 'maxSuccessfulRuns: 5'));
    await stage.settled();
  };
  await stage.apply(workload('shop', 'web'));
  await stage.restart();
  await on('one');
  await on('two');
  await on('one');
  expect(counts(stage, 0)).toMatchObject({ 'create things/': 4 });
  expect((await stage.get('ConfigMap', 'end'))?.['data']).toEqual({ run: 'one' });
  const since = stage.audit.length;
  await stage.restart();
  await stage.settled();
  expect(controllerWrites(stage.audit, since)).toEqual([]);
  await stage.apply(workload('shop', 'web').replace('labels:', 'annotations: {carto.run/rerun: run=now}, labels:'));
  await stage.settled();
  expect(counts(stage, since)).toEqual({ 'create things/': 1 });
});
