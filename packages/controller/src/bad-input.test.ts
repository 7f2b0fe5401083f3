import { carto } from '@cartographer/api';
import { type Condition, type Json, parseJson, type WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { chain, controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';
import { stampedObjects, thingCrd } from './testing/things.ts';

const RUNS = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: runs}
spec:
  template:
    apiVersion: test.carto.run/v1
    kind: Thing
    metadata: {generateName: run-}
    spec: {in: $(runnable.spec.inputs.in)$}
    status: {conditions: [{type: Succeeded, status: 'True'}]}
---`;

function runnable(value: unknown): string {
  const spec = { runTemplateRef: { name: 'runs' }, inputs: { in: value } };
  return JSON.stringify({
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Runnable',
    metadata: { name: 'task', namespace: 'default' },
    spec,
  });
}

/** A chain that stamps a Thing with whatever the workload's param `p` is. */
const COPY = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: copy}
spec:
  configPath: .spec.p
  template: {apiVersion: test.carto.run/v1, kind: Thing, metadata: {name: $(workload.metadata.name)$}, spec: {p: $(params.p)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: copy-again}
spec:
  template: {apiVersion: test.carto.run/v1, kind: Thing, metadata: {name: $(workload.metadata.name)$-2}, spec: {p: $(config)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: copy}
spec:
  selector: {chain: copy}
  resources:
  - {name: copy, templateRef: {kind: ClusterConfigTemplate, name: copy}}
  - {name: again, templateRef: {kind: ClusterTemplate, name: copy-again}, configs: [{name: in, resource: copy}]}
`;

/** Applies a workload of that chain; not by way of YAML, which takes its time for large values. */
async function copy({ client }: Stage, name: string, value: Json): Promise<void> {
  const object = {
    apiVersion: 'carto.run/v1alpha1',
    kind: 'Workload',
    metadata: { name, namespace: 'default', labels: { chain: 'copy' } },
    spec: { params: [{ name: 'p', value }] },
  };
  await client.apply(carto.kinds.Workload, object, { fieldManager: 'user', force: true });
}

async function condition(stage: Stage, kind: string, name: string, type: string): Promise<string> {
  const { conditions = [] } = ((await stage.get(kind, name))?.['status'] ?? {}) as { conditions?: Condition[] };
  const found = conditions.find((entry) => entry.type === type);
  return `${type} ${found?.status} ${found?.reason}: ${found?.message}`;
}

const isTokenRequest = ({ path }: WireRequest): boolean => path.endsWith('/token');

describe('an account whose token cannot be had', () => {
  it('shows on workloads and runnables, and heals by itself', async () => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.apply(`${chain('web')}---${workload('shop', 'web')}---${RUNS}\n${runnable('a')}`);
    const fault = { kind: 'status', code: 403, reason: 'Forbidden', message: 'no tokens today' } as const;
    const heal = stage.faults.inject({ when: isTokenRequest, times: Infinity, fault });
    await stage.restart();
    await stage.clock.advance(3_000);
    expect(await condition(stage, 'Workload', 'shop', 'ResourcesSubmitted')).toMatch(
      /^ResourcesSubmitted False ServiceAccountTokenError: .*no tokens today/,
    );
    expect(await condition(stage, 'Runnable', 'task', 'RunTemplateReady')).toMatch(
      /^RunTemplateReady False ServiceAccountTokenError: .*no tokens today/,
    );
    heal();
    await stage.clock.advance(120_000);
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(await stage.ready('Runnable', 'task')).toBe('True Ready');
  });
});

describe('a Runnable whose inputs change without end', () => {
  it('makes a bounded number of runs in a short time, and says so', async () => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.apply(RUNS);
    await stage.restart();
    for (let i = 0; i < 60; i += 1) {
      await stage.apply(runnable(i));
      await stage.clock.advance(100);
      await stage.reached(() => false);
    }
    expect(await condition(stage, 'Runnable', 'task', 'RunTemplateReady')).toContain(
      'RunTemplateReady False TooManyWrites: unable to apply object [default/run-] for run template [runs]: stopped after 50 new objects of [things.test.carto.run/run-]',
    );
    expect((await stampedObjects(stage)).length).toBeLessThanOrEqual(11);
    await stage.clock.advance(120_000);
    await stage.settled();
    expect(await stage.ready('Runnable', 'task')).toBe('True Ready');
  });
});

describe('values beyond measure', () => {
  const wide = Array.from({ length: 20_000 }, (_, i) => ({ name: `entry-${i}`, value: 'x'.repeat(20) }));
  const deep = (levels: number): Json => (levels === 0 ? 'end' : { d: deep(levels - 1) });

  it.each([
    ['a megabyte of text', 'x'.repeat(1_000_000)],
    ['a megabyte of small objects', wide],
    ['objects in objects, a hundred deep', deep(100)],
    ['a key __proto__ and a key constructor', parseJson('{"__proto__":{"a":1},"constructor":{"prototype":2}}')],
  ])('%s goes through a chain whole, and is shown cut', async (_title, value) => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.restart();
    await stage.apply(COPY);
    await copy(stage, 'shop', value);
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(JSON.stringify((await stage.get('Thing', 'shop-2'))?.['spec'])).toBe(JSON.stringify({ p: value }));
    expect(JSON.stringify((await stage.get('Workload', 'shop'))?.['status']).length).toBeLessThan(10_000);
  });

  it('what is nested beyond the bound is refused in a condition, and others go on', async () => {
    await using stage = await createStage({ crds: [thingCrd] });
    await stage.restart();
    await stage.apply(COPY);
    await copy(stage, 'shop', 'fine');
    await copy(stage, 'abyss', deep(900)).catch(() => undefined); // a server may refuse it at the door
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(await stage.ready('Workload', 'abyss')).not.toBe('True Ready');
    const since = stage.audit.length;
    await stage.clock.advance(60_000);
    expect(controllerWrites(stage.audit, since).filter((line) => line.endsWith('/status'))).toEqual([]);
  });
});
