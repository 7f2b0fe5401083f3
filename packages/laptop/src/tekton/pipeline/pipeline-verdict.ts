import { goDuration, type JsonObject, type KubeObject } from '@cartographer/machinery';
import type { ConditionReasonOf } from '../../reasons/laptop-reasons.ts';
import { type Verdict, verdictOf } from '../kind/run-status.ts';
import { type Facts, stoppedBy } from './facts.ts';
import type { PipelineTask, When } from './pipeline-task.ts';

/** What the condition of a PipelineRun says. */
export type PipelineVerdict = Verdict & { readonly reason: ConditionReasonOf<'PipelineRun'> };

/** A run that has failed before, or instead of, running. */
export function failed(reason: PipelineVerdict['reason'], message: string): PipelineVerdict {
  return { status: 'False', reason, message };
}

/** How many tasks stand how. */
type Counts = Record<
  'succeeded' | 'failed' | 'ignored' | 'cancelled' | 'skipped' | 'late' | 'invalid' | 'incomplete',
  number
>;

/** The condition, by the counts of tasks, as Tekton words it. Pure. */
export function pipelineVerdict(name: string, facts: Facts): PipelineVerdict {
  const late = lateVerdict(name, facts);
  if (late !== undefined) return late;
  const counts = countsOf(facts);
  return counts.incomplete === 0 ? lastVerdict(name, facts, counts) : runningVerdict(facts, counts);
}

/** Too late is too late, whatever the tasks did. */
export function lateVerdict(name: string, { timeouts, nowMs, startedMs }: Facts): PipelineVerdict | undefined {
  const isOver = (limitMs: number | undefined): boolean =>
    limitMs !== undefined && limitMs > 0 && nowMs - startedMs > limitMs;
  const because = isOver(timeouts.pipelineMs)
    ? `failed to finish within "${goDuration(timeouts.pipelineMs)}"`
    : isOver(timeouts.tasksMs)
      ? `failed due to tasks failed to finish within "${goDuration(timeouts.tasksMs ?? 0)}"`
      : undefined;
  if (because === undefined) return undefined;
  return { status: 'False', reason: 'PipelineRunTimeout', message: `PipelineRun "${name}" ${because}` };
}

function lastVerdict(name: string, facts: Facts, counts: Counts): PipelineVerdict {
  const { specStatus } = facts;
  const ended = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  const ignored = counts.ignored > 0 ? ` (Ignored: ${counts.ignored})` : '';
  const invalid = counts.invalid > 0 ? `, Failed Validation: ${counts.invalid}` : '';
  const message = `Tasks Completed: ${ended} (Failed: ${counts.failed + counts.ignored}${ignored}, Cancelled ${counts.cancelled}), Skipped: ${counts.skipped}${invalid}`;
  if (counts.invalid > 0) return { status: 'False', reason: 'PipelineValidationFailed', message };
  if (counts.failed > 0 || counts.late > 0)
    return { status: 'False', reason: 'Failed', message: `${message}${firstFailure(facts)}` };
  if (specStatus === 'CancelledRunFinally' || specStatus === 'StoppedRunFinally')
    return { status: 'False', reason: 'Cancelled', message: `PipelineRun "${name}" was cancelled` };
  if (counts.cancelled > 0) return { status: 'False', reason: 'Cancelled', message };
  return { status: 'True', reason: counts.skipped > 0 ? 'Completed' : 'Succeeded', message };
}

/** What Tekton leaves to its user to look up: which task failed, and what it said. */
function firstFailure({ tasks, run, isFailure }: Facts): string {
  const failed = tasks.find((task) => !task.goesOn && isFailure(task) && stoppedBy(run(task)) === undefined);
  const found = failed === undefined ? undefined : run(failed);
  return failed === undefined || found === undefined ? '' : `; ${failed.name}: ${verdictOf(found)?.message ?? ''}`;
}

function runningVerdict(facts: Facts, counts: Counts): PipelineVerdict {
  const ended = counts.succeeded + counts.failed + counts.cancelled + counts.ignored;
  const message = `Tasks Completed: ${ended} (Failed: ${counts.failed}, Cancelled ${counts.cancelled}), Incomplete: ${counts.incomplete}, Skipped: ${counts.skipped}`;
  return { status: 'Unknown', reason: runningReason(facts, counts), message };
}

function runningReason({ specStatus, tasks, run, skipped }: Facts, counts: Counts): PipelineVerdict['reason'] {
  if (specStatus === 'CancelledRunFinally') return 'CancelledRunningFinally';
  if (specStatus === 'StoppedRunFinally') return 'StoppedRunningFinally';
  const finals = tasks.filter(({ isFinal }) => isFinal);
  const areFinalsDone = finals.every((task) => {
    const found = run(task);
    return found === undefined ? skipped(task) !== undefined : verdictOf(found)?.status !== 'Unknown';
  });
  return counts.cancelled > 0 || (counts.failed > 0 && areFinalsDone) ? 'PipelineRunStopping' : 'Running';
}

function countsOf(facts: Facts): Counts {
  const counts: Counts = {
    succeeded: 0,
    failed: 0,
    ignored: 0,
    cancelled: 0,
    skipped: 0,
    late: 0,
    invalid: 0,
    incomplete: 0,
  };
  for (const task of facts.tasks) {
    const kind = standOf(facts, task);
    counts[kind] += 1;
    if (kind === 'skipped' && facts.skipped(task)?.endsWith('timeout has been reached') === true) counts.late += 1;
  }
  return counts;
}

function standOf({ run, isSuccessful, isFailure, skipped, invalid }: Facts, task: PipelineTask): keyof Counts {
  if (isSuccessful(task)) return 'succeeded';
  const stopped = stoppedBy(run(task));
  if (stopped !== undefined) return stopped === 'time' ? 'failed' : 'cancelled';
  if (isFailure(task)) return task.goesOn ? 'ignored' : 'failed';
  if (invalid.has(task.name)) return 'invalid';
  return skipped(task) === undefined ? 'incomplete' : 'skipped';
}

/** `status.childReferences`. */
export function childReferences({ tasks, run }: Facts): readonly JsonObject[] {
  return tasks.flatMap((task) => {
    const found = run(task);
    return found === undefined ? [] : [childReference(task, found)];
  });
}

function childReference({ name, displayName, when }: PipelineTask, run: KubeObject): JsonObject {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    name: run.metadata.name ?? '',
    ...(displayName === '' ? {} : { displayName }),
    pipelineTaskName: name,
    ...(when.length === 0 ? {} : { whenExpressions: when.map(whenJson) }),
  };
}

/** `status.skippedTasks`. */
export function skippedTasks({ tasks, skipped }: Facts): readonly JsonObject[] {
  return tasks.flatMap((task) => {
    const reason = skipped(task);
    if (reason === undefined) return [];
    const tellsWhen = task.when.length > 0 && (!task.isFinal || reason === 'When Expressions evaluated to false');
    return [{ name: task.name, reason, ...(tellsWhen ? { whenExpressions: task.when.map(whenJson) } : {}) }];
  });
}

function whenJson({ input, operator, values }: When): JsonObject {
  return { input, operator, values };
}

/** What `$(tasks.NAME.status)`, `.reason` and `$(tasks.status)` stand for in the tasks of `finally`. */
export function taskStates({
  tasks,
  run,
  isSuccessful,
  isFailure,
  skipped,
  isMainDone,
}: Facts): Record<string, string> {
  const texts: Record<string, string> = {};
  const main = tasks.filter(({ isFinal }) => !isFinal);
  for (const task of main) {
    const found = run(task);
    texts[`tasks.${task.name}.status`] = isSuccessful(task) ? 'Succeeded' : isFailure(task) ? 'Failed' : 'None';
    texts[`tasks.${task.name}.reason`] = found === undefined ? '' : (verdictOf(found)?.reason ?? '');
  }
  const whole = main.some(isFailure)
    ? 'Failed'
    : main.some((task) => skipped(task) !== undefined)
      ? 'Completed'
      : 'Succeeded';
  texts['tasks.status'] = isMainDone ? whole : 'None';
  return texts;
}
