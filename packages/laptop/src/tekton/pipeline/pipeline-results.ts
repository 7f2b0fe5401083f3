import {
  getPath,
  goText,
  isList,
  type Json,
  type JsonObject,
  type KubeObject,
  listAt,
  textAt,
} from '@cartographer/machinery';
import { verdictOf } from '../kind/run-status.ts';
import { type ParamValue, paramValue } from '../values/param-value.ts';
import { mergedReplacements, type Replacements, replaceValue, valueReplacements } from '../values/replacements.ts';
import { type ResultReference, resultForms, resultReference, variablesIn } from '../values/result-references.ts';

/** The runs of a pipeline's tasks, by the task's name. */
export type RunsOfTasks = ReadonlyMap<string, KubeObject>;

/** The results that a run has given out. */
function resultsOfRun(run: KubeObject): ReadonlyMap<string, ParamValue> {
  return new Map(
    listAt(run['status'], 'results').map((item) => [textAt(item, 'name'), paramValue(getPath(item, 'value'))]),
  );
}

/** What stands for the results of others, or why one of them cannot be had. */
export type ResolvedResults =
  | { readonly kind: 'resolved'; readonly replacements: Replacements }
  /** `task` has not ended, is not there, or did not give out what is asked of it. */
  | { readonly kind: 'missing'; readonly task: string };

/** Looks the results up; all or nothing. */
export function resolvedResults(needed: readonly ResultReference[], runs: RunsOfTasks): ResolvedResults {
  const values: { forms: readonly string[]; value: ParamValue }[] = [];
  for (const { task, result } of needed) {
    const run = runs.get(task);
    const hasEnded = run !== undefined && (verdictOf(run)?.status ?? 'Unknown') !== 'Unknown';
    const value = hasEnded ? resultsOfRun(run).get(result) : undefined;
    if (value === undefined) return { kind: 'missing', task };
    values.push({ forms: resultForms(task, result), value });
  }
  return { kind: 'resolved', replacements: valueReplacements(values) };
}

/** The results of all tasks that ended well, for steps that speak of them. */
export function allResults(runs: RunsOfTasks): Replacements {
  const good = [...runs].filter(([, run]) => verdictOf(run)?.status === 'True');
  return mergedReplacements(
    ...good.map(([task, run]) =>
      valueReplacements([...resultsOfRun(run)].map(([name, value]) => ({ forms: resultForms(task, name), value }))),
    ),
  );
}

/**
 * The results of a pipeline. One of a task that did not end well is left out; one that a task should have given and did
 * not is an error.
 */
export function pipelineResults(
  declared: readonly Json[],
  runs: RunsOfTasks,
):
  | { readonly kind: 'results'; readonly results: readonly JsonObject[] }
  | { readonly kind: 'invalid'; readonly message: string; readonly results: readonly JsonObject[] } {
  const results: JsonObject[] = [];
  const invalid: string[] = [];
  for (const item of declared) {
    const name = textAt(item, 'name');
    const value = paramValue(getPath(item, 'value'));
    const texts = typeof value === 'string' ? [value] : isList(value) ? value : Object.values(value);
    const variables = texts.flatMap(variablesIn);
    if (variables.length === 0) continue;
    const found = variables.map((variable) => lookedUp(variable, runs));
    if (found.includes('invalid')) invalid.push(name);
    if (found.every((one) => one !== 'invalid' && one !== 'left out'))
      results.push({ name, value: replaceValue(value, mergedReplacements(...found)) });
  }
  if (invalid.length === 0) return { kind: 'results', results };
  return {
    kind: 'invalid',
    results,
    message: `invalid pipelineresults ${goText(invalid)}, the referenced results don't exist`,
  };
}

function lookedUp(variable: string, runs: RunsOfTasks): Replacements | 'invalid' | 'left out' {
  const reference = resultReference(variable);
  if (reference === undefined) return 'invalid';
  const { task, result, index, key } = reference;
  const run = runs.get(task);
  if (run === undefined || verdictOf(run)?.status !== 'True') return 'left out';
  const value = resultsOfRun(run).get(result);
  if (value === undefined) return 'invalid';
  if (index !== undefined && (!isList(value) || index >= value.length)) return 'invalid';
  if (key !== undefined && (typeof value === 'string' || isList(value) || !Object.hasOwn(value, key))) return 'invalid';
  const forms = resultForms(task, result).flatMap((form) => [form, form.replace(/^tasks/, 'finally')]);
  return valueReplacements([{ forms, value }]);
}
