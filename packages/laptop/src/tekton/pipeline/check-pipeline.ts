import {
  getPath,
  goText,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  listAt,
  textAt,
} from '@cartographer/machinery';
import { refusedInPipeline } from '../kind/refusals.ts';
import { missingKeys, missingParams, paramsProblem, taskNotFound, USER_ERROR } from '../task/prepare-task.ts';
import { declaredAt, paramValue, typeOf } from '../values/param-value.ts';
import { type ResultReference, resultReferencesIn } from '../values/result-references.ts';
import { pipelineRunSpec } from './pipeline-run.ts';
import { neededResults, type PipelineTask, pipelineTasks } from './pipeline-task.ts';
import { failed, type PipelineVerdict } from './pipeline-verdict.ts';

/** What a pipeline and its run are called in messages. */
type Names = { readonly namespace: string; readonly run: string; readonly pipeline: string };

/** What in a pipeline does not fit its run; undefined when all does. In Tekton's order and words. */
export function pipelineProblem(run: KubeObject, spec: JsonObject, pipelineName: string): PipelineVerdict | undefined {
  const { name = '', namespace = '' } = run.metadata;
  const names: Names = { namespace, run: name, pipeline: pipelineName };
  return specProblem(run, spec, names) ?? runParamsProblem(run, spec, names) ?? bindingsProblem(run, spec, names);
}

function specProblem(run: KubeObject, spec: JsonObject, { namespace, pipeline }: Names): PipelineVerdict | undefined {
  const at = pipelineRunSpec(run).pipelineRef === '' ? 'spec.pipelineSpec' : `Pipeline ${pipeline}: spec`;
  const problem = emptySpec(spec) ?? bareTask(spec) ?? strangeResult(spec);
  const refused = refusedInPipeline(spec, at);
  if (refused !== undefined) return failed('PipelineValidationFailed', refused);
  if (problem === undefined) return undefined;
  return failed(
    'PipelineValidationFailed',
    `${USER_ERROR}Pipeline ${namespace}/${pipeline} can't be Run; it has an invalid spec: ${problem}`,
  );
}

function emptySpec(spec: JsonObject): string | undefined {
  if (listAt(spec, 'tasks').length > 0) return undefined;
  return 'expected at least one, got none: description, params, resources, tasks, workspaces';
}

function bareTask(spec: JsonObject): string | undefined {
  for (const list of ['tasks', 'finally']) {
    const isBare = (task: Json): boolean =>
      !isObject(getPath(task, 'taskSpec')) && textAt(task, 'taskRef', 'name') === '';
    const index = listAt(spec, list).findIndex(isBare);
    if (index !== -1) return `expected exactly one, got neither: ${list}[${index}].taskRef, ${list}[${index}].taskSpec`;
  }
  return undefined;
}

/** A result of the pipeline that speaks of a task that there is not. */
function strangeResult(spec: JsonObject): string | undefined {
  const tasks = pipelineTasks(spec).map(({ name }) => name);
  const index = listAt(spec, 'results').findIndex((result) =>
    resultReferencesIn([paramValue(getPath(result, 'value'))]).some(({ task }) => !tasks.includes(task)),
  );
  return index === -1 ? undefined : `invalid value: referencing a nonexistent task: results[${index}].value`;
}

function runParamsProblem(run: KubeObject, spec: JsonObject, names: Names): PipelineVerdict | undefined {
  const declared = declaredAt(spec, 'params');
  const given = pipelineRunSpec(run).params;
  const { namespace, run: runName, pipeline } = names;
  const of = `Pipeline ${namespace}/${pipeline}`;
  const missing = missingParams(declared, given);
  if (missing.length > 0)
    return failed(
      'ParameterMissing',
      `${USER_ERROR}PipelineRun ${namespace}/${runName} is missing some parameters required by ${of}: pipelineRun missing parameters: ${goText(missing)}`,
    );
  const mistyped = given.filter(({ name, value }) => {
    const type = declared.find((one) => one.name === name)?.type;
    return type !== undefined && type !== typeOf(value);
  });
  if (mistyped.length > 0)
    return failed(
      'ParameterTypeMismatch',
      `${USER_ERROR}PipelineRun ${namespace}/${runName} parameters have mismatching types with ${of}'s parameters: parameters have inconsistent types : ${goText(mistyped.map(({ name }) => name))}`,
    );
  const lacking = missingKeys(declared, given);
  if (Object.keys(lacking).length > 0)
    return failed(
      'ObjectParameterMissKeys',
      `${USER_ERROR}PipelineRun ${namespace}/${runName} parameters is missing object keys required by ${of}'s parameters: pipelineRun missing object keys for parameters: ${goText(lacking)}`,
    );
  return undefined;
}

function bindingsProblem(run: KubeObject, spec: JsonObject, names: Names): PipelineVerdict | undefined {
  const { namespace, run: runName, pipeline } = names;
  const bound = listAt(run['spec'], 'workspaces').map((item) => textAt(item, 'name'));
  const lacking = listAt(spec, 'workspaces').find(
    (item) => getPath(item, 'optional') !== true && !bound.includes(textAt(item, 'name')),
  );
  if (lacking !== undefined)
    return failed(
      'InvalidWorkspaceBindings',
      `${USER_ERROR}PipelineRun ${namespace}/${runName} doesn't bind Pipeline ${namespace}/${pipeline}'s Workspaces correctly: pipeline requires workspace with name "${textAt(lacking, 'name')}" be provided by pipelinerun`,
    );
  const tasks = [...listAt(spec, 'tasks'), ...listAt(spec, 'finally')].map((task) => textAt(task, 'name'));
  const strange = listAt(run['spec'], 'taskRunSpecs').find((item) => !tasks.includes(textAt(item, 'pipelineTaskName')));
  if (strange === undefined) return undefined;
  return failed(
    'InvalidTaskRunSpecs',
    `${USER_ERROR}PipelineRun ${namespace}/${runName} doesn't define taskRunSpecs correctly: pipelineRun's taskrunSpecs defined wrong taskName: "${textAt(strange, 'pipelineTaskName')}", does not exist in Pipeline`,
  );
}

/** The specs of the tasks of a pipeline by the task's name; undefined for one whose Task there is not. */
export type SpecsOfTasks = ReadonlyMap<string, JsonObject | undefined>;

/** What in the tasks does not fit together; undefined when all does. `isFirst`: nothing was started yet. */
export function tasksProblem(
  run: KubeObject,
  spec: JsonObject,
  pipeline: string,
  tasks: readonly PipelineTask[],
  specs: SpecsOfTasks,
): PipelineVerdict | undefined {
  const { name: runName = '', namespace = '' } = run.metadata;
  for (const { name, taskRef } of tasks) {
    if (specs.get(name) === undefined)
      return failed(
        'CouldntGetTask',
        `Pipeline ${namespace}/${pipeline} can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task "${taskRef}": ${taskNotFound(taskRef)}`,
      );
  }
  for (const task of tasks) {
    const problem = paramsProblem(task.taskRef, declaredAt(specs.get(task.name), 'params'), task.params);
    if (problem !== undefined)
      return failed(
        'PipelineValidationFailed',
        `${USER_ERROR}Validation failed for pipelinerun ${runName} with error ${problem.slice(USER_ERROR.length)}`,
      );
  }
  for (const task of tasks) {
    const problem = firstProblem(neededResults(task), specs);
    if (problem !== undefined)
      return failed(
        'InvalidTaskResultReference',
        `invalid result reference in pipeline task "${task.name}": ${problem}`,
      );
  }
  for (const result of listAt(spec, 'results')) {
    const value = paramValue(getPath(result, 'value'));
    const problem = firstProblem(resultReferencesIn([value]), specs);
    if (problem !== undefined)
      return failed(
        'InvalidPipelineResultReference',
        `Failed to resolve pipeline result reference for "${runName}" with error invalid pipeline result "${textAt(result, 'name')}": ${problem}`,
      );
  }
  return undefined;
}

function firstProblem(references: readonly ResultReference[], specs: SpecsOfTasks): string | undefined {
  for (const { task, result } of references) {
    const spec = specs.get(task);
    if (spec === undefined) return `referenced pipeline task "${task}" does not exist`;
    const results = spec['results'];
    if (!isList(results) || !results.some((item) => textAt(item, 'name') === result))
      return `"${result}" is not a named result returned by pipeline task "${task}"`;
  }
  return undefined;
}
