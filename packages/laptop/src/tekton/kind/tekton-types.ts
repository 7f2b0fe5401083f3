import type { ResourceType } from '@cartographer/machinery';

const GROUP = { group: 'tekton.dev', version: 'v1', namespaced: true } as const;

/** Steps that are run one after the other. */
export const taskType: ResourceType = { ...GROUP, kind: 'Task', resource: 'tasks' };
/** A run of a task. */
export const taskRunType: ResourceType = { ...GROUP, kind: 'TaskRun', resource: 'taskruns' };
/** Tasks that need each other. */
export const pipelineType: ResourceType = { ...GROUP, kind: 'Pipeline', resource: 'pipelines' };
/** A run of a pipeline. */
export const pipelineRunType: ResourceType = { ...GROUP, kind: 'PipelineRun', resource: 'pipelineruns' };

/** Labels that tell what a run belongs to. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  task: 'tekton.dev/task',
  pipeline: 'tekton.dev/pipeline',
  pipelineRun: 'tekton.dev/pipelineRun',
  pipelineRunUid: 'tekton.dev/pipelineRunUID',
  pipelineTask: 'tekton.dev/pipelineTask',
  memberOf: 'tekton.dev/memberOf',
} as const;

/** The value of {@link LABELS.managedBy}. */
export const MANAGER = 'tekton-pipelines';

/** Tells of a TaskRun that its failure does not fail the pipeline. */
export const ON_ERROR_ANNOTATION = 'pipeline.tekton.dev/pipeline-task-on-error';

/** What a TaskRun is told when its PipelineRun is cancelled, or has taken too long. */
export const STOPPED_BY_PIPELINE = {
  cancelled: 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.',
  timedOut: 'TaskRun cancelled as the PipelineRun it belongs to has timed out.',
} as const;

/** Who writes labels and status of runs. */
export const FIELD_MANAGER = 'cartographer-laptop';
