import { getPath, goText, type JsonObject, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import type { ConditionReasonOf } from '../../reasons/laptop-reasons.ts';
import { refusedInTask, refusedInTaskRun } from '../kind/refusals.ts';
import { completedTaskSpec } from '../kind/task-spec.ts';
import { type Declared, declaredAt, type Param, typeOf } from '../values/param-value.ts';
import { type TaskRunSpec, taskRunSpec } from './task-run.ts';

/** What Tekton puts before what the writer of a run has to mend. */
export const USER_ERROR = '[User error] ';

/** A task that can be run, or why not, in Tekton's words where it has words. */
export type Prepared =
  | {
      readonly kind: 'ready';
      readonly taskName: string;
      readonly spec: JsonObject;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'failed'; readonly reason: ConditionReasonOf<'TaskRun'>; readonly message: string };

/** Finds the task of a run and looks whether they fit together. `getTask` answers with the Task, or undefined. */
export async function prepareTask(
  run: KubeObject,
  getTask: (name: string) => Promise<KubeObject | undefined>,
): Promise<Prepared> {
  const name = run.metadata.name ?? '';
  const refused = refusedInTaskRun(run['spec']);
  if (refused !== undefined) return invalid(refused);
  const wanted = taskRunSpec(run);
  if (wanted.taskRef === '' && wanted.taskSpec === undefined)
    return unresolved(`taskRun ${name} not providing TaskRef or TaskSpec`);
  const task = wanted.taskRef === '' ? undefined : await getTask(wanted.taskRef);
  if (wanted.taskRef !== '' && task === undefined)
    return unresolved(`error when listing tasks for taskRun ${name}: ${taskNotFound(wanted.taskRef)}`);

  const spec = completedTaskSpec(task === undefined ? wanted.taskSpec : task['spec']);
  const taskName = (task ?? run).metadata.name ?? '';
  const problem =
    refusedInTask(spec, task === undefined ? 'spec.taskSpec' : `Task ${taskName}: spec`) ??
    paramsProblem(taskName, declaredAt(spec, 'params'), wanted.params) ??
    workspacesProblem(spec, wanted, task === undefined);
  if (problem !== undefined) return invalid(problem);
  return { kind: 'ready', taskName, spec, labels: task?.metadata.labels ?? {} };
}

/** How Kubernetes says that a Task is missing. */
export function taskNotFound(name: string): string {
  return `tasks.tekton.dev "${name}" not found`;
}

/** What is wrong with parameters, in Tekton's words; undefined when nothing is. */
export function paramsProblem(
  task: string,
  declared: readonly Declared[],
  given: readonly Param[],
): string | undefined {
  const problem =
    listed('missing values for these params which have no default values', missingParams(declared, given)) ??
    listed("param types don't match the user-specified type", mistypedParams(declared, given)) ??
    mapped("missing keys for these params which are required in ParamSpec's properties", missingKeys(declared, given));
  return problem === undefined ? undefined : `${USER_ERROR}invalid input params for task ${task}: ${problem}`;
}

/** Declared parameters that have neither value nor default. */
export function missingParams(declared: readonly Declared[], given: readonly Param[]): readonly string[] {
  return declared
    .filter((one) => one.default === undefined && !given.some(({ name }) => name === one.name))
    .map(({ name }) => name);
}

function mistypedParams(declared: readonly Declared[], given: readonly Param[]): readonly string[] {
  return given
    .filter(({ name, value }) => {
      const type = declared.find((one) => one.name === name)?.type;
      // A reference to a list or an object stands there as text until it is replaced.
      return (
        type !== undefined &&
        typeOf(value) !== type &&
        !(typeof value === 'string' && /\$\([\w.-]+(\[(\d+|\*)\])?\)/.test(value))
      );
    })
    .map(({ name }) => name);
}

/** Keys of objects that are given with some of them missing. */
export function missingKeys(
  declared: readonly Declared[],
  given: readonly Param[],
): Readonly<Record<string, readonly string[]>> {
  const missing: Record<string, readonly string[]> = {};
  for (const { name, type, keys, default: fallback } of declared) {
    const values = [fallback, given.find((param) => param.name === name)?.value].filter((value) => value !== undefined);
    const provided = new Set(values.flatMap((value) => (typeof value === 'string' ? [] : Object.keys(value))));
    const lacking = keys.filter((key) => !provided.has(key));
    if (type === 'object' && values.length > 0 && lacking.length > 0) missing[name] = lacking;
  }
  return missing;
}

function workspacesProblem(spec: JsonObject, { workspaces }: TaskRunSpec, isEmbedded: boolean): string | undefined {
  const declared = listAt(spec, 'workspaces');
  const lacking = declared.find(
    (item) => getPath(item, 'optional') !== true && !workspaces.some(({ name }) => name === textAt(item, 'name')),
  );
  if (lacking !== undefined)
    return `${USER_ERROR}declared workspace "${textAt(lacking, 'name')}" is required but has not been bound`;
  const extra = workspaces.find(({ name }) => !isEmbedded && !declared.some((item) => textAt(item, 'name') === name));
  return extra === undefined
    ? undefined
    : `${USER_ERROR}workspace binding "${extra.name}" does not match any declared workspace`;
}

function listed(words: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${words}: ${goText(names)}`;
}

function mapped(words: string, names: Readonly<Record<string, readonly string[]>>): string | undefined {
  return Object.keys(names).length === 0 ? undefined : `${words} ${goText(names)}`;
}

function invalid(message: string): Prepared {
  return { kind: 'failed', reason: 'TaskRunValidationFailed', message };
}

function unresolved(message: string): Prepared {
  return { kind: 'failed', reason: 'TaskRunResolutionFailed', message };
}
