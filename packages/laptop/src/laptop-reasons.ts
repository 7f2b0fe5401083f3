import type { KubeObject } from '@cartographer/machinery';

/** What a reason of a stand-in tells: the text of `docs/laptop-reasons.md`. The move is that of whose machine it is. */
export type LaptopExplanation = {
  /** What it is the reason of. */
  readonly of: 'condition' | 'event' | 'both';
  /** What is the case. */
  readonly means: string;
  /** What to do next; absent where there is nothing to do. */
  readonly next?: string;
};

/** Condition types and reasons of each kind that the laptop tools stand in for, the words of the real tools. */
export const LAPTOP_REASONS = {
  GitRepository: {
    conditions: [
      'Ready',
      'ArtifactInStorage',
      'Reconciling',
      'Stalled',
      'FetchFailed',
      'StorageOperationFailed',
      'ArtifactOutdated',
    ],
    reasons: {
      Succeeded: {
        of: 'both',
        means: 'the artifact of the newest revision is stored; as an event: it works again',
      },
      NewArtifact: { of: 'event', means: 'a new artifact is stored' },
      GitOperationSucceeded: { of: 'event', means: 'asked to look, and nothing is new' },
      ArtifactUpToDate: {
        of: 'event',
        means: 'asked to look, and the artifact is that of the newest revision',
      },
      GarbageCollectionSucceeded: { of: 'event', means: 'old artifacts were removed' },
      NewRevision: {
        of: 'condition',
        means: 'there is a newer revision that could not be stored',
        next: 'see `Ready`',
      },
      ProgressingWithRetry: { of: 'condition', means: 'it failed and is tried again', next: 'see `Ready`' },
      GitOperationFailed: {
        of: 'both',
        means: 'git could not fetch: no such repository, branch, tag or version, or no network',
        next: 'correct `spec.url` or `spec.ref`; it heals by itself when the cause is gone',
      },
      EmptyGitRepository: { of: 'both', means: 'the repository has no commit', next: 'commit something' },
      AuthenticationFailed: {
        of: 'both',
        means: 'the secret is missing or lacks what the transport needs',
        next: 'correct `spec.secretRef` or the secret',
      },
      ArchiveOperationFailed: {
        of: 'both',
        means: 'the artifact could not be written',
        next: 'look at disk space and rights',
      },
      ArtifactVerificationFailed: {
        of: 'event',
        means: 'a stored artifact is not what it was; it is made anew',
      },
      URLInvalid: {
        of: 'both',
        means: '`spec.url` cannot be read',
        next: 'correct it; nothing is tried until then',
      },
      UnsupportedField: {
        of: 'both',
        means: 'a field is set that the stand-in cannot honour',
        next: 'remove it, or use Flux; nothing is tried until then',
      },
    },
  },
  OCIRepository: {
    conditions: [
      'Ready',
      'ArtifactInStorage',
      'Reconciling',
      'Stalled',
      'FetchFailed',
      'StorageOperationFailed',
      'ArtifactOutdated',
    ],
    reasons: {
      Succeeded: { of: 'both', means: 'the artifact that is followed is stored; as an event: it works again' },
      NewArtifact: { of: 'event', means: 'a new artifact is stored' },
      GarbageCollectionSucceeded: { of: 'event', means: 'old artifacts were removed' },
      NewRevision: {
        of: 'condition',
        means: 'there is a newer artifact that could not be taken',
        next: 'see `Ready`',
      },
      ProgressingWithRetry: { of: 'condition', means: 'it failed and is tried again', next: 'see `Ready`' },
      OCIArtifactPullFailed: {
        of: 'both',
        means: 'the registry did not give it: no such repository, tag or version, no login, or no network',
        next: 'correct `spec.url` or `spec.ref`; it heals by itself when the cause is gone',
      },
      OCIArtifactLayerOperationFailed: {
        of: 'both',
        means: 'the artifact has no layer that fits `spec.layerSelector`, or it is no archive of files',
        next: 'correct `spec.layerSelector`, or push it anew',
      },
      AuthenticationFailed: {
        of: 'both',
        means: 'the secret is missing or cannot be read',
        next: 'correct `spec.secretRef` or the secret',
      },
      ArchiveOperationFailed: {
        of: 'both',
        means: 'the artifact could not be written',
        next: 'look at disk space and rights',
      },
      ArtifactVerificationFailed: { of: 'event', means: 'a stored artifact is not what it was; it is made anew' },
      URLInvalid: {
        of: 'both',
        means: '`spec.url` cannot be read, or has a tag in it',
        next: 'correct it; nothing is tried until then',
      },
      UnsupportedField: {
        of: 'both',
        means: 'a field is set that the stand-in cannot honour',
        next: 'remove it, or use Flux; nothing is tried until then',
      },
    },
  },
  Image: {
    conditions: ['Ready', 'BuilderReady', 'BuilderUpToDate'],
    reasons: {
      UpToDate: {
        of: 'condition',
        means: 'the image is that of the source; the message has the path of the log',
      },
      BuildRunning: { of: 'condition', means: 'a build is running', next: 'wait' },
      BuildFailed: {
        of: 'both',
        means: 'the build failed, or the source cannot be fetched',
        next: 'read the log that the message names. *trying again*: wait',
      },
      SourceNotSupported: {
        of: 'both',
        means: 'nothing here can build this source or honour this spec',
        next: 'see the message: Node, a static site, or a `Procfile`',
      },
      BuilderReady: { of: 'condition', means: 'always true: the builder is part of the process' },
      BuilderUpToDate: { of: 'condition', means: 'always true' },
      BuildStarted: { of: 'event', means: 'a build began, and why' },
      BuildSucceeded: { of: 'event', means: 'a build ended well; the message has the image' },
    },
  },
  Service: {
    conditions: ['ConfigurationsReady', 'RoutesReady', 'Ready'],
    reasons: {
      RevisionFailed: {
        of: 'both',
        means: 'the newest revision cannot be pulled, started or reached, or crashed',
        next: "see the message: it ends with the app's last words. The revision before goes on serving",
      },
      RevisionMissing: {
        of: 'condition',
        means: 'no revision has answered yet',
        next: 'wait, or see `ConfigurationsReady`',
      },
      Created: { of: 'event', means: 'there is a new revision' },
      LatestReadyUpdate: { of: 'event', means: 'the newest revision answers' },
    },
  },
  TaskRun: {
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
  },
  PipelineRun: {
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
  },
} as const satisfies Readonly<
  Record<
    string,
    { readonly conditions: readonly string[]; readonly reasons: Readonly<Record<string, LaptopExplanation>> }
  >
>;

type Kinds = typeof LAPTOP_REASONS;
type Kind = keyof Kinds;
type Of<Reasons, Place> = {
  [Reason in keyof Reasons]: Reasons[Reason] extends { readonly of: Place | 'both' } ? Reason : never;
}[keyof Reasons];

/** The type of a condition of this kind. */
export type ConditionTypeOf<K extends Kind> = Kinds[K]['conditions'][number];

/** The reason of a condition of this kind. */
export type ConditionReasonOf<K extends Kind> = Of<Kinds[K]['reasons'], 'condition'>;

/** The reason of an event about an object of this kind. */
export type EventReasonOf<K extends Kind> = Of<Kinds[K]['reasons'], 'event'>;

/** An event to be recorded. */
export type EventText<K extends Kind> = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReasonOf<K>;
  readonly message: string;
};

/** Records events about objects of this kind, in the background. */
export type EventsOf<K extends Kind> = {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: EventReasonOf<K>, message: string): void;
};
