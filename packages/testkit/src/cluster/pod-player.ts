import type { Client } from '@cartographer/kube';
import { type Clock, getPath, type Json, type KubeObject, type ResourceType } from '@cartographer/machinery';

/** How a step of a Tekton task ends. */
export type StepEnd = {
  /** 0 by default. */
  readonly exitCode?: number;
  /** What it writes into the files of the task's results. */
  readonly results?: Readonly<Record<string, string>>;
};

/** What becomes of a pod: how each of its steps ends; `undefined` leaves it running. Steps not named end with 0. */
export type PlayPod = (pod: KubeObject) => Readonly<Record<string, StepEnd>> | undefined;

/** Finishes pods in place of a kubelet. */
export interface PodPlayer {
  /** The pods that were finished, in order, as `namespace/name`. */
  readonly finished: readonly string[];
  stop(): Promise<void>;
}

const PODS: ResourceType = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true };
const PAUSE_MS = 100;
/** Prefix of a step's container. */
const STEP = 'step-';
/** Tekton's number for a result of the task, as against one of its own. */
const TASK_RESULT = 1;

/** Plays every pod that appears: it writes the status that a kubelet would have written at the end. */
export function startPodPlayer(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly play: PlayPod;
}): PodPlayer {
  const { client, clock, play } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const finished: string[] = [];
  const ended = watchPods();
  return {
    finished,
    async stop() {
      stop.abort();
      await ended;
    },
  };

  async function watchPods(): Promise<void> {
    while (!signal.aborted) {
      try {
        // From the beginning each time: pods that are there come first.
        for await (const { type, object } of client.watch(PODS, { signal })) {
          if (type === 'ADDED' || type === 'MODIFIED') await finish(object as KubeObject);
        }
      } catch {
        // The server is away or the watch too old; the next one tells the same again.
      }
      if (!signal.aborted) await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }

  async function finish(pod: KubeObject): Promise<void> {
    const phase = getPath(pod['status'], 'phase') ?? 'Pending';
    if (phase !== 'Pending' || pod.metadata.deletionTimestamp !== undefined) return;
    const ends = play(pod);
    if (ends === undefined) return;
    const { namespace = '', name = '' } = pod.metadata;
    const body = { status: finishedStatus(pod, ends, new Date(clock.now()).toISOString()) };
    await client.patch(PODS, { namespace, name }, { kind: 'merge', body, subresource: 'status', signal });
    finished.push(`${namespace}/${name}`);
  }
}

function finishedStatus(pod: KubeObject, ends: Readonly<Record<string, StepEnd>>, now: string): Json {
  const containers = getPath(pod['spec'], 'containers') as readonly { readonly name: string }[] | undefined;
  const names = (containers ?? []).map(({ name }) => name);
  const endOf = (container: string): StepEnd => ends[container.slice(STEP.length)] ?? {};
  const failed = names.some((name) => (endOf(name).exitCode ?? 0) !== 0);
  return {
    phase: failed ? 'Failed' : 'Succeeded',
    startTime: now.replace(/\.\d+Z/, 'Z'),
    containerStatuses: names.map((name) => containerStatus(name, endOf(name), now.replace(/\.\d+Z/, 'Z'))),
  };
}

function containerStatus(name: string, { exitCode = 0, results = {} }: StepEnd, time: string): Json {
  const message = Object.entries(results).map(([key, value]) => ({ key, value, type: TASK_RESULT }));
  return {
    name,
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        startedAt: time,
        finishedAt: time,
        message: JSON.stringify(message),
      },
    },
  };
}
