import { getPath, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { ageSince } from '../../screen/ages.ts';
import { podState } from './pod-state.ts';

/** How objects of a kind that runs something are shown: its title and columns. To show another kind, add it to the table. */
export type RuntimePrinter = {
  readonly title: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly head: readonly string[];
  /** The cells of an object, one for each column. */
  readonly row: (object: KubeObject, nowMs: number) => readonly string[];
};

/** The kinds that run something, in the order of the screen. On a laptop a Knative Service is a process. */
export const RUNTIME_PRINTERS: readonly RuntimePrinter[] = [
  {
    title: 'Knative Services',
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    head: ['NAME', 'READY', 'AGE', 'URL'],
    row: (object, nowMs) => [nameOf(object), readyText(object), ageOf(object, nowMs), textAt(object['status'], 'url')],
  },
  {
    title: 'Deployments',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    head: ['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE'],
    row: (object, nowMs) => [
      nameOf(object),
      `${countAt(object, 'status', 'readyReplicas')}/${countAt(object, 'spec', 'replicas', 1)}`,
      `${countAt(object, 'status', 'updatedReplicas')}`,
      `${countAt(object, 'status', 'availableReplicas')}`,
      ageOf(object, nowMs),
    ],
  },
  {
    title: 'Rollouts',
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    head: ['NAME', 'PHASE', 'READY', 'AGE'],
    row: (object, nowMs) => [
      nameOf(object),
      textAt(object['status'], 'phase') || 'Unknown',
      `${countAt(object, 'status', 'readyReplicas')}/${countAt(object, 'spec', 'replicas', 1)}`,
      ageOf(object, nowMs),
    ],
  },
  {
    title: 'CronJobs',
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    head: ['NAME', 'SCHEDULE', 'SUSPENDED', 'ACTIVE', 'LAST', 'AGE'],
    row: (object, nowMs) => [
      nameOf(object),
      textAt(object['spec'], 'schedule'),
      getPath(object['spec'], 'suspend') === true ? 'yes' : 'no',
      `${listAt(object['status'], 'active').length}`,
      ageSince(textAt(object['status'], 'lastScheduleTime') || undefined, nowMs) || 'never',
      ageOf(object, nowMs),
    ],
  },
  {
    title: 'Jobs',
    apiVersion: 'batch/v1',
    kind: 'Job',
    head: ['NAME', 'COMPLETIONS', 'FAILED', 'AGE'],
    row: (object, nowMs) => [
      nameOf(object),
      `${countAt(object, 'status', 'succeeded')}/${countAt(object, 'spec', 'completions', 1)}`,
      `${countAt(object, 'status', 'failed')}`,
      ageOf(object, nowMs),
    ],
  },
  {
    title: 'Pods',
    apiVersion: 'v1',
    kind: 'Pod',
    head: ['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'],
    row: (object, nowMs) => {
      const { ready, containers, status, restarts } = podState(object);
      return [nameOf(object), `${ready}/${containers}`, status, `${restarts}`, ageOf(object, nowMs)];
    },
  },
];

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? '';
}

function ageOf({ metadata }: KubeObject, nowMs: number): string {
  return ageSince(metadata.creationTimestamp, nowMs);
}

/** A number of an object; `otherwise` where it is left out, as Kubernetes reads it. */
function countAt(object: KubeObject, part: 'spec' | 'status', field: string, otherwise = 0): number {
  const count = getPath(object[part], field);
  return typeof count === 'number' ? count : otherwise;
}

/** The condition `Ready` in words: `Ready`, why not, or `Unknown`. */
function readyText(object: KubeObject): string {
  const ready = listAt(object['status'], 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  const status = textAt(ready, 'status');
  if (status === 'True') return 'Ready';
  return textAt(ready, 'reason') || (status === 'False' ? 'False' : 'Unknown');
}
