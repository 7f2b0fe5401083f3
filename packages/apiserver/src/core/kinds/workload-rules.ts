import {
  deepEqual,
  type FieldError,
  getPath,
  invalidError,
  isList,
  isObject,
  type Json,
  type JsonObject,
  labelSelectorOf,
  notSupportedError,
  requiredError,
} from '@cartographer/machinery';

import { metaOf } from '../pipeline/metadata.ts';
import { scalarAt } from './scalar-text.ts';

/** Defaults first, what is given second. */
function withDefaults(value: Json | undefined, defaults: JsonObject): JsonObject {
  const given = isObject(value) ? value : {};
  return Object.keys(defaults).every((key) => given[key] !== undefined) ? given : { ...defaults, ...given };
}

/** The object with one field changed; the same object when the field stays the same. */
function withField(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  return object[key] === value || value === undefined ? object : { ...object, [key]: value };
}

const POD_DEFAULTS = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
};

function completePodSpec(spec: Json | undefined): JsonObject | undefined {
  if (!isObject(spec)) return undefined;
  const lists = ['containers', 'initContainers'].filter((key) => isList(spec[key]));
  const completed: Record<string, Json> = {};
  for (const key of lists) completed[key] = mapList(spec[key], completeContainer);
  const { serviceAccountName } = spec;
  const account = typeof serviceAccountName === 'string' ? { serviceAccount: serviceAccountName } : {};
  return withDefaults({ ...spec, ...account, ...completed }, POD_DEFAULTS);
}

function completeContainer(container: JsonObject): JsonObject {
  const image = getPath(container, 'image');
  const completed = withDefaults(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: typeof image === 'string' && isPinned(image) ? 'IfNotPresent' : 'Always',
  });
  const ports = completed['ports'];
  if (!isList(ports)) return completed;
  return { ...completed, ports: mapList(ports, (port) => withDefaults(port, { protocol: 'TCP' })) };
}

/** Whether an image has a tag other than `latest`, or a digest. The colon of a registry's port stands before a slash. */
function isPinned(image: string): boolean {
  const colon = image.indexOf(':', image.lastIndexOf('/') + 1);
  return colon >= 0 && colon < image.length - 1 && !image.endsWith(':latest');
}

/** The list with each object changed; the same list when nothing changes. */
function mapList(list: Json | undefined, change: (item: JsonObject) => JsonObject): Json {
  if (!isList(list)) return [];
  const changed = list.map((item) => (isObject(item) ? change(item) : item));
  return changed.every((item, index) => item === list[index]) ? list : changed;
}

/** Defaults of a Pod. */
export function completePod(pod: JsonObject): JsonObject {
  const spec = completePodSpec(pod['spec']);
  if (spec === undefined) return pod;
  return {
    ...pod,
    spec: withDefaults(spec, { enableServiceLinks: true, serviceAccountName: 'default', serviceAccount: 'default' }),
  };
}

/** A new pod waits for a node. */
export function preparePod(pod: JsonObject, old: JsonObject | undefined): JsonObject {
  return old === undefined ? { ...pod, status: { phase: 'Pending', qosClass: qosClass(pod) } } : pod;
}

function qosClass(pod: JsonObject): string {
  const containers = getPath(pod, 'spec', 'containers');
  const resources = isList(containers) ? containers.map((container) => getPath(container, 'resources')) : [];
  const none = resources.every((item) => !isObject(item) || Object.keys(item).length === 0);
  return none ? 'BestEffort' : 'Burstable';
}

const WORKLOAD_DEFAULTS: Readonly<Record<string, JsonObject>> = {
  Deployment: {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
  },
  ReplicaSet: { replicas: 1 },
  StatefulSet: {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  },
  DaemonSet: {
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
  },
  Job: {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  },
  CronJob: { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
};

/** Defaults of everything that has a pod template. */
export function completeWorkload(object: JsonObject): JsonObject {
  const spec = object['spec'];
  if (!isObject(spec)) return object;
  const withTemplate = object['kind'] === 'CronJob' ? completeJobTemplate(spec) : completeTemplate(spec);
  return withField(object, 'spec', withDefaults(withTemplate, WORKLOAD_DEFAULTS[scalarAt(object, 'kind')] ?? {}));
}

function completeTemplate(spec: JsonObject): JsonObject {
  const template = spec['template'];
  if (!isObject(template)) return spec;
  return withField(spec, 'template', withField(template, 'spec', completePodSpec(template['spec'])));
}

function completeJobTemplate(spec: JsonObject): JsonObject {
  const template = spec['jobTemplate'];
  const jobSpec = getPath(template, 'spec');
  if (!isObject(template) || !isObject(jobSpec)) return spec;
  return withField(spec, 'jobTemplate', withField(template, 'spec', completeTemplate(jobSpec)));
}

/** A Job without a selector of its own gets one by its uid, as does its pod template. */
export function prepareJob(job: JsonObject, old: JsonObject | undefined): JsonObject {
  const spec = job['spec'];
  if (old !== undefined || !isObject(spec) || spec['manualSelector'] === true) return job;
  const { uid = '', name = '' } = metaOf(job);
  const template = isObject(spec['template']) ? spec['template'] : {};
  const labels: Record<string, Json> = {
    ...metaOf(template).labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const metadata = { ...(template['metadata'] as JsonObject | undefined), labels };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  return { ...job, spec: { ...spec, selector, template: { ...template, metadata } } };
}

/** Why a Pod is refused. */
export function podErrors(pod: JsonObject): readonly FieldError[] {
  return podSpecErrors(pod['spec'], 'spec');
}

/** Why a workload is refused: the checks that catch everyday mistakes, with the texts of a real server. */
export function workloadErrors(object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
  const kind = scalarAt(object, 'kind');
  if (kind === 'CronJob') return cronJobErrors(object);
  const errors = kind === 'Job' ? jobErrors(object) : selectorErrors(object, old);
  return [...errors, ...podSpecErrors(getPath(object, 'spec', 'template', 'spec'), 'spec.template.spec')];
}

function cronJobErrors(object: JsonObject): readonly FieldError[] {
  const schedule = getPath(object, 'spec', 'schedule');
  const errors = typeof schedule === 'string' && schedule !== '' ? [] : [requiredError('spec.schedule')];
  const path = ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  return [...errors, ...restartErrors(object, path), ...podSpecErrors(getPath(object, ...path), path.join('.'))];
}

function jobErrors(object: JsonObject): readonly FieldError[] {
  return restartErrors(object, ['spec', 'template', 'spec']);
}

function restartErrors(object: JsonObject, path: readonly string[]): readonly FieldError[] {
  const policy = getPath(object, ...path, 'restartPolicy');
  if (policy === 'OnFailure' || policy === 'Never') return [];
  const field = `${path.join('.')}.restartPolicy`;
  return [notSupportedError(field, policy ?? 'Always', ['OnFailure', 'Never'])];
}

function selectorErrors(object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
  const selector = getPath(object, 'spec', 'selector');
  if (!isObject(selector) || Object.keys(selector).length === 0) return [requiredError('spec.selector')];
  if (old !== undefined && !deepEqual(selector, getPath(old, 'spec', 'selector'))) {
    return [invalidError('spec.selector', selector, 'field is immutable')];
  }
  const labels = getPath(object, 'spec', 'template', 'metadata', 'labels');
  try {
    if (labelSelectorOf(selector).matches(labels as Record<string, string> | undefined)) return [];
  } catch (error) {
    return [invalidError('spec.selector', selector, (error as Error).message)];
  }
  return [invalidError('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function podSpecErrors(spec: Json | undefined, field: string): readonly FieldError[] {
  const containers = getPath(spec, 'containers');
  if (!isList(containers) || containers.length === 0) return [requiredError(`${field}.containers`)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const name = getPath(container, 'name');
    const at = `${field}.containers[${index}]`;
    if (typeof name !== 'string' || name === '') errors.push(requiredError(`${at}.name`));
    else if (names.has(name)) {
      errors.push({
        reason: 'FieldValueDuplicate',
        field: `${at}.name`,
        message: `Duplicate value: ${JSON.stringify(name)}`,
      });
    } else names.add(name);
    const image = getPath(container, 'image');
    if (typeof image !== 'string' || image === '') errors.push(requiredError(`${at}.image`));
  }
  return errors;
}
