import { isObject, type Json, type JsonObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import { completedTaskSpec, withTypes } from '../kind/task-spec.ts';
import { declaredAt } from '../values/param-value.ts';
import { paramReplacements, textReplacements } from '../values/replacements.ts';
import { pipelineRunSpec } from './pipeline-run.ts';
import { replacedTaskJson } from './pipeline-task.ts';

/** The spec of a pipeline with what Tekton fills in. */
export function completedPipelineSpec(spec: Json | undefined): JsonObject {
  const given = isObject(spec) ? spec : {};
  return {
    ...given,
    ...withTypes(given, 'params'),
    ...eachOf(given, 'results', (result) => ({ description: '', ...result })),
    ...eachOf(given, 'tasks', completedTask),
    ...eachOf(given, 'finally', completedTask),
  };
}

function completedTask(task: JsonObject): JsonObject {
  const { taskSpec, taskRef } = task;
  return {
    ...task,
    ...(isObject(taskSpec) ? { taskSpec: { metadata: {}, ...completedTaskSpec(taskSpec) } } : {}),
    ...(isObject(taskRef) ? { taskRef: { kind: 'Task', ...taskRef } } : {}),
  };
}

/** The spec with the run's parameters, names and workspaces put in, in that order. */
export function appliedPipelineSpec(spec: JsonObject, run: KubeObject, pipelineName: string): JsonObject {
  const { name = '', namespace = '', uid = '' } = run.metadata;
  const bound = new Set(listAt(run['spec'], 'workspaces').map((item) => textAt(item, 'name')));
  const declared = listAt(spec, 'workspaces').map((item) => textAt(item, 'name'));
  let applied = spec;
  for (const replacements of [
    paramReplacements(declaredAt(spec, 'params'), pipelineRunSpec(run).params),
    textReplacements({
      'context.pipelineRun.name': name,
      'context.pipelineRun.namespace': namespace,
      'context.pipelineRun.uid': uid,
      'context.pipeline.name': pipelineName,
    }),
    textReplacements(
      Object.fromEntries(
        [...new Set([...declared, ...bound])].map((each) => [`workspaces.${each}.bound`, String(bound.has(each))]),
      ),
    ),
  ]) {
    const replaced = (field: string): JsonObject =>
      eachOf(applied, field, (task) => replacedTaskJson(task, replacements));
    applied = { ...applied, ...replaced('tasks'), ...replaced('finally') };
  }
  return applied;
}

function eachOf(spec: JsonObject, field: string, change: (item: JsonObject) => Json): JsonObject {
  const list = listAt(spec, field);
  return list.length === 0 ? {} : { [field]: list.map((item) => (isObject(item) ? change(item) : item)) };
}
