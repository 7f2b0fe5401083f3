import { getPath, isList, type KubeObject } from '@cartographer/machinery';

import { ageColumn, column, joined, nameColumn, numberAt, selectorAt, textAt } from './columns.ts';
import { humanDuration } from './human-duration.ts';
import type { KindDefinition } from './kind-definition.ts';
import { podWarnings } from './pod-warnings.ts';
import { completePod, completeWorkload, podErrors, prepareJob, preparePod, workloadErrors } from './workload-rules.ts';

const TEMPLATE = ['spec', 'template', 'spec', 'containers'];

const templateColumns = [
  column('Containers', joined(TEMPLATE, 'name'), { wide: true }),
  column('Images', joined(TEMPLATE, 'image'), { wide: true }),
  column('Selector', selectorAt('spec', 'selector', 'matchLabels'), { wide: true }),
];

const ready = (object: KubeObject): string =>
  `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`;
const count =
  (...path: readonly string[]) =>
  (object: KubeObject) =>
    numberAt(object, ...path);

const apps = { group: 'apps', version: 'v1', status: true, categories: ['all'] } as const;
const batch = { group: 'batch', version: 'v1', status: true, categories: ['all'] } as const;

/** Kinds that run pods. They are stored as a real server stores them; nothing runs them here. */
export const workloadKinds: readonly KindDefinition[] = [
  {
    group: '',
    version: 'v1',
    resource: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    status: true,
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
    columns: [
      nameColumn,
      column('Ready', podReady),
      column('Status', podStatus),
      column('Restarts', podRestarts),
      ageColumn,
      column('IP', textAt('status', 'podIP'), { wide: true }),
      column('Node', textAt('spec', 'nodeName'), { wide: true }),
      column('Nominated Node', textAt('status', 'nominatedNodeName'), { wide: true }),
      column('Readiness Gates', () => '<none>', { wide: true }),
    ],
    complete: completePod,
    prepare: preparePod,
    validate: podErrors,
    warn: podWarnings,
  },
  {
    ...apps,
    resource: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
    columns: [
      nameColumn,
      column('Ready', ready),
      column('Up-to-date', count('status', 'updatedReplicas')),
      column('Available', count('status', 'availableReplicas')),
      ageColumn,
      ...templateColumns,
    ],
    complete: completeWorkload,
    validate: workloadErrors,
    warn: podWarnings,
  },
  {
    ...apps,
    resource: 'replicasets',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    columns: [
      nameColumn,
      column('Desired', count('spec', 'replicas')),
      column('Current', count('status', 'replicas')),
      column('Ready', count('status', 'readyReplicas')),
      ageColumn,
      ...templateColumns,
    ],
    complete: completeWorkload,
    validate: workloadErrors,
    warn: podWarnings,
  },
  {
    ...apps,
    resource: 'statefulsets',
    kind: 'StatefulSet',
    shortNames: ['sts'],
    columns: [nameColumn, column('Ready', ready), ageColumn, ...templateColumns.slice(0, 2)],
    complete: completeWorkload,
    validate: workloadErrors,
    warn: podWarnings,
  },
  {
    ...apps,
    resource: 'daemonsets',
    kind: 'DaemonSet',
    shortNames: ['ds'],
    columns: [
      nameColumn,
      column('Desired', count('status', 'desiredNumberScheduled')),
      column('Current', count('status', 'currentNumberScheduled')),
      column('Ready', count('status', 'numberReady')),
      column('Up-to-date', count('status', 'updatedNumberScheduled')),
      column('Available', count('status', 'numberAvailable')),
      column('Node Selector', selectorAt('spec', 'template', 'spec', 'nodeSelector')),
      ageColumn,
      ...templateColumns,
    ],
    complete: completeWorkload,
    validate: workloadErrors,
    warn: podWarnings,
  },
  {
    ...batch,
    resource: 'jobs',
    kind: 'Job',
    columns: [
      nameColumn,
      column('Status', jobStatus),
      column('Completions', (job) => `${numberAt(job, 'status', 'succeeded')}/${numberAt(job, 'spec', 'completions')}`),
      column('Duration', jobDuration),
      ageColumn,
      ...templateColumns,
    ],
    complete: completeWorkload,
    prepare: prepareJob,
    validate: workloadErrors,
    warn: podWarnings,
  },
  {
    ...batch,
    resource: 'cronjobs',
    kind: 'CronJob',
    shortNames: ['cj'],
    columns: [
      nameColumn,
      column('Schedule', textAt('spec', 'schedule')),
      column('Timezone', textAt('spec', 'timeZone')),
      column('Suspend', (job) => (getPath(job, 'spec', 'suspend') === true ? 'True' : 'False')),
      column('Active', (job) => listLength(getPath(job, 'status', 'active'))),
      column('Last Schedule', textAt('status', 'lastScheduleTime')),
      ageColumn,
    ],
    complete: completeWorkload,
    validate: workloadErrors,
    warn: podWarnings,
  },
];

function listLength(value: unknown): number {
  return isList(value) ? value.length : 0;
}

function podReady(pod: KubeObject): string {
  const statuses = getPath(pod, 'status', 'containerStatuses');
  const up = isList(statuses) ? statuses.filter((status) => getPath(status, 'ready') === true).length : 0;
  return `${up}/${listLength(getPath(pod, 'spec', 'containers'))}`;
}

function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reason = getPath(pod, 'status', 'reason') ?? getPath(pod, 'status', 'phase');
  return typeof reason === 'string' ? reason : 'Unknown';
}

function podRestarts(pod: KubeObject): string {
  const statuses = getPath(pod, 'status', 'containerStatuses');
  const counts = isList(statuses) ? statuses.map((status) => Number(getPath(status, 'restartCount') ?? 0)) : [];
  return String(counts.reduce((sum, item) => sum + item, 0));
}

function jobStatus(job: KubeObject): string {
  const conditions = getPath(job, 'status', 'conditions');
  const found = isList(conditions)
    ? conditions.find((condition) => getPath(condition, 'status') === 'True')
    : undefined;
  const type = getPath(found, 'type');
  return typeof type === 'string' ? type : 'Running';
}

function jobDuration(job: KubeObject, now: number): string {
  const started = getPath(job, 'status', 'startTime');
  if (typeof started !== 'string') return '';
  const completed = getPath(job, 'status', 'completionTime');
  return humanDuration((typeof completed === 'string' ? Date.parse(completed) : now) - Date.parse(started));
}
