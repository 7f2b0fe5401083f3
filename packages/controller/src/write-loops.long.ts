import { describe, expect, it } from 'vitest';
import { chain, controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';
import { stampedObjects, thingCrd } from './testing/things.ts';
import { pass } from './testing/time.ts';

const MINUTE_MS = 60_000;

/** What a step of an owner says of its submission. */
async function submitted(stage: Stage, owner: string, step = 'only', kind = 'Workload'): Promise<string> {
  const { resources = [] } = ((await stage.get(kind, owner))?.['status'] ?? {}) as {
    resources?: readonly { name: string; conditions: readonly { reason: string; message: string }[] }[];
  };
  const [condition] = resources.find(({ name }) => name === step)?.conditions ?? [];
  return `${condition?.reason}: ${condition?.message}`;
}

type Target = { readonly kind?: string; readonly name: string; readonly chain: string };

/** A chain of one step that stamps an owner, with what it reads from its own owner in an annotation. */
function stamping(name: string, target: Target, annotation: string, blueprint = 'ClusterSupplyChain'): string {
  return `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: ${name}}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: ${target.kind ?? 'Workload'}
    metadata: {name: ${target.name}, labels: {chain: ${target.chain}}, annotations: {seen: "${annotation}"}}
    spec: {}
---
apiVersion: carto.run/v1alpha1
kind: ${blueprint}
metadata: {name: ${name}}
spec:
  selector: {chain: ${name}}
  resources: [{name: only, templateRef: {kind: ClusterTemplate, name: ${name}}}]
---`;
}

/** The same with an output: the resource version of what is stamped. */
function reading(name: string, target: string, chainName: string): string {
  return stamping(name, { name: target, chain: chainName }, 'same')
    .replaceAll('ClusterTemplate', 'ClusterConfigTemplate')
    .replace('spec:\n', 'spec:\n  configPath: .metadata.resourceVersion\n');
}

const RV = '$(workload.metadata.resourceVersion)$';
const SELF = stamping('self', { name: '$(workload.metadata.name)$', chain: 'self' }, RV);

function applies(stage: Stage, what: string, since = 0): number {
  return controllerWrites(stage.audit, since).filter((line) => line === `apply ${what}`).length;
}

describe('a template that stamps its own owner with the resource version of it', () => {
  it('is stopped at the bound, and the condition names the circle and both values', async () => {
    await using stage = await createStage();
    await stage.apply(`${SELF}${workload('shop', 'self')}`);
    await stage.restart();
    await pass(stage, 10_000);
    expect(applies(stage, 'workloads/shop')).toBe(241); // the first one does not find a mark of ours: it counts as new
    expect(await submitted(stage, 'shop')).toMatch(
      /^TooManyWrites: resource \[only\] stopped after 240 changes of \[workloads.carto.run\/shop\] in a short time: metadata.annotations.seen: "\d+" ↔ "\d+"; a circle: \[Workload\/shop\] is stamped by its own step \[only\]; take what changes with each write out of a template on it$/,
    );
    expect(await stage.ready('Workload', 'shop')).toBe('False TooManyWrites');
  });

  it('rests while it is stopped, and writes less and less as long as nobody mends it', async () => {
    await using stage = await createStage();
    await stage.apply(`${SELF}${workload('shop', 'self')}`);
    await stage.restart();
    await pass(stage, 10_000);
    const stopped = stage.audit.length;
    await pass(stage, 45_000);
    expect(controllerWrites(stage.audit, stopped)).toEqual([]);
    await pass(stage, 60 * MINUTE_MS, 2_000);
    const later = stage.audit.length;
    expect(applies(stage, 'workloads/shop', stopped)).toBeLessThan(24 * 7);
    await pass(stage, 60 * MINUTE_MS, 2_000);
    expect(applies(stage, 'workloads/shop', later)).toBeLessThanOrEqual(24 * 2);
    expect(await stage.ready('Workload', 'shop')).toBe('False TooManyWrites');
  });

  it('is ready again soon after its template was mended, however long it had been stopped', async () => {
    await using stage = await createStage();
    await stage.apply(`${SELF}${workload('shop', 'self')}`);
    await stage.restart();
    await pass(stage, 40 * MINUTE_MS, 2_000);
    await stage.apply(SELF.replace(RV, 'nothing'));
    await pass(stage, MINUTE_MS);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect((await stage.get('Workload', 'shop'))?.metadata.annotations).toMatchObject({ seen: 'nothing' });
  });
});

describe('a template that stamps its own owner', () => {
  it('comes to rest when it reads its output from there, which each write of the status changes', async () => {
    await using stage = await createStage();
    await stage.apply(`${reading('self', 'shop', 'self')}${workload('shop', 'self')}`);
    await stage.restart();
    await pass(stage, 2_000);
    expect(controllerWrites(stage.audit).length).toBeLessThan(20);
    const since = stage.audit.length;
    await pass(stage, 10_000);
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });
});

describe('owners that stamp each other', () => {
  const circle = (kind: 'Workload' | 'Deliverable', blueprint: string): string =>
    stamping('a', { kind, name: 'b', chain: 'b' }, RV) +
    stamping('b', { name: 'a', chain: 'a' }, RV.replace('workload', kind.toLowerCase()), blueprint);

  it.each([
    ['Workload', 'ClusterSupplyChain'],
    ['Deliverable', 'ClusterDelivery'],
  ] as const)('through a %s are stopped, and the circle is named', async (kind, blueprint) => {
    await using stage = await createStage();
    await stage.apply(`${circle(kind, blueprint)}${workload('a', 'a')}`);
    await stage.restart();
    await pass(stage, 10_000);
    const [a, b] = [await submitted(stage, 'a'), await submitted(stage, 'b', 'only', kind)];
    const values = 'metadata.annotations.seen: "N" ↔ "N"; a circle: ';
    expect([a, b].map((text) => text.replaceAll(/"\d+"/g, '"N"')).join('\n')).toContain(
      a.startsWith('TooManyWrites')
        ? `${values}[Workload/a] is stamped by step [only] of [${kind}/b]`
        : `${values}[${kind}/b] is stamped by step [only] of [Workload/a]`,
    );
    const since = stage.audit.length;
    await pass(stage, 30_000);
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });

  it('go on when the template of the other one is mended', async () => {
    await using stage = await createStage();
    await stage.apply(`${circle('Workload', 'ClusterSupplyChain')}${workload('a', 'a')}`);
    await stage.restart();
    await pass(stage, 30 * MINUTE_MS, 2_000);
    const stopped = (await stage.ready('Workload', 'a')) === 'False TooManyWrites' ? 'a' : 'b';
    const other = stopped === 'a' ? 'b' : 'a';
    await stage.apply(stamping(other, { name: stopped, chain: stopped }, 'nothing'));
    await pass(stage, 2 * MINUTE_MS);
    expect(await stage.ready('Workload', 'a')).toBe('True Ready');
    expect(await stage.ready('Workload', 'b')).toBe('True Ready');
    const since = stage.audit.length;
    await pass(stage, 5 * MINUTE_MS);
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });

  it('in a ring of three are stopped, and all three named', async () => {
    await using stage = await createStage();
    const ring = ['a', 'b', 'c'].map((name, i) => {
      const next = ['b', 'c', 'a'][i] ?? '';
      return stamping(name, { name: next, chain: next }, RV);
    });
    await stage.apply(`${ring.join('')}${workload('a', 'a')}`);
    await stage.restart();
    await pass(stage, 10_000);
    const all = await Promise.all(['a', 'b', 'c'].map((name) => submitted(stage, name)));
    const told = all.filter((text) => text.startsWith('TooManyWrites'));
    expect(told.length).toBeGreaterThan(0);
    for (const name of ['a', 'b', 'c']) expect(told[0]).toContain(`[Workload/${name}]`);
    expect(told[0]).toContain('; a circle: ');
  });
});

describe('a status that is read by what it reads from', () => {
  it('is written a bounded number of times, and the condition names the outputs and the circle', async () => {
    await using stage = await createStage();
    await stage.apply(`${reading('a', 'b', 'b')}${reading('b', 'a', 'a')}${workload('a', 'a')}`);
    await stage.restart();
    await pass(stage, 10_000);
    const written = controllerWrites(stage.audit).length;
    expect(written).toBeLessThan(2_500);
    await pass(stage, 40_000);
    expect(controllerWrites(stage.audit, 0).length).toBe(written);
    const conditions = [await stage.get('Workload', 'a'), await stage.get('Workload', 'b')].map((owner) =>
      JSON.stringify(owner?.['status']),
    );
    expect(conditions.join('\n')).toMatch(
      /stopped after 1200 writes of the status of \[Workload\/[ab]\] in a short time: output \[config\] of step \[only\] changes each time; a circle: /,
    );
  });
});

describe('a Runnable whose outputs go into what it selects', () => {
  it('is stopped, and the circle is named with both values', async () => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.apply(`${RUNNABLE_CIRCLE}${workload('shop', 'round')}`);
    await stage.restart();
    await pass(stage, 20_000);
    const status = (await stage.get('Runnable', 'shop'))?.['status'] as { conditions: readonly { message: string }[] };
    expect(status.conditions[0]?.message).toMatch(
      /stopped after 50 new objects of \[things.test.carto.run\/run-\] in a short time: spec.version: "\d+" ↔ "\d+"; a circle: \[Runnable\/shop\] selects \[ConfigMap\/shop\]; \[ConfigMap\/shop\] is stamped by step \[input\] of \[Workload\/shop\]; \[Runnable\/shop\] is stamped by step \[run\] of \[Workload\/shop\]/,
    );
    expect((await stampedObjects(stage)).length).toBeLessThanOrEqual(14);
    const since = stage.audit.length;
    await pass(stage, 30_000);
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });
});

describe('changes of an honest kind', () => {
  const edited = (value: number): string => workload('shop', 'web').replace('{}', `{image: "v${value}"}`);
  const WEB = chain('web').replace('one-$(workload.metadata.name)$', '$(workload.spec.image)$');

  it('each second for five minutes pass, and so does a burst of twenty a second', async () => {
    await using stage = await createStage();
    await stage.apply(`${WEB}---${edited(0)}`);
    await stage.restart();
    await stage.settled();
    let value = 0;
    const go = async (edits: number, everyMs: number): Promise<void> => {
      for (let i = 0; i < edits; i += 1) {
        await stage.apply(edited((value += 1)));
        await stage.clock.advance(everyMs);
        await stage.reached(() => false);
      }
      await pass(stage, 100);
      expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
      expect((await stage.get('ConfigMap', 'shop-second'))?.['data']).toEqual({ copy: `v${value}` });
    };
    await go(300, 1_000);
    await go(100, 50);
  });

  it('beyond the bound are stopped as well, and the last of them arrives after the rest', async () => {
    await using stage = await createStage();
    await stage.apply(`${WEB}---${edited(0)}`);
    await stage.restart();
    await stage.settled();
    for (let value = 1; value <= 300; value += 1) {
      await stage.apply(edited(value));
      await stage.clock.advance(50);
      await stage.reached(() => false);
    }
    expect(await submitted(stage, 'shop', 'first')).toBe(
      'TooManyWrites: resource [first] stopped after 240 changes of [configmaps/shop-first] in a short time: data.value: "v240" ↔ "v241"; look at what changes [Workload/shop]',
    );
    await pass(stage, MINUTE_MS);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect((await stage.get('ConfigMap', 'shop-second'))?.['data']).toEqual({ copy: 'v300' });
  });
});

const RUNNABLE_CIRCLE = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: round}
spec:
  outputs: {config: .spec.version}
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {generateName: run-}
    spec: {version: $(selected.metadata.resourceVersion)$}
    status: {conditions: [{type: Succeeded, status: "True"}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: run}
spec:
  configPath: .status.outputs.config
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: shop}
    spec:
      runTemplateRef: {name: round}
      selector: {resource: {apiVersion: v1, kind: ConfigMap}, matchingLabels: {pick: shop}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: input}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: shop, labels: {pick: shop}}
    data: {last: $(config)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: round}
spec:
  selector: {chain: round}
  resources:
  - {name: run, templateRef: {kind: ClusterConfigTemplate, name: run}}
  - {name: input, templateRef: {kind: ClusterTemplate, name: input}, configs: [{name: config, resource: run}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop, namespace: default, labels: {pick: shop}}
---`;
