import { createRestMapper, systemClock } from '@cartographer/kube';
import { getPath, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import {
  applyObjects,
  isAuditedWrite,
  objectsIn,
  type ServedRepository,
  startCluster,
  startGitServer,
  startPodPlayer,
  type TestCluster,
  toolDefinitions,
} from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../carto-process.ts';
import { accountObjects, readTools } from '../catalogue/tools.ts';
import { dataOf, installCarto, isOurs, startCartoController, untilQuiet } from './carto.ts';
import { ownerOf, type StepView, stepOf, toolOf, untilStepOf } from './catalogue-steps.ts';
import { type ConfigArtifacts, startConfigArtifacts } from './config-artifacts.ts';

const PODS: ResourceType = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true };
const NAMESPACE = 'default';
const IMAGE = 'registry.example.com/team/app@sha256:';
const [ONE, TWO] = [`${IMAGE}${'1'.repeat(64)}`, `${IMAGE}${'2'.repeat(64)}`];

const LOGIN = 'registry-login';

const closing: (() => Promise<void>)[] = [];
let cluster: TestCluster;
let repository: ServedRepository;
let artifacts: ConfigArtifacts;

beforeAll(async () => {
  artifacts = await startConfigArtifacts();
  closing.push(() => artifacts.close());
  const git = await startGitServer();
  closing.push(() => git.close());
  repository = await git.createRepository('app');
  cluster = await startCluster({
    peers: ['flux', 'kustomize', 'tekton'],
    controllers: ['deployment-controller', 'replicaset-controller', 'job-controller'],
    // Of whom there is no controller here: kpack says what the test wants.
    objects: toolDefinitions()
      .filter(({ origin }) => origin.startsWith('kpack '))
      .map(({ definition }) => definition),
  });
  closing.push(() => cluster.stop());
  await installCarto(cluster);
  const objects = readTools().flatMap(({ templates, blueprint }) => [...templates, blueprint]);
  await apply(
    artifacts.loginSecret(LOGIN, NAMESPACE),
    ...accountObjects().map(withLogin),
    ...objects,
    ...tektonObjects,
  );
  await startCartoController(cluster);
});
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

/** What the chains of Tekton run: a Task that reports an image, and a Pipeline that passes. */
const tektonObjects = objectsIn(`
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build-image, namespace: default}
spec:
  params: [{name: source-url}, {name: source-revision}, {name: image}]
  results: [{name: image}]
  steps: [{name: build, image: builder, script: build}]
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: test, namespace: default}
spec:
  params: [{name: source-url}, {name: source-revision}]
  results: [{name: out, value: $(tasks.unit.results.out)}]
  tasks:
  - name: unit
    taskSpec:
      results: [{name: out}]
      steps: [{name: test, image: tester, script: test}]
`);

/** Flux logs in to a registry by the pull secrets of the account. */
function withLogin(object: KubeObject): KubeObject {
  return object.kind === 'ServiceAccount' ? { ...object, imagePullSecrets: [{ name: LOGIN }] } : object;
}

function apply(...objects: readonly KubeObject[]): Promise<void> {
  return applyObjects(cluster.client, systemClock, objects);
}

const untilStep = (tool: string, name: string, holds: (view: StepView) => boolean): Promise<StepView> =>
  untilStepOf(cluster.client, tool, name, holds);
const gitSource = (branch = 'main'): object => ({ source: { git: { url: repository.url, ref: { branch } } } });
const often = (...more: readonly object[]): object => ({ params: [{ name: 'interval', value: '2s' }, ...more] });

const delivered = (value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'delivered' },
  data: { value },
});

describe('Flux, from a registry into the cluster', () => {
  const kustomization = async (): Promise<KubeObject> => {
    const type = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
    const mapper = createRestMapper({ client: cluster.client, clock: systemClock });
    return cluster.client.get(await mapper.resourceFor(type), { namespace: NAMESPACE, name: 'flux-kustomization' });
  };

  it('delivers what was pushed, and the step is done once that very revision is applied', async () => {
    const revision = await artifacts.push(delivered('one'));
    const params = [
      { name: 'oci_url', value: artifacts.url },
      { name: 'oci_insecure', value: true },
      { name: 'retry_interval', value: '2s' },
    ];
    await apply(ownerOf('flux-kustomization', { serviceAccountName: 'catalogue', ...often(...params) }));
    const { outputs } = await untilStep('flux-kustomization', 'deploy', ({ healthy }) => healthy === 'True');
    expect(outputs['revision']).toBe(revision);
    expect(await dataOf(cluster.client, 'delivered')).toEqual({ value: 'one' });
  });

  it('is looked at by Flux again and again, of which the chain writes nothing', async () => {
    const reconciled = async (): Promise<number> => {
      const [entry] = listAt((await kustomization())['status'], 'history');
      return Number(getPath(entry, 'totalReconciliations') ?? 0);
    };
    // It has to be written that all is well before it can be quiet.
    const mark = await cluster.audit.mark();
    await untilQuiet(cluster, mark, (entry) => isOurs(entry) && isAuditedWrite(entry));
    const [later, before] = [await cluster.audit.mark(), await reconciled()];
    await until('Flux has looked twice', async () => (await reconciled()) >= before + 2);
    expect((await cluster.audit.since(later)).filter(isOurs).filter(isAuditedWrite)).toEqual([]);
  });

  it('delivers the next push by itself', async () => {
    const revision = await artifacts.push(delivered('two'));
    await untilStep('flux-kustomization', 'deploy', ({ outputs }) => outputs['revision'] === revision);
    expect(await dataOf(cluster.client, 'delivered')).toEqual({ value: 'two' });
  });

  it('says why it cannot deliver, and hands nothing on', async () => {
    await artifacts.push({ apiVersion: 'nope/v1', kind: 'Thing', metadata: { name: 'x' } });
    const { message, outputs } = await untilStep('flux-kustomization', 'deploy', ({ healthy }) => healthy === 'False');
    expect(message).toContain('no matches for kind "Thing" in version "nope/v1"');
    expect(outputs).toEqual({});
    expect(await dataOf(cluster.client, 'delivered')).toEqual({ value: 'two' });
  });

  it('goes on with the push that mends it, and takes away what is no longer there', async () => {
    const revision = await artifacts.push({ ...delivered('three'), metadata: { name: 'renamed' } });
    await untilStep('flux-kustomization', 'deploy', ({ outputs }) => outputs['revision'] === revision);
    expect(await dataOf(cluster.client, 'renamed')).toEqual({ value: 'three' });
    expect(await dataOf(cluster.client, 'delivered')).toBeUndefined();
  });

  it('names the tag that is not there at the first look', async () => {
    const params = [
      { name: 'oci_url', value: artifacts.url },
      { name: 'oci_insecure', value: true },
      { name: 'oci_ref', value: { tag: 'absent' } },
    ];
    await apply(ownerOf('flux-oci', { serviceAccountName: 'catalogue', ...often(...params) }));
    const { message, outputs } = await untilStep('flux-oci', 'source', ({ healthy }) => healthy === 'False');
    expect(message).toContain('MANIFEST_UNKNOWN');
    expect(outputs).toEqual({});
  });
});

describe('Flux, from a repository', () => {
  it('says at the first look that a branch is not there, and hands on the commit once it is named rightly', async () => {
    const commit = await repository.commit({ 'package.json': '{}' });
    await apply(ownerOf('flux-git', { ...gitSource('absent'), ...often() }));
    const failed = await untilStep('flux-git', 'source', ({ healthy }) => healthy === 'False');
    expect(failed.message).toContain('refs/heads/absent');
    await apply(ownerOf('flux-git', { ...gitSource(), ...often() }));
    const { outputs } = await untilStep('flux-git', 'source', ({ healthy }) => healthy === 'True');
    expect(outputs['revision']).toBe(`main@sha1:${commit}`);
  });
});

describe('Tekton', () => {
  let isBroken = false;
  beforeAll(() => {
    const player = startPodPlayer({
      client: cluster.clientOf('pod-player'),
      clock: systemClock,
      play: ({ metadata: { labels = {} } }) =>
        'tekton.dev/taskRun' in labels
          ? {
              build: isBroken ? { exitCode: 1, results: { image: 'half' } } : { results: { image: ONE } },
              test: isBroken ? { exitCode: 1 } : { results: { out: 'hi' } },
            }
          : undefined,
    });
    closing.push(() => player.stop());
  });

  it('builds an image by a TaskRun, and tests a source by a PipelineRun', async () => {
    await apply(
      ownerOf('tekton-taskrun', { ...gitSource(), ...often() }),
      ownerOf('tekton-pipelinerun', { ...gitSource(), ...often() }),
    );
    const built = await untilStep('tekton-taskrun', 'image', ({ healthy }) => healthy === 'True');
    expect(built.outputs).toEqual({ image: ONE });
    const tested = await untilStep('tekton-pipelinerun', 'test', ({ healthy }) => healthy === 'True');
    const source = await stepOf(cluster.client, 'tekton-pipelinerun', 'source');
    expect(tested.outputs).toEqual(source.outputs);
  });

  it('does not hand on a result of a run that failed', async () => {
    isBroken = true;
    const { outputs } = await stepOf(cluster.client, 'tekton-pipelinerun', 'test');
    await repository.commit({ 'index.js': '// broken' });
    await untilStep('tekton-taskrun', 'image', ({ healthy }) => healthy === 'False');
    expect((await stepOf(cluster.client, 'tekton-taskrun', 'image')).outputs).toEqual({ image: ONE });
    await untilStep('tekton-pipelinerun', 'test', ({ healthy }) => healthy === 'False');
    expect((await stepOf(cluster.client, 'tekton-pipelinerun', 'test')).outputs).toEqual(outputs);
  });
});

describe('Kubernetes', () => {
  /** What a kubelet would say of the pods of an image. */
  async function play(image: string, body: object): Promise<void> {
    for (const { metadata, spec } of (await cluster.client.list(PODS, { namespace: NAMESPACE })).items) {
      const [container] = listAt(spec, 'containers');
      if (textAt(container, 'image') !== image) continue;
      const key = { namespace: NAMESPACE, name: metadata.name ?? '' };
      await cluster.client.patch(PODS, key, { kind: 'merge', body: { status: body as never }, subresource: 'status' });
    }
  }
  const now = (): string => new Date(systemClock.now()).toISOString();
  const ready = (): object => ({
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now() }],
  });

  /** What kpack says of the image of a chain. */
  async function built(tool: string, image: string): Promise<void> {
    const kpack = toolOf('kpack').statuses.find(({ name }) => name === 'healthy')?.object as KubeObject;
    const type = await createRestMapper({ client: cluster.client, clock: systemClock }).resourceFor(kpack);
    const key = { namespace: NAMESPACE, name: tool };
    await until(`kpack has an Image for ${tool}`, () => cluster.client.get(type, key).then(Boolean, () => false));
    const { metadata } = await cluster.client.get(type, key);
    const status = { ...(kpack['status'] as object), latestImage: image, observedGeneration: metadata.generation ?? 0 };
    await cluster.client.patch(type, key, { kind: 'merge', body: { status }, subresource: 'status' });
  }

  it('rolls an image out: the step is under way until the pods of that image are there', async () => {
    await apply(ownerOf('deployment', { ...gitSource(), env: [] }));
    await built('deployment', ONE);
    await untilStep('deployment', 'app', ({ healthy }) => healthy === 'Unknown');
    await untilPods(ONE);
    await play(ONE, ready());
    await untilStep('deployment', 'app', ({ healthy }) => healthy === 'True');
    await built('deployment', TWO);
    await untilStep('deployment', 'app', ({ healthy }) => healthy === 'Unknown');
    await untilPods(TWO);
    await play(TWO, ready());
    await untilStep('deployment', 'app', ({ healthy }) => healthy === 'True');
  });

  it('gives up a rollout that does not get on', async () => {
    const params = [{ name: 'progress_deadline_seconds', value: 2 }];
    await apply(ownerOf('deployment', { ...gitSource(), params }));
    await built('deployment', `${IMAGE}${'3'.repeat(64)}`);
    const { message } = await untilStep('deployment', 'app', ({ healthy }) => healthy === 'False');
    expect(message).toContain('has timed out progressing');
  });

  it('runs a Job for each image, and says why one failed', async () => {
    const [good, bad] = [`${IMAGE}${'4'.repeat(64)}`, `${IMAGE}${'5'.repeat(64)}`];
    await apply(ownerOf('job', { ...gitSource(), env: [], params: [{ name: 'backoff_limit', value: 0 }] }));
    await built('job', good);
    await untilPods(good);
    await play(good, { phase: 'Succeeded' });
    await untilStep('job', 'migration', ({ healthy }) => healthy === 'True');
    await built('job', bad);
    await untilPods(bad);
    await play(bad, { phase: 'Failed' });
    const { message } = await untilStep('job', 'migration', ({ healthy }) => healthy === 'False');
    expect(message).toContain('Job has reached the specified backoff limit');
  });

  async function untilPods(image: string): Promise<void> {
    await until(`there is a pod of ${image}`, async () => {
      const { items } = await cluster.client.list(PODS, { namespace: NAMESPACE });
      return items.some(({ spec }) => textAt(listAt(spec, 'containers')[0], 'image') === image);
    });
  }
});
