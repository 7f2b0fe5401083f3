import {
  getPath,
  isList,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  textAt,
  textsAt,
} from '@cartographer/machinery';
import { type Param, paramsAt } from '../values/param-value.ts';
import {
  mergedReplacements,
  paramReplacements,
  type Replacements,
  replaceIn,
  replaceItem,
  replaceText,
  replaceValue,
} from '../values/replacements.ts';
import { type ResultReference, resultReferencesIn } from '../values/result-references.ts';

/** A guard: the task is run if the input is among the values, or is not. */
export type When = { readonly input: string; readonly operator: string; readonly values: readonly string[] };

/** A task of a pipeline. */
export type PipelineTask = {
  readonly name: string;
  /** One of `finally`: run when all others are done. */
  readonly isFinal: boolean;
  readonly displayName: string;
  readonly taskRef: string;
  readonly taskSpec?: JsonObject;
  readonly params: readonly Param[];
  readonly when: readonly When[];
  readonly runAfter: readonly string[];
  readonly retries: number;
  readonly timeout?: Json;
  /** `onError: continue`: its failure does not fail the pipeline. */
  readonly goesOn: boolean;
  readonly workspaces: readonly { readonly name: string; readonly workspace: string; readonly subPath: string }[];
};

/** Reads the tasks of a pipeline, those of `finally` last. */
export function pipelineTasks(spec: Json | undefined): readonly PipelineTask[] {
  return [
    ...listAt(spec, 'tasks').map((task) => pipelineTask(task, false)),
    ...listAt(spec, 'finally').map((task) => pipelineTask(task, true)),
  ];
}

function pipelineTask(task: Json, isFinal: boolean): PipelineTask {
  const [taskSpec, retries, timeout] = ['taskSpec', 'retries', 'timeout'].map((field) => getPath(task, field));
  return {
    name: textAt(task, 'name'),
    isFinal,
    displayName: textAt(task, 'displayName'),
    taskRef: textAt(task, 'taskRef', 'name'),
    ...(isObject(taskSpec) ? { taskSpec } : {}),
    params: paramsAt(task, 'params'),
    when: listAt(task, 'when').map((when) => ({
      input: textAt(when, 'input'),
      operator: textAt(when, 'operator'),
      values: textsAt(when, 'values'),
    })),
    runAfter: textsAt(task, 'runAfter'),
    retries: typeof retries === 'number' ? retries : 0,
    ...(timeout === undefined ? {} : { timeout }),
    goesOn: textAt(task, 'onError') === 'continue',
    workspaces: listAt(task, 'workspaces').map((item) => ({
      name: textAt(item, 'name'),
      workspace: textAt(item, 'workspace') || textAt(item, 'name'),
      subPath: textAt(item, 'subPath'),
    })),
  };
}

/** The results of others that a task needs. */
export function neededResults({ params, when, displayName, taskRef }: PipelineTask): readonly ResultReference[] {
  const texts = when.flatMap(({ input, values }) => [input, ...values]);
  return resultReferencesIn([...params.map(({ value }) => value), ...texts, displayName, taskRef]);
}

/** A task with its references replaced; those in its own steps when it is told so. */
export function replacedTask(task: PipelineTask, replacements: Replacements): PipelineTask {
  return {
    ...task,
    displayName: replaceText(task.displayName, replacements),
    taskRef: replaceText(task.taskRef, replacements),
    params: task.params.map(({ name, value }) => ({ name, value: replaceValue(value, replacements) })),
    when: task.when.map((when) => replacedWhen(when, replacements)),
    workspaces: task.workspaces.map((item) => ({ ...item, subPath: replaceText(item.subPath, replacements) })),
  };
}

/** A list in the place of the input is judged by its JSON. */
function replacedWhen({ input, operator, values }: When, replacements: Replacements): When {
  const items = replaceItem(input, replacements);
  const isReplaced = items.length !== 1 || items[0] !== replaceText(input, replacements);
  return {
    input: isReplaced ? JSON.stringify(items) : replaceText(input, replacements),
    operator,
    values: values.flatMap((value) => replaceItem(value, replacements)),
  };
}

/** Whether all guards let the task run. */
export function letsRun(when: readonly When[]): boolean {
  return when.every(({ input, operator, values }) => (operator === 'in') === values.includes(input));
}

/** A task as it stands in a spec, with parameters of the pipeline put in, in its own steps as well. */
export function replacedTaskJson(task: Json, replacements: Replacements): Json {
  if (!isObject(task)) return task;
  const params = listAt(task, 'params').length === 0 ? [] : paramsAt(task, 'params');
  const replaced = params.map(({ name, value }) => ({ name, value: replaceValue(value, replacements) }));
  const { taskSpec, taskRef, params: _params, when: _when, ...rest } = task;
  const known = replaced.filter(({ name }) => isKnown(name, replacements));
  const inside = mergedReplacements(replacements, paramReplacements([], known));
  const others = Object.fromEntries(
    ['displayName', 'workspaces', 'onError'].flatMap((field) =>
      rest[field] === undefined ? [] : [[field, replaceIn(rest[field], replacements)]],
    ),
  );
  const whens = listAt(task, 'when').map((when) => {
    const given = { input: textAt(when, 'input'), operator: textAt(when, 'operator'), values: textsAt(when, 'values') };
    return { ...(isObject(when) ? when : {}), ...replacedWhen(given, replacements) };
  });
  return {
    ...rest,
    ...others,
    ...(replaced.length === 0 ? {} : { params: replaced }),
    ...(whens.length === 0 ? {} : { when: whens }),
    ...(isObject(taskRef) ? { taskRef: { ...taskRef, name: replaceText(textAt(taskRef, 'name'), replacements) } } : {}),
    ...(isObject(taskSpec) ? { taskSpec: replacedSteps(taskSpec, inside) } : {}),
  };
}

/** The spec of a task with references in its steps replaced. */
export function replacedSteps(taskSpec: JsonObject, replacements: Replacements): JsonObject {
  const parts = ['steps', 'stepTemplate', 'workspaces'].flatMap((field) =>
    taskSpec[field] === undefined ? [] : [[field, replaceIn(taskSpec[field], replacements)] as const],
  );
  return { ...taskSpec, ...Object.fromEntries(parts) };
}

function isKnown(name: string, { texts, lists, objects }: Replacements): boolean {
  return [texts, lists, objects].some((map) => map.has(`params.${name}`));
}

/** Workspaces that steps speak of, declared or not. */
export function usedWorkspaces(taskSpec: Json): readonly string[] {
  if (typeof taskSpec === 'string')
    return [...taskSpec.matchAll(/\$\(workspaces\.([\w-]+)\./g)].map(([, name = '']) => name);
  const inner = isList(taskSpec) ? taskSpec : isObject(taskSpec) ? Object.values(taskSpec) : [];
  return [...new Set(inner.flatMap((part) => (part === undefined ? [] : usedWorkspaces(part))))];
}
