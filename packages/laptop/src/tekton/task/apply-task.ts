import { getPath, isObject, type JsonObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { stepName } from '../kind/task-spec.ts';
import { declaredAt } from '../values/param-value.ts';
import { paramReplacements, replaceIn, textReplacements } from '../values/replacements.ts';
import type { RunPlaces } from './run-places.ts';
import { attemptOf, type TaskRunSpec } from './task-run.ts';

/** What a task is put into practice with. */
export type TaskContext = {
  readonly run: KubeObject;
  readonly wanted: TaskRunSpec;
  readonly taskName: string;
  readonly places: RunPlaces;
  /** The folder of each workspace that is bound, by its name in the task. */
  readonly folders: ReadonlyMap<string, string>;
};

/**
 * The spec of a task with everything put in that `$(…)` stands for: parameters, what the run is called, and the paths of
 * results and workspaces. In that order, as Tekton does.
 */
export function appliedTaskSpec(spec: JsonObject, context: TaskContext): JsonObject {
  const { wanted, folders } = context;
  const declared = listAt(spec, 'workspaces').map((item) => textAt(item, 'name'));
  const propagated = wanted.workspaces.filter(({ name }) => !declared.includes(name));
  let applied: JsonObject = {
    ...spec,
    ...(propagated.length === 0
      ? {}
      : { workspaces: [...listAt(spec, 'workspaces'), ...propagated.map(({ name }) => ({ name }))] }),
  };
  for (const replacements of [
    paramReplacements(declaredAt(spec, 'params'), wanted.params),
    textReplacements(contextTexts(context)),
    textReplacements(pathTexts(spec, context)),
    textReplacements(workspaceTexts(applied, folders)),
  ]) {
    const replaced = replaceIn(partsOf(applied), replacements);
    applied = { ...applied, ...(isObject(replaced) ? replaced : {}) };
  }
  return applied;
}

/** The parts in which references stand. */
function partsOf(spec: JsonObject): JsonObject {
  return Object.fromEntries(
    ['steps', 'stepTemplate', 'workspaces'].flatMap((field) =>
      spec[field] === undefined ? [] : [[field, spec[field]]],
    ),
  );
}

function contextTexts({ run, taskName }: TaskContext): Record<string, string> {
  const { name = '', namespace = '', uid = '' } = run.metadata;
  return {
    'context.taskRun.name': name,
    'context.taskRun.namespace': namespace,
    'context.taskRun.uid': uid,
    'context.task.name': taskName,
    'context.task.retry-count': String(attemptOf(run)),
  };
}

function pathTexts(spec: JsonObject, { places }: TaskContext): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { name } of declaredAt(spec, 'results')) {
    for (const form of [`results.${name}`, `results["${name}"]`, `results['${name}']`])
      texts[`${form}.path`] = `${places.results}/${name}`;
  }
  for (const [index, step] of listAt(spec, 'steps').entries()) {
    const name = stepName(step, index);
    texts[`steps.step-${name}.exitCode.path`] = `${places.steps}/step-${name}/exitCode`;
    texts[`steps.${name}.exitCode.path`] = `${places.steps}/step-${name}/exitCode`;
  }
  return texts;
}

function workspaceTexts(spec: JsonObject, folders: ReadonlyMap<string, string>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const item of listAt(spec, 'workspaces')) {
    const name = textAt(item, 'name');
    const folder = folders.get(name);
    texts[`workspaces.${name}.bound`] = String(folder !== undefined || getPath(item, 'optional') !== true);
    texts[`workspaces.${name}.path`] = folder ?? '';
    texts[`workspaces.${name}.claim`] = '';
    texts[`workspaces.${name}.volume`] = '';
  }
  return texts;
}
