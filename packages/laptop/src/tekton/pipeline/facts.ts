import type { KubeObject } from '@cartographer/machinery';
import { verdictOf } from '../kind/run-status.ts';
import { STOPPED_BY_PIPELINE } from '../kind/tekton-types.ts';
import { taskRunSpec } from '../task/task-run.ts';
import type { Graph } from './pipeline-graph.ts';
import { type RunsOfTasks, resolvedResults } from './pipeline-results.ts';
import type { SpecStatus, Timeouts } from './pipeline-run.ts';
import { letsRun, neededResults, type PipelineTask } from './pipeline-task.ts';

/** Why a task is not run, in Tekton's words. */
type SkipReason =
  | 'When Expressions evaluated to false'
  | 'Parent Tasks were skipped'
  | 'PipelineRun was stopping'
  | 'PipelineRun was gracefully cancelled'
  | 'PipelineRun was gracefully stopped'
  | 'Results were missing'
  | 'PipelineRun timeout has been reached'
  | 'PipelineRun Tasks timeout has been reached'
  | 'PipelineRun Finally timeout has been reached';

/** What is known about a run of a pipeline at one moment. */
export type Situation = {
  /** In the order of the status: those that were started come first. Results are put in where they can be had. */
  readonly tasks: readonly PipelineTask[];
  readonly graph: Graph;
  readonly runs: RunsOfTasks;
  readonly specStatus: SpecStatus;
  readonly timeouts: Timeouts;
  readonly nowMs: number;
  readonly startedMs: number;
  /** When the first task of `finally` was started. */
  readonly finallyStartedMs?: number;
};

/** What follows from a {@link Situation}, by Tekton's rules. Every answer is for the same moment. */
export type Facts = Situation & {
  /** Tasks that cannot be started: a result that they need was not given out. */
  readonly invalid: ReadonlySet<string>;
  run(task: PipelineTask): KubeObject | undefined;
  isSuccessful(task: PipelineTask): boolean;
  isFailure(task: PipelineTask): boolean;
  skipped(task: PipelineTask): SkipReason | undefined;
  /** All tasks but those of `finally` are done. */
  readonly isMainDone: boolean;
  /** Tasks to be started now. */
  readonly next: readonly PipelineTask[];
};

/** Computes the facts. Pure. */
export function pipelineFacts(situation: Situation): Facts {
  const { tasks, graph, runs, specStatus, timeouts, nowMs, startedMs, finallyStartedMs } = situation;
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const main = tasks.filter(({ isFinal }) => !isFinal);
  const memo = new Map<string, SkipReason | undefined>();
  const invalid = new Set<string>();

  const run = (task: PipelineTask): KubeObject | undefined => runs.get(task.name);
  const statusOf = (task: PipelineTask): string | undefined => {
    const found = run(task);
    return found === undefined ? undefined : (verdictOf(found)?.status ?? 'Unknown');
  };
  const isSuccessful = (task: PipelineTask): boolean => statusOf(task) === 'True';
  const isFailure = (task: PipelineTask): boolean => statusOf(task) === 'False';
  const isStopping = (): boolean => main.some((task) => !task.goesOn && (isFailure(task) || invalid.has(task.name)));
  const isDone = (task: PipelineTask): boolean =>
    isSuccessful(task) || isFailure(task) || invalid.has(task.name) || skipped(task) !== undefined;
  const parents = (task: PipelineTask): readonly PipelineTask[] =>
    (graph.get(task.name) ?? []).flatMap((name) => byName.get(name) ?? []);
  const areParentsDone = (task: PipelineTask): boolean => parents(task).every(isDone);
  const isLate = (limitMs: number | undefined, sinceMs: number | undefined): boolean =>
    limitMs !== undefined && limitMs > 0 && sinceMs !== undefined && nowMs - sinceMs > limitMs;

  function skipped(task: PipelineTask): SkipReason | undefined {
    if (run(task) !== undefined || invalid.has(task.name)) return undefined;
    if (!memo.has(task.name)) {
      memo.set(task.name, undefined);
      memo.set(task.name, task.isFinal ? whyFinalSkipped(task) : whySkipped(task));
    }
    return memo.get(task.name);
  }
  function whySkipped(task: PipelineTask): SkipReason | undefined {
    if (isStopping()) return 'PipelineRun was stopping';
    if (specStatus === 'CancelledRunFinally') return 'PipelineRun was gracefully cancelled';
    if (specStatus === 'StoppedRunFinally') return 'PipelineRun was gracefully stopped';
    const areDone = areParentsDone(task);
    if (areDone && !letsRun(task.when)) return 'When Expressions evaluated to false';
    const before = parents(task).map(skipped);
    if (before.some((reason) => reason !== undefined && reason !== 'When Expressions evaluated to false'))
      return 'Parent Tasks were skipped';
    if (areDone && lacksResults(task)) return 'Results were missing';
    if (areDone && isLate(timeouts.pipelineMs, startedMs)) return 'PipelineRun timeout has been reached';
    if (areDone && isLate(timeouts.tasksMs, startedMs)) return 'PipelineRun Tasks timeout has been reached';
    return undefined;
  }
  function whyFinalSkipped(task: PipelineTask): SkipReason | undefined {
    if (!main.every(isDone)) return undefined;
    if (lacksResults(task)) return 'Results were missing';
    if (!letsRun(task.when)) return 'When Expressions evaluated to false';
    if (isLate(timeouts.pipelineMs, startedMs)) return 'PipelineRun timeout has been reached';
    if (isLate(timeouts.finallyMs, finallyStartedMs)) return 'PipelineRun Finally timeout has been reached';
    return undefined;
  }
  /** Whether it can do without: a task whose failure stops nothing, or that asks one that was not to be run. */
  function lacksResults(task: PipelineTask): boolean {
    const resolved = resolvedResults(neededResults(task), runs);
    if (resolved.kind === 'resolved') return false;
    const asked = byName.get(resolved.task);
    if (asked === undefined) return false;
    return task.goesOn || task.isFinal || skipped(asked) === 'When Expressions evaluated to false';
  }

  const ready = main.filter((task) => run(task) === undefined && areParentsDone(task) && skipped(task) === undefined);
  const mayStart = specStatus !== 'Cancelled' && specStatus !== 'CancelledRunFinally';
  const canGoOn = mayStart && specStatus !== 'StoppedRunFinally' && !isStopping();
  for (const task of canGoOn ? ready : []) {
    if (resolvedResults(neededResults(task), runs).kind === 'missing') invalid.add(task.name);
  }
  memo.clear();
  const isMainDone = main.every(isDone);
  const finals = tasks.filter((task) => task.isFinal && run(task) === undefined && skipped(task) === undefined);
  const next = [
    ...(canGoOn && invalid.size === 0 ? ready : []),
    ...(isMainDone && specStatus !== 'Cancelled' ? finals : []),
  ];
  return { ...situation, invalid, run, isSuccessful, isFailure, skipped, isMainDone, next };
}

/** How a run of a task was stopped; undefined for one that was not. */
export function stoppedBy(run: KubeObject | undefined): 'time' | 'wish' | undefined {
  const verdict = run === undefined ? undefined : verdictOf(run);
  if (run === undefined || verdict?.status !== 'False' || verdict.reason !== 'TaskRunCancelled') return undefined;
  return taskRunSpec(run).statusMessage === STOPPED_BY_PIPELINE.timedOut ? 'time' : 'wish';
}
