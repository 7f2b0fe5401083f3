import { crds, RERUN_ANNOTATION, RERUN_REASON_ANNOTATION } from '@cartographer/api';
import { startController } from '@cartographer/controller';
import { createRestMapper, systemClock } from '@cartographer/kube';
import {
  type KubeObject,
  listAt,
  parseYamlDocuments,
  type ResourceType,
  silentLog,
  textAt,
} from '@cartographer/machinery';
import { goldenCrds, startEmbedded } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { EXIT } from '../frame/exit-codes.ts';
import { testSurroundings } from '../frame/testing/test-surroundings.ts';

/** Two steps that make runs, and one whose object is changed in place. */
const CHAIN = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: test}
spec:
  lifecycle: immutable
  configPath: .spec.p
  healthRule: {singleConditionType: Ready}
  template: {apiVersion: golden.test/v1, kind: Thing, metadata: {generateName: $(workload.metadata.name)$-test-}, spec: {p: one}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: scan}
spec:
  lifecycle: immutable
  template: {apiVersion: golden.test/v1, kind: Thing, metadata: {generateName: $(workload.metadata.name)$-scan-}, spec: {p: two}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template: {apiVersion: golden.test/v1, kind: Thing, metadata: {name: $(workload.metadata.name)$}, spec: {p: three}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain}
spec:
  selector: {kind: chain}
  resources:
  - {name: test, templateRef: {kind: ClusterConfigTemplate, name: test}}
  - {name: scan, templateRef: {kind: ClusterTemplate, name: scan}}
  - {name: app, templateRef: {kind: ClusterTemplate, name: app}}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: default, labels: {kind: chain}}
spec: {}
`;

const THINGS: ResourceType = {
  group: 'golden.test',
  version: 'v1',
  kind: 'Thing',
  resource: 'things',
  namespaced: true,
};
const WORKLOADS: ResourceType = {
  group: 'carto.run',
  version: 'v1alpha1',
  kind: 'Workload',
  resource: 'workloads',
  namespaced: true,
};
const KEY = { namespace: 'default', name: 'shop' };

let stage: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  stage = await start();
});
afterEach(() => stage.close());

async function start() {
  const embedded = await startEmbedded({ crds: [...crds(), ...goldenCrds()] });
  const { client, adminTransport: transport } = embedded;
  const mapper = createRestMapper({ client, clock: systemClock });
  const controller = startController({ client, mapper, clock: systemClock, log: silentLog });
  for (const document of parseYamlDocuments(CHAIN)) {
    const object = document as KubeObject;
    await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'test' });
  }
  const runs = async (step: string): Promise<readonly string[]> => {
    const { items } = await client.list(THINGS, { labelSelector: `carto.run/resource-name=${step}` });
    return items.map(({ metadata }) => metadata.name ?? '');
  };
  await expect.poll(() => runs('app'), { timeout: 30_000 }).toHaveLength(1);
  await expect.poll(stampedNames, { timeout: 30_000 }).toHaveLength(3);
  async function stampedNames(): Promise<readonly string[]> {
    const { status } = await client.get(WORKLOADS, KEY);
    return listAt(status, 'resources')
      .map((each) => textAt(each, 'stampedRef', 'name'))
      .filter((name) => name !== '');
  }
  return {
    client,
    runs,
    carto(...args: readonly string[]) {
      const surroundings = testSurroundings({ transport });
      const { terminal } = surroundings;
      return { terminal, ended: runCommandLine(['node', 'carto', 'rerun', ...args], surroundings) };
    },
    annotations: async () => (await client.get(WORKLOADS, KEY)).metadata.annotations ?? {},
    async end(name: string, status: 'True' | 'False') {
      const body = { status: { conditions: [{ type: 'Ready', status, reason: 'Done', message: 'as told' }] } };
      await client.patch(THINGS, { namespace: 'default', name }, { kind: 'merge', body });
    },
    async close() {
      await controller.stop();
      await embedded.close();
    },
  };
}

const IN_PLACE = '  not app: its Thing shop is changed in place and not made anew: change its inputs or its template';

describe('carto rerun', () => {
  it('makes every step that makes runs run again, once, and says which cannot and what to do instead', async () => {
    const { terminal, ended } = stage.carto('shop', '--reason', 'the registry was down');
    await ended;
    expect(terminal.written()).toBe(`workload default/shop runs again: test, scan\n${IN_PLACE}\n`);
    expect(terminal.told()).toBe('target: context test\n');
    expect(terminal.exitCode).toBe(EXIT.done);
    await expect.poll(() => stage.runs('test'), { timeout: 30_000 }).toHaveLength(2);
    await expect.poll(() => stage.runs('scan'), { timeout: 30_000 }).toHaveLength(2);
    expect(await stage.runs('app')).toHaveLength(1);
    expect(await stage.annotations()).toMatchObject({ [RERUN_REASON_ANNOTATION]: 'the registry was down' });
  });

  it('makes one step run again, and no other then, nor by the next', async () => {
    await stage.carto('shop').ended;
    await expect.poll(() => stage.runs('scan'), { timeout: 30_000 }).toHaveLength(2);
    await stage.carto('shop', '--step', 'te').ended;
    await expect.poll(() => stage.runs('test'), { timeout: 30_000 }).toHaveLength(3);
    const first = (await stage.annotations())[RERUN_ANNOTATION];
    await stage.carto('shop', '--step', 'test').ended;
    await expect.poll(() => stage.runs('test'), { timeout: 30_000 }).toHaveLength(4);
    expect(await stage.runs('scan')).toHaveLength(2);
    expect(first).toMatch(/^test=\S+Z,scan=\S+Z,app=\S+Z$/);
  });

  it('owns the annotation alone: what others say of the owner stays theirs', async () => {
    await stage.carto('shop', '--step', 'test').ended;
    const { metadata } = await stage.client.get(WORKLOADS, KEY);
    const entry = metadata.managedFields?.find(({ manager }) => manager === 'carto-rerun');
    expect(entry?.fieldsV1).toEqual({ 'f:metadata': { 'f:annotations': { [`f:${RERUN_ANNOTATION}`]: {} } } });
  });

  it.each([
    { status: 'True', code: EXIT.done, says: 'succeeded\n' },
    { status: 'False', code: EXIT.no, says: 'failed: as told\n' },
  ] as const)(
    'waits for the new run with --wait, and ends with $code when it is $status',
    async ({ status, code, says }) => {
      const [before = ''] = await stage.runs('test');
      await stage.end(before, 'True');
      const { terminal, ended } = stage.carto('shop', '--step', 'test', '--wait');
      await expect.poll(() => stage.runs('test'), { timeout: 30_000 }).toHaveLength(2);
      const made = (await stage.runs('test')).find((name) => name !== before) ?? '';
      await stage.end(made, status);
      await ended;
      expect(terminal.written()).toBe(`workload default/shop runs again: test\ntest: ${made} ${says}`);
      expect(terminal.exitCode).toBe(code);
    },
  );

  it('gives up waiting in time, and names what is not over', async () => {
    const { terminal, ended } = stage.carto('shop', '--step', 'test', '--wait', '--timeout', '1s');
    await ended;
    expect(terminal.told()).toContain('carto: not over after 1 s: test\n');
    expect(terminal.exitCode).toBe(EXIT.timedOut);
  });

  it.each([
    {
      args: ['shop', '--step', 'app'],
      code: EXIT.no,
      says: 'nothing of workload default/shop can be run again: app: its Thing',
    },
    { args: ['shop', '--step', 'build'], code: EXIT.notFound, says: 'its steps are test, scan, app' },
    { args: ['shopp'], code: EXIT.notFound, says: '"shopp" not found' },
    { args: ['runnable/x', '--step', 'test'], code: EXIT.failed, says: '--step: a Runnable has no steps' },
  ])('says why it cannot for $args, and changes nothing', async ({ args, code, says }) => {
    const { terminal, ended } = stage.carto(...args);
    await ended;
    expect(terminal.told()).toContain(says);
    expect(terminal.exitCode).toBe(code);
    expect(await stage.annotations()).not.toHaveProperty(RERUN_ANNOTATION);
  });

  it('asks a Runnable for another run', async () => {
    const RUNNABLES: ResourceType = { ...WORKLOADS, kind: 'Runnable', resource: 'runnables' };
    const object = {
      apiVersion: 'carto.run/v1alpha1',
      kind: 'Runnable',
      metadata: { namespace: 'default', name: 'again' },
      spec: { runTemplateRef: { name: 'x' } },
    };
    await stage.client.create(RUNNABLES, object);
    const { terminal, ended } = stage.carto('runnable/again');
    await ended;
    expect(terminal.written()).toBe('runnable default/again runs again\n');
    const { metadata } = await stage.client.get(RUNNABLES, { namespace: 'default', name: 'again' });
    expect(metadata.annotations?.[RERUN_ANNOTATION]).toMatch(/^\d{4}-/);
  });
});
