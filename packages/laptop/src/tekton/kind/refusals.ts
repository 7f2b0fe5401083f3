import { getPath, isObject, type Json, listAt, textAt } from '@cartographer/machinery';

/** Fields of a step that only a container can honour, and those of Tekton's that are not done here. */
const STEP_FIELDS = [
  'securityContext',
  'volumeMounts',
  'volumeDevices',
  'workspaces',
  'ref',
  'params',
  'results',
  'when',
  'stdoutConfig',
  'stderrConfig',
];
const STEP_TEMPLATE_FIELDS = ['securityContext', 'volumeMounts', 'volumeDevices'];
/** Fields of a pod that say where it runs: here there is one place. */
const PLACING = new Set([
  'nodeSelector',
  'tolerations',
  'affinity',
  'topologySpreadConstraints',
  'imagePullSecrets',
  'priorityClassName',
  'schedulerName',
  'automountServiceAccountToken',
  'enableServiceLinks',
]);
const REFERENCE_FIELDS = ['resolver', 'bundle'];
const VOLUME_KINDS = ['configMap', 'secret', 'projected', 'csi'];

/** What in a task's spec cannot be honoured here; undefined when all can. `at` is the path of the spec. */
export function refusedInTask(spec: Json | undefined, at: string): string | undefined {
  const steps = listAt(spec, 'steps');
  const [noStep] = steps.length === 0 ? [`${at}.steps is empty; a task needs a step`] : [];
  return (
    first(spec, at, ['sidecars', 'volumes']) ??
    first(getPath(spec, 'stepTemplate'), `${at}.stepTemplate`, STEP_TEMPLATE_FIELDS) ??
    firstOf(listAt(spec, 'workspaces'), (item, index) => first(item, `${at}.workspaces[${index}]`, ['mountPath'])) ??
    firstOf(listAt(spec, 'results'), (item, index) => first(item, `${at}.results[${index}]`, ['value'])) ??
    firstOf(steps, (step, index) => refusedInStep(step, getPath(spec, 'stepTemplate'), `${at}.steps[${index}]`)) ??
    noStep
  );
}

function refusedInStep(step: Json, template: Json | undefined, at: string): string | undefined {
  const refused = first(step, at, STEP_FIELDS);
  if (refused !== undefined) return refused;
  const runs = textAt(step, 'script') !== '' || [step, template].some((part) => listAt(part, 'command').length > 0);
  return runs
    ? undefined
    : `${at} has neither script nor command, so its image would decide what runs, and images are not used on the laptop; give it a script or a command`;
}

/** What in the spec of a TaskRun, beside its task, cannot be honoured here. */
export function refusedInTaskRun(spec: Json | undefined): string | undefined {
  return (
    first(spec, 'spec', ['debug', 'sidecarSpecs']) ??
    refusedInPod(getPath(spec, 'podTemplate'), 'spec.podTemplate') ??
    refusedReference(getPath(spec, 'taskRef'), 'spec.taskRef', 'Task') ??
    refusedInWorkspaces(spec, 'spec')
  );
}

/** What in the spec of a PipelineRun, beside its pipeline, cannot be honoured here. */
export function refusedInPipelineRun(spec: Json | undefined): string | undefined {
  return (
    refusedReference(getPath(spec, 'pipelineRef'), 'spec.pipelineRef', 'Pipeline') ??
    refusedInPod(getPath(spec, 'taskRunTemplate', 'podTemplate'), 'spec.taskRunTemplate.podTemplate') ??
    firstOf(
      listAt(spec, 'taskRunSpecs'),
      (item, index) =>
        refusedInPod(getPath(item, 'podTemplate'), `spec.taskRunSpecs[${index}].podTemplate`) ??
        first(item, `spec.taskRunSpecs[${index}]`, ['sidecarSpecs']),
    ) ??
    refusedInWorkspaces(spec, 'spec') ??
    firstOf(listAt(spec, 'workspaces'), (item, index) =>
      first(item, `spec.workspaces[${index}]`, ['persistentVolumeClaim']),
    )
  );
}

/** What in a pipeline's spec cannot be honoured here. */
export function refusedInPipeline(spec: Json | undefined, at: string): string | undefined {
  return (['tasks', 'finally'] as const)
    .map((list) =>
      firstOf(listAt(spec, list), (task, index) => {
        const place = `${at}.${list}[${index}]`;
        return (
          first(task, place, ['matrix', 'pipelineSpec', 'pipelineRef']) ??
          refusedReference(getPath(task, 'taskRef'), `${place}.taskRef`, 'Task') ??
          customKind(getPath(task, 'taskSpec'), `${place}.taskSpec`) ??
          firstOf(listAt(task, 'when'), (when, at_) => first(when, `${place}.when[${at_}]`, ['cel'])) ??
          (getPath(task, 'taskSpec') === undefined
            ? undefined
            : refusedInTask(getPath(task, 'taskSpec'), `${place}.taskSpec`))
        );
      }),
    )
    .find((refused) => refused !== undefined);
}

function refusedInWorkspaces(spec: Json | undefined, at: string): string | undefined {
  return firstOf(listAt(spec, 'workspaces'), (item, index) => first(item, `${at}.workspaces[${index}]`, VOLUME_KINDS));
}

function refusedInPod(template: Json | undefined, at: string): string | undefined {
  if (!isObject(template)) return undefined;
  return first(
    template,
    at,
    Object.keys(template).filter((key) => !PLACING.has(key)),
  );
}

function refusedReference(reference: Json | undefined, at: string, kind: string): string | undefined {
  const named = textAt(reference, 'kind');
  return (
    first(reference, at, REFERENCE_FIELDS) ??
    (named === '' || named === kind ? undefined : notHere(`${at}.kind ${named}`)) ??
    customKind(reference, at)
  );
}

/** Kinds of others, which have controllers of their own. */
function customKind(value: Json | undefined, at: string): string | undefined {
  const apiVersion = textAt(value, 'apiVersion');
  return apiVersion === '' || apiVersion.startsWith('tekton.dev/')
    ? undefined
    : notHere(`${at}.apiVersion ${apiVersion}`);
}

function first(value: Json | undefined, at: string, fields: readonly string[]): string | undefined {
  const field = fields.find((name) => isSet(getPath(value, name)));
  return field === undefined ? undefined : notHere(`${at}.${field}`);
}

function firstOf(
  list: readonly Json[],
  refused: (item: Json, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of list.entries()) {
    const message = refused(item, index);
    if (message !== undefined) return message;
  }
  return undefined;
}

function isSet(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function notHere(what: string): string {
  return `${what} is not supported on the laptop, where steps run as processes without containers; leave it out, or run this on a cluster`;
}
