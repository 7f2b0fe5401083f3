import { mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import {
  getPath,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  listAt,
  textAt,
} from '@cartographer/machinery';
import { LABELS, MANAGER, ON_ERROR_ANNOTATION } from '../kind/tekton-types.ts';
import { claimName, volumeFolder } from '../task/run-places.ts';
import { childName } from '../values/child-name.ts';
import { replaceText, textReplacements } from '../values/replacements.ts';
import { allResults, type RunsOfTasks } from './pipeline-results.ts';
import { type PipelineTask, replacedSteps, usedWorkspaces } from './pipeline-task.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The name of a task's run: always the same, so that there is never a second one. */
function childRunName(run: KubeObject, task: string): string {
  const known = listAt(run['status'], 'childReferences').find((item) => textAt(item, 'pipelineTaskName') === task);
  return known === undefined ? childName(run.metadata.name ?? '', `-${task}`) : textAt(known, 'name');
}

/** The run of a task of a pipeline, or why there can be none. `spec` is the task's, where it stands in the pipeline. */
export function childRun(
  run: KubeObject,
  task: PipelineTask,
  spec: JsonObject,
  runs: RunsOfTasks,
): { readonly kind: 'run'; readonly object: KubeObject } | { readonly kind: 'failed'; readonly message: string } {
  const bound = workspacesOf(run, task, spec);
  if (bound.kind === 'failed') return bound;
  const { name = '', namespace, uid = '' } = run.metadata;
  const own = listAt(run['spec'], 'taskRunSpecs').find((item) => textAt(item, 'pipelineTaskName') === task.name);
  const account = textAt(own, 'serviceAccountName') || textAt(run['spec'], 'taskRunTemplate', 'serviceAccountName');
  const timeout = getPath(own, 'timeout') ?? task.timeout;
  const retries = textReplacements({ 'context.pipelineTask.retries': String(task.retries) });
  const params = task.params.map((param) => ({
    name: param.name,
    value: typeof param.value === 'string' ? replaceText(param.value, retries) : param.value,
  }));
  const owner = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const object: KubeObject = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: childRunName(run, task.name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: labelsOf(run, task, own),
      annotations: annotationsOf(run, task, own),
      ownerReferences: [owner],
    },
    spec: {
      ...(params.length === 0 ? {} : { params }),
      ...(task.retries === 0 ? {} : { retries: task.retries }),
      ...(account === '' ? {} : { serviceAccountName: account }),
      ...(timeout === undefined ? {} : { timeout }),
      ...taskOf(task, spec, runs),
      ...(bound.workspaces.length === 0 ? {} : { workspaces: bound.workspaces }),
    },
  };
  return { kind: 'run', object };
}

function taskOf(task: PipelineTask, spec: JsonObject, runs: RunsOfTasks): JsonObject {
  if (task.taskRef !== '') return { taskRef: { kind: 'Task', name: task.taskRef } };
  const { metadata: _, ...own } = replacedSteps(spec, allResults(runs));
  return { taskSpec: own };
}

function labelsOf({ metadata }: KubeObject, task: PipelineTask, own: Json | undefined): Record<string, string> {
  return {
    ...textsOf(getPath(task.taskSpec, 'metadata', 'labels')),
    ...metadata.labels,
    [LABELS.managedBy]: MANAGER,
    [LABELS.pipelineRun]: metadata.name ?? '',
    [LABELS.pipelineRunUid]: metadata.uid ?? '',
    [LABELS.pipelineTask]: task.name,
    [LABELS.memberOf]: task.isFinal ? 'finally' : 'tasks',
    ...textsOf(getPath(own, 'metadata', 'labels')),
  };
}

function annotationsOf({ metadata }: KubeObject, task: PipelineTask, own: Json | undefined): Record<string, string> {
  const { [LAST_APPLIED]: _, ...inherited } = metadata.annotations ?? {};
  return {
    ...textsOf(getPath(task.taskSpec, 'metadata', 'annotations')),
    ...inherited,
    ...textsOf(getPath(own, 'metadata', 'annotations')),
    ...(task.goesOn ? { [ON_ERROR_ANNOTATION]: 'continue' } : {}),
  };
}

function textsOf(value: Json | undefined): Record<string, string> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** What the workspaces of a task are bound to: those of the run, under the names that the task has for them. */
function workspacesOf(
  run: KubeObject,
  task: PipelineTask,
  spec: JsonObject,
):
  | { readonly kind: 'bound'; readonly workspaces: readonly JsonObject[] }
  | { readonly kind: 'failed'; readonly message: string } {
  const named = new Set(task.workspaces.map(({ name }) => name));
  const implied = task.taskSpec === undefined ? [] : usedWorkspaces(spec).filter((name) => !named.has(name));
  const wanted = [...task.workspaces, ...implied.map((name) => ({ name, workspace: name, subPath: '' }))];
  const workspaces: JsonObject[] = [];
  for (const { name, workspace, subPath } of wanted) {
    const binding = listAt(run['spec'], 'workspaces').find((item) => textAt(item, 'name') === workspace);
    if (isObject(binding)) {
      workspaces.push(bindingOf(binding, name, subPath, run));
      continue;
    }
    const isOptional = listAt(spec, 'workspaces').some(
      (item) => textAt(item, 'name') === name && getPath(item, 'optional') === true,
    );
    if (isOptional) continue;
    const message = `expected workspace "${workspace}" to be provided by pipelinerun for pipeline task "${task.name}"`;
    return { kind: 'failed', message };
  }
  return { kind: 'bound', workspaces };
}

function bindingOf(binding: JsonObject, name: string, subPath: string, run: KubeObject): JsonObject {
  const paths = [textAt(binding, 'subPath'), subPath].filter((path) => path !== '');
  const inside = paths.length === 0 ? {} : { subPath: posix.join(...paths) };
  const { subPath: _, volumeClaimTemplate: template, ...rest } = binding;
  if (!isObject(template)) return { ...rest, name, ...inside };
  const claim = claimName(textAt(binding, 'name'), run.metadata.uid ?? '', textAt(template, 'metadata', 'name'));
  return { name, ...inside, persistentVolumeClaim: { claimName: claim } };
}

/** Makes the folders that stand for the claims of a run's templates. */
export async function makeVolumes(root: string, run: KubeObject): Promise<void> {
  for (const item of listAt(run['spec'], 'workspaces')) {
    const template = getPath(item, 'volumeClaimTemplate');
    if (!isObject(template)) continue;
    const claim = claimName(textAt(item, 'name'), run.metadata.uid ?? '', textAt(template, 'metadata', 'name'));
    const folder = volumeFolder(root, run.metadata.namespace ?? '', run.metadata.name ?? '', claim);
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
}
