import { join } from 'node:path';
import { carto } from '@cartographer/api';
import { systemClock } from '@cartographer/kube';
import { type KubeObject, type ResourceType } from '@cartographer/machinery';
import {
  applyObjects,
  isAuditedWrite,
  readObjects,
  type ServedRepository,
  type StepEnd,
  startCluster,
  startGitServer,
  startPodPlayer,
  type TestCluster,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { dataOf, installCarto, startCartoController, untilQuiet, untilReady, workloadCondition } from './carto.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/flux-tekton');
const RUNS: ResourceType = {
  group: 'tekton.dev',
  version: 'v1',
  kind: 'PipelineRun',
  resource: 'pipelineruns',
  namespaced: true,
};

const closing: (() => Promise<void>)[] = [];
let cluster: TestCluster;
let repository: ServedRepository;
/** How the developer's tests end. */
let tests: StepEnd = { results: { report: 'passed' } };

beforeAll(async () => {
  cluster = await startCluster({ peers: ['flux', 'tekton'] });
  closing.push(() => cluster.stop());
  const git = await startGitServer();
  closing.push(() => git.close());
  repository = await git.createRepository('app');
  const player = startPodPlayer({
    client: cluster.clientOf('pod-player'),
    clock: systemClock,
    play: () => ({ test: tests }),
  });
  closing.push(() => player.stop());
  await installCarto(cluster);
  await startCartoController(cluster);
});
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

async function runs(): Promise<readonly KubeObject[]> {
  return (await cluster.client.list(RUNS, { namespace: 'default' })).items;
}

/** The example's workload, with the repository of this test. */
function workload(): readonly KubeObject[] {
  return readObjects(join(EXAMPLE, 'workload.yaml')).map((object) => ({
    ...object,
    spec: { ...(object['spec'] as object), source: { git: { url: repository.url, ref: { branch: 'main' } } } },
  }));
}

const revisionOf = (commit: string): string => `main@sha1:${commit}`;
const releasedRevision = async (): Promise<string | undefined> =>
  (await dataOf(cluster.client, 'app-release'))?.['revision'];

describe('a chain of Flux, Tekton and a ConfigMap', () => {
  it('releases a commit that passed its tests', async () => {
    const commit = await repository.commit({ 'package.json': '{}' });
    await applyObjects(cluster.client, systemClock, [
      ...readObjects(EXAMPLE, (file) => file !== 'workload.yaml'),
      ...workload(),
    ]);
    await untilReady(cluster.client, 'app');
    const release = await dataOf(cluster.client, 'app-release');
    expect(release?.['revision']).toBe(revisionOf(commit));
    expect(release?.['url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/gitrepository\/default\/app\//);
    expect(await runs()).toHaveLength(1);
  });

  it('has the run’s results in the status of the Runnable', async () => {
    const { status } = await cluster.client.get(carto.kinds.Runnable, { namespace: 'default', name: 'app-test' });
    expect(status).toMatchObject({ outputs: { report: 'passed' } });
  });

  it('tests the next commit once and releases it', async () => {
    const commit = await repository.commit({ 'index.js': '// two' });
    await until('the commit is released', async () => (await releasedRevision()) === revisionOf(commit));
    expect(await runs()).toHaveLength(2);
  });

  it('holds back a commit that fails its tests, and says so', async () => {
    const released = await releasedRevision();
    tests = { exitCode: 1 };
    await repository.commit({ 'index.js': '// broken' });
    await until('the third run has failed', async () => (await runs()).some(hasFailed));
    await until(
      'the workload says so',
      async () => (await workloadCondition(cluster.client, 'app', 'Ready'))?.status !== 'True',
    );
    expect(await releasedRevision()).toBe(released);
  });

  it('goes on with the commit that mends it', async () => {
    tests = { results: { report: 'passed' } };
    const commit = await repository.commit({ 'index.js': '// mended' });
    await until('the commit is released', async () => (await releasedRevision()) === revisionOf(commit));
    await untilReady(cluster.client, 'app');
    expect(await runs()).toHaveLength(4);
  });

  it('runs nothing again after a restart of the controller', async () => {
    const controller = cluster.process('carto');
    await controller.end('SIGTERM');
    const mark = await cluster.audit.mark();
    await controller.start();
    const asked = await untilQuiet(cluster, mark);
    expect(asked.filter(isAuditedWrite)).toEqual([]);
    expect(await runs()).toHaveLength(4);
  });
});

function hasFailed({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly { readonly status: string }[] };
  return conditions.some((condition) => condition.status === 'False');
}
