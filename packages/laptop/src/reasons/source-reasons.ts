import type { KindReasons, LaptopExplanation } from './laptop-explanation.ts';

/** Condition types of Flux's sources. */
const CONDITIONS = [
  'Ready',
  'ArtifactInStorage',
  'Reconciling',
  'Stalled',
  'FetchFailed',
  'StorageOperationFailed',
  'ArtifactOutdated',
] as const;

/** What is told alike of every source. */
const OF_ALL = {
  NewArtifact: { of: 'event', means: 'a new artifact is stored' },
  GarbageCollectionSucceeded: { of: 'event', means: 'old artifacts were removed' },
  ProgressingWithRetry: { of: 'condition', means: 'it failed and is tried again', next: 'see `Ready`' },
  ArchiveOperationFailed: {
    of: 'both',
    means: 'the artifact could not be written',
    next: 'look at disk space and rights',
  },
  ArtifactVerificationFailed: {
    of: 'event',
    means: 'a stored artifact is not what it was; it is made anew',
  },
  UnsupportedField: {
    of: 'both',
    means: 'a field is set that the stand-in cannot honour',
    next: 'remove it, or use Flux; nothing is tried until then',
  },
} as const satisfies Readonly<Record<string, LaptopExplanation>>;

/** What a GitRepository says. */
export const gitRepositoryReasons = {
  conditions: CONDITIONS,
  reasons: {
    Succeeded: {
      of: 'both',
      means: 'the artifact of the newest revision is stored; as an event: it works again',
    },
    NewArtifact: OF_ALL.NewArtifact,
    GitOperationSucceeded: { of: 'event', means: 'asked to look, and nothing is new' },
    ArtifactUpToDate: {
      of: 'event',
      means: 'asked to look, and the artifact is that of the newest revision',
    },
    GarbageCollectionSucceeded: OF_ALL.GarbageCollectionSucceeded,
    NewRevision: {
      of: 'condition',
      means: 'there is a newer revision that could not be stored',
      next: 'see `Ready`',
    },
    ProgressingWithRetry: OF_ALL.ProgressingWithRetry,
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
    ArchiveOperationFailed: OF_ALL.ArchiveOperationFailed,
    ArtifactVerificationFailed: OF_ALL.ArtifactVerificationFailed,
    URLInvalid: {
      of: 'both',
      means: '`spec.url` cannot be read',
      next: 'correct it; nothing is tried until then',
    },
    UnsupportedField: OF_ALL.UnsupportedField,
  },
} as const satisfies KindReasons;

/** What an OCIRepository says. */
export const ociRepositoryReasons = {
  conditions: CONDITIONS,
  reasons: {
    Succeeded: { of: 'both', means: 'the artifact that is followed is stored; as an event: it works again' },
    NewArtifact: OF_ALL.NewArtifact,
    GarbageCollectionSucceeded: OF_ALL.GarbageCollectionSucceeded,
    NewRevision: {
      of: 'condition',
      means: 'there is a newer artifact that could not be taken',
      next: 'see `Ready`',
    },
    ProgressingWithRetry: OF_ALL.ProgressingWithRetry,
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
    ArchiveOperationFailed: OF_ALL.ArchiveOperationFailed,
    ArtifactVerificationFailed: OF_ALL.ArtifactVerificationFailed,
    URLInvalid: {
      of: 'both',
      means: '`spec.url` cannot be read, or has a tag in it',
      next: 'correct it; nothing is tried until then',
    },
    UnsupportedField: OF_ALL.UnsupportedField,
  },
} as const satisfies KindReasons;
