import type { KindReasons } from './laptop-explanation.ts';

/** What a TaskRun says. */
export const taskRunReasons = {
  conditions: ['Succeeded'],
  reasons: {
    Started: { of: 'event', means: 'the run was seen' },
    Running: { of: 'condition', means: 'steps are running, or wait for those of other runs', next: 'wait' },
    Pending: {
      of: 'condition',
      means: 'nothing was started yet: the disk does not take what is needed',
      next: 'see the message; it goes on by itself',
    },
    Succeeded: { of: 'both', means: 'all steps ended well' },
    Failed: {
      of: 'both',
      means:
        'a step ended with another exit code than 0, took too long, or was interrupted; as an event: the run failed, for whatever reason',
      next: 'the message has the place of the failure, the last lines and the path of the log. *interrupted*: make a new run',
    },
    FailureIgnored: {
      of: 'condition',
      means: 'a step failed, and `onError: continue` of the pipeline lets it pass',
    },
    ToBeRetried: { of: 'both', means: 'a try failed, and `spec.retries` allows another one', next: 'wait' },
    TaskRunCancelled: { of: 'condition', means: '`spec.status` asked for it; all processes were ended' },
    TaskRunTimeout: {
      of: 'condition',
      means: 'it took longer than `spec.timeout`; all processes were ended',
      next: 'make the steps faster, or set `spec.timeout` of the next run',
    },
    TaskRunResolutionFailed: { of: 'condition', means: 'there is no such Task', next: 'make it, and run again' },
    TaskRunValidationFailed: {
      of: 'condition',
      means:
        'parameters, workspaces or results do not fit the task, or a field asks for what there is not without containers',
      next: 'the message names it; correct it, and run again',
    },
    ImageNotUsed: {
      of: 'event',
      means: 'steps name images, and run with the programs of this machine',
      next: 'install what they need',
    },
  },
} as const satisfies KindReasons;

/** What a PipelineRun says. */
export const pipelineRunReasons = {
  conditions: ['Succeeded'],
  reasons: {
    Started: { of: 'event', means: 'the run was seen' },
    Running: { of: 'condition', means: 'tasks are running', next: 'wait' },
    PipelineRunPending: {
      of: 'condition',
      means: '`spec.status` asks to wait with the start',
      next: 'remove `spec.status`',
    },
    Succeeded: { of: 'both', means: 'all tasks ended well' },
    Completed: {
      of: 'condition',
      means: 'it ended well, and some tasks were not to be run',
      next: 'see `status.skippedTasks`',
    },
    Failed: {
      of: 'both',
      means: 'a task failed; as an event: the run failed, for whatever reason',
      next: 'the message ends with what the first of them said; see its TaskRun',
    },
    Cancelled: { of: 'condition', means: '`spec.status` asked for it' },
    CancelledRunningFinally: { of: 'both', means: 'it was cancelled, and runs `finally`', next: 'wait' },
    StoppedRunningFinally: {
      of: 'both',
      means: 'it was stopped, and lets run what runs, and `finally`',
      next: 'wait',
    },
    PipelineRunStopping: { of: 'both', means: 'a task failed or was cancelled, and others still run', next: 'wait' },
    PipelineRunTimeout: {
      of: 'condition',
      means: 'it took longer than `spec.timeouts`; all processes were ended',
      next: 'make the tasks faster, or set `spec.timeouts` of the next run',
    },
    CouldntGetPipeline: { of: 'condition', means: 'there is no such Pipeline', next: 'make it, and run again' },
    CouldntGetTask: { of: 'condition', means: 'there is no such Task', next: 'make it, and run again' },
    PipelineValidationFailed: {
      of: 'condition',
      means:
        'the pipeline is incomplete, parameters do not fit a task, a result was not given out, or a field asks for what there is not without containers',
      next: 'the message names it; correct it, and run again',
    },
    PipelineInvalidGraph: {
      of: 'condition',
      means: 'tasks wait for each other in a circle, or for one that there is not',
      next: 'correct `runAfter` or the results that the message names',
    },
    ParameterMissing: {
      of: 'condition',
      means: 'the run lacks parameters',
      next: 'add those that the message names',
    },
    ParameterTypeMismatch: {
      of: 'condition',
      means: 'parameters have other types than declared',
      next: 'correct them',
    },
    ObjectParameterMissKeys: {
      of: 'condition',
      means: 'an object lacks keys',
      next: 'add those that the message names',
    },
    InvalidWorkspaceBindings: {
      of: 'condition',
      means: 'the run lacks a workspace',
      next: 'add it to `spec.workspaces`',
    },
    InvalidTaskRunSpecs: {
      of: 'condition',
      means: '`spec.taskRunSpecs` names a task that there is not',
      next: 'correct it',
    },
    InvalidTaskResultReference: {
      of: 'condition',
      means: 'a task takes a result that no task declares',
      next: 'correct the reference, or declare the result',
    },
    InvalidPipelineResultReference: {
      of: 'condition',
      means: 'the pipeline gives out a result that no task declares',
      next: 'correct the reference, or declare the result',
    },
    CouldntGetPipelineResult: {
      of: 'condition',
      means: 'a task ended well without the result that the pipeline gives out',
      next: 'let its steps write it',
    },
    CreateRunFailed: {
      of: 'condition',
      means: 'a task wants a workspace that the run does not bind',
      next: 'add it to `spec.workspaces`',
    },
  },
} as const satisfies KindReasons;
