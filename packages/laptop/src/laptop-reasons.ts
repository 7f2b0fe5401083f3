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
