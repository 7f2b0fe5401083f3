import { type Client, systemClock } from '@cartographer/kube';
import { getPath, type Json, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import { type StepEnd, startCluster, startPodPlayer, type TestCluster } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaptopFixture, startLaptopFixture } from '../../packages/laptop/src/testing/laptop.ts';
import { until } from '../carto-process.ts';
import { pipelineRunOf, playedCases, type TektonCase, wrongCases } from './tekton-cases.ts';

const PIPELINE_RUNS = type('PipelineRun', 'pipelineruns');
const TASK_RUNS = type('TaskRun', 'taskruns');
const cases = [...playedCases, ...wrongCases];

function type(kind: string, resource: string): ResourceType {
  return { group: 'tekton.dev', version: 'v1', kind, resource, namespaced: true };
}

/** The words after Tekton's, which only the laptop has: where it failed, the last lines, the path of the log. */
const OWN_WORDS = /; (?:[a-z-]+: "step-|at |last lines: ).*$/s;

function verdict(object: KubeObject | undefined): Readonly<Record<string, string>> {
  const condition = listAt(object?.['status'], 'conditions')[0];
  return {
    status: textAt(condition, 'status'),
    reason: textAt(condition, 'reason'),
    message: textAt(condition, 'message').replace(OWN_WORDS, ''),
  };
}

/** What has to be the same on both sides, of a run and of the runs of its tasks. */
function comparable(run: KubeObject, tasks: readonly KubeObject[]): Json {
  const { status } = run;
  return {
    ...verdict(run),
    childReferences: listAt(status, 'childReferences'),
    skippedTasks: listAt(status, 'skippedTasks'),
    results: listAt(status, 'results'),
    labels: textAt(run.metadata.labels, 'tekton.dev/pipeline'),
    tasks: Object.fromEntries(tasks.map((task) => [task.metadata.name ?? '', taskFacts(task)])),
  };
}

function taskFacts(task: KubeObject): Json {
  const { 'tekton.dev/pipelineRunUID': _, ...labels } = task.metadata.labels ?? {};
  return {
    ...verdict(task),
    results: listAt(task['status'], 'results'),
    tries: listAt(task['status'], 'retriesStatus').map((each) => textAt(listAt(each, 'conditions')[0], 'reason')),
    labels,
    params: listAt(task['spec'], 'params'),
  };
}

/** Plays a case on one side, and answers with what is compared. */
async function playOn(client: Client, each: TektonCase): Promise<Json> {
  const key = { namespace: 'default', name: each.name };
  await client.create(PIPELINE_RUNS, pipelineRunOf(each));
  if (each.patch !== undefined) {
    await until(`a task of ${each.name} hangs`, async () => {
      const run = await client.get(TASK_RUNS, { ...key, name: `${each.name}-hang` }).catch(() => undefined);
      const known = await client.get(PIPELINE_RUNS, key);
      return getPath(run?.['status'], 'podName') !== undefined && listAt(known['status'], 'childReferences').length > 0;
    });
    await client.patch(PIPELINE_RUNS, key, { kind: 'merge', body: { spec: each.patch } });
  }
  let run: KubeObject | undefined;
  let tasks: readonly KubeObject[] = [];
  await until(
    `${each.name} and its tasks have ended`,
    async () => {
      run = await client.get(PIPELINE_RUNS, key);
      const labelSelector = `tekton.dev/pipelineRun=${each.name}`;
      tasks = (await client.list(TASK_RUNS, { namespace: 'default', labelSelector })).items;
      return [run, ...tasks].every((object) => ['True', 'False'].includes(textAt(verdict(object), 'status')));
    },
    120_000,
  );
  return comparable(run as KubeObject, tasks);
}

/** How a pod's step ends, by the case and the task that it is of; the name of a later try has its number. */
function endOf(pod: KubeObject): Readonly<Record<string, StepEnd>> | undefined {
  const { labels = {}, name = '' } = pod.metadata;
  const found = cases.find((one) => one.name === labels['tekton.dev/pipelineRun']);
  const ends = found?.ends?.[labels['tekton.dev/pipelineTask'] ?? ''] ?? [{}];
  if (ends === 'hang') return undefined;
  return { s: ends[Number(/-retry(\d+)$/.exec(name)?.[1] ?? 0)] ?? {} };
}

describe('the laptop’s Tekton and the real controller', () => {
  let cluster: TestCluster;
  let laptop: LaptopFixture;
  const closing: (() => Promise<void>)[] = [];
  const real = new Map<string, Promise<Json>>();
  const here = new Map<string, Promise<Json>>();
  beforeAll(async () => {
    [cluster, laptop] = await Promise.all([startCluster({ peers: ['tekton'] }), startLaptopFixture()]);
    closing.push(
      () => cluster.stop(),
      () => laptop.close(),
    );
    const player = startPodPlayer({ client: cluster.clientOf('pod-player'), clock: systemClock, play: endOf });
    closing.push(() => player.stop());
    for (const each of cases) {
      real.set(each.name, playOn(cluster.client, each));
      here.set(each.name, playOn(laptop.client, each));
    }
    await Promise.allSettled([...real.values(), ...here.values()]);
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });

  it.each(cases.map(({ name }) => name))('end in the same status: %s', async (name) => {
    expect(await here.get(name)).toEqual(await real.get(name));
  });
});
