import {
  goDuration,
  type Json,
  type JsonObject,
  type KubeObject,
  listAt,
  rfc3339,
  textAt,
} from '@cartographer/machinery';
import type { ConditionReasonOf, EventText } from '../../reasons/laptop-reasons.ts';
import { conditionsOf, runStatus, type Verdict, verdictOf } from '../kind/run-status.ts';
import { stepName } from '../kind/task-spec.ts';
import { ON_ERROR_ANNOTATION } from '../kind/tekton-types.ts';
import { declaredAt, typeOf, writtenValue } from '../values/param-value.ts';
import type { RunRecord, StepRecord } from './run-record.ts';
import { attemptOf, podName, taskRunSpec } from './task-run.ts';
import type { Progress } from './task-runs.ts';

/** Every way in which a run of a task can stand. */
export type TaskRunState =
  | { readonly kind: 'refused'; readonly reason: ConditionReasonOf<'TaskRun'>; readonly message: string }
  | Exclude<Progress, { kind: 'none' | 'outdated' }>
  | { readonly kind: 'cancelled' | 'timedOut'; readonly record?: RunRecord };

type TaskRunVerdict = Verdict & { readonly reason: ConditionReasonOf<'TaskRun'> };

const UNDER_WAY = 'Not all Steps in the Task have finished executing';

/** The status after a reconcile. `spec` is the task's, with everything put in. */
export function nextTaskRunStatus(
  object: KubeObject,
  state: TaskRunState,
  spec: JsonObject | undefined,
  nowMs: number,
): JsonObject {
  const verdict = taskRunVerdict(object, state);
  const before = runStatus(object);
  const isOver = verdict.status !== 'Unknown';
  const pod = podName(object.metadata.name ?? '', attemptOf(object));
  const record = 'record' in state ? state.record : undefined;
  const taskSpec = spec ?? before['taskSpec'];
  const steps = record === undefined ? [] : stepStates(record, { state, spec: taskSpec, pod, nowMs });
  const results = isOver && record !== undefined ? resultsOf(record, taskSpec) : [];
  const status: JsonObject = {
    conditions: conditionsOf(object, verdict, nowMs),
    startTime: before['startTime'] ?? rfc3339(nowMs),
    ...(isOver ? { completionTime: rfc3339(nowMs) } : {}),
    ...(record === undefined ? {} : { podName: pod }),
    ...(steps.length === 0 ? {} : { steps }),
    ...(results.length === 0 ? {} : { results }),
    ...(taskSpec === undefined ? {} : { taskSpec }),
    ...(isOver && record !== undefined ? { artifacts: {} } : {}),
  };
  const earlier = before['retriesStatus'];
  if (verdict.status === 'False' && !taskRunSpec(object).isCancelled && attemptOf(object) < taskRunSpec(object).retries)
    return toBeRetried(object, status, verdict, nowMs);
  return earlier === undefined ? status : { ...status, retriesStatus: earlier };
}

/** The failed try is kept, and the next one begins anew. */
function toBeRetried(object: KubeObject, failed: JsonObject, { message }: Verdict, nowMs: number): JsonObject {
  const verdict: TaskRunVerdict = { status: 'Unknown', reason: 'ToBeRetried', message };
  return {
    conditions: conditionsOf(object, verdict, nowMs),
    retriesStatus: [...listAt(runStatus(object), 'retriesStatus'), failed],
    ...(failed['taskSpec'] === undefined ? {} : { taskSpec: failed['taskSpec'] }),
    ...(failed['steps'] === undefined ? {} : { steps: failed['steps'] }),
  };
}

function taskRunVerdict(object: KubeObject, state: TaskRunState): TaskRunVerdict {
  const name = object.metadata.name ?? '';
  const { statusMessage, timeoutMs } = taskRunSpec(object);
  switch (state.kind) {
    case 'refused':
      return { status: 'False', reason: state.reason, message: state.message };
    case 'waiting':
      return state.trouble === undefined
        ? { status: 'Unknown', reason: 'Running', message: UNDER_WAY }
        : { status: 'Unknown', reason: 'Pending', message: `${state.trouble}; trying again` };
    case 'running':
      return { status: 'Unknown', reason: 'Running', message: UNDER_WAY };
    case 'cancelled':
      return {
        status: 'False',
        reason: 'TaskRunCancelled',
        message: `TaskRun "${name}" was cancelled. ${statusMessage}`,
      };
    case 'timedOut':
      return {
        status: 'False',
        reason: 'TaskRunTimeout',
        message: `TaskRun "${name}" failed to finish within "${goDuration(timeoutMs)}"`,
      };
    case 'interrupted': {
      const step = state.record?.steps.at(-1)?.name;
      const what = step === undefined ? 'a step' : `"step-${step}"`;
      return failed(
        object,
        `${what} was interrupted: what ran it has ended, and whether it was done is not known, so it is not started again; make a new run (for a step of a chain: annotate its owner with carto.run/rerun), or set retries where it may be run twice`,
      );
    }
    case 'ended': {
      const { end } = state.record;
      if (end === undefined || end.kind === 'succeeded')
        return { status: 'True', reason: 'Succeeded', message: 'All Steps have completed executing' };
      if (end.kind === 'invalid') return { status: 'False', reason: 'TaskRunValidationFailed', message: end.message };
      return failed(object, end.message);
    }
  }
}

function failed({ metadata }: KubeObject, message: string): TaskRunVerdict {
  const isIgnored = metadata.annotations?.[ON_ERROR_ANNOTATION] === 'continue';
  return { status: 'False', reason: isIgnored ? 'FailureIgnored' : 'Failed', message };
}

/** The states of all steps that have begun, and of all when the run is over. */
function stepStates(
  record: RunRecord,
  {
    state,
    spec,
    pod,
    nowMs,
  }: { readonly state: TaskRunState; readonly spec: Json | undefined; readonly pod: string; readonly nowMs: number },
): readonly JsonObject[] {
  const declared = listAt(spec, 'steps');
  const states = record.steps.map((step) => {
    const goesOn = declared.some(
      (one, index) => stepName(one, index) === step.name && textAt(one, 'onError') === 'continue',
    );
    return { name: step.name, container: `step-${step.name}`, ...stepState(step, { state, goesOn, pod, nowMs }) };
  });
  const isOver = record.end !== undefined || state.kind === 'interrupted';
  const skipped = isOver ? declared.slice(record.steps.length) : [];
  const time = rfc3339(record.steps.at(-1)?.finishedMs ?? nowMs);
  const skippedStates = skipped.map((step, index) => {
    const name = stepName(step, record.steps.length + index);
    return {
      name,
      container: `step-${name}`,
      terminated: { exitCode: 1, reason: 'Error', startedAt: time, finishedAt: time },
      terminationReason: 'Skipped',
    };
  });
  return [...states, ...skippedStates];
}

function stepState(
  step: StepRecord,
  {
    state,
    goesOn,
    pod,
    nowMs,
  }: { readonly state: TaskRunState; readonly goesOn: boolean; readonly pod: string; readonly nowMs: number },
): JsonObject {
  const startedAt = rfc3339(step.startedMs);
  const { exitCode, finishedMs } = step;
  if (exitCode === undefined || finishedMs === undefined) {
    if (state.kind === 'running') return { running: { startedAt } };
    const reason =
      state.kind === 'cancelled' ? 'TaskRunCancelled' : state.kind === 'timedOut' ? 'TaskRunTimeout' : 'Error';
    const message = `Step ${step.name} terminated as pod ${pod} is terminated`;
    return {
      terminated: { exitCode: 1, reason, message, startedAt, finishedAt: rfc3339(nowMs) },
      terminationReason: reason,
    };
  }
  const isGood = exitCode === 0 || goesOn;
  const ended = step.took === 'tooLong' ? 'TimeoutExceeded' : isGood ? 'Completed' : 'Error';
  return {
    terminated: { exitCode, reason: isGood ? 'Completed' : 'Error', startedAt, finishedAt: rfc3339(finishedMs) },
    terminationReason: exitCode !== 0 && goesOn && step.took === undefined ? 'Continued' : ended,
  };
}

/** The results as the task declares them, by their names; those of another type are told in the condition. */
function resultsOf({ results }: RunRecord, spec: Json | undefined): readonly JsonObject[] {
  const declared = declaredAt(spec, 'results').toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return declared.flatMap(({ name, type }) => {
    const text = results[name];
    if (text === undefined) return [];
    const value = writtenValue(text, type);
    return typeOf(value) === type ? [{ name, type, value }] : [];
  });
}

/** The events of a change of the condition, as Tekton records them. */
export function taskRunEvents(object: KubeObject, after: Verdict): readonly EventText<'TaskRun'>[] {
  const before = verdictOf(object);
  const { status, reason, message } = after;
  if (before?.status === status && before.reason === reason && before.message === message) return [];
  const started: EventText<'TaskRun'>[] =
    before === undefined ? [{ type: 'Normal', reason: 'Started', message: '' }] : [];
  switch (status) {
    case 'True':
      return [...started, { type: 'Normal', reason: 'Succeeded', message }];
    case 'False':
      return [...started, { type: 'Warning', reason: 'Failed', message }];
    case 'Unknown':
      return reason === 'ToBeRetried' ? [...started, { type: 'Normal', reason: 'ToBeRetried', message }] : started;
  }
}
