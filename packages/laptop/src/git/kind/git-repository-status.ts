import type { KubeObject } from '@cartographer/machinery';
import { SourceConditions } from '../../flux/source-conditions.ts';
import { type Artifact, requestedAt, type Standing } from '../../flux/source-object.ts';
import type { ConditionReasonOf, ConditionTypeOf, EventText } from '../../reasons/laptop-reasons.ts';
import { type GitRepositoryStatus, gitRepositorySpec, gitRepositoryStatus } from './git-repository.ts';

/** Every way a run can end. Each has its conditions and events, worded as Flux words them. */
export type Outcome =
  /** `spec.suspend`: nothing was looked at. */
  | { readonly kind: 'suspended' }
  /** The spec asks for something that trying again cannot give. */
  | { readonly kind: 'stalled'; readonly reason: 'URLInvalid' | 'UnsupportedField'; readonly message: string }
  /** Something in the world failed; it is tried again. */
  | {
      readonly kind: 'failed';
      readonly condition: 'FetchFailed' | 'StorageOperationFailed';
      readonly reason: FailureReason;
      readonly message: string;
      /** The revision that could not be stored. */
      readonly revision?: string;
    }
  /** The artifact of the revision is there: made now, or found. */
  | {
      readonly kind: 'stored';
      readonly artifact: Artifact;
      /** First line of the commit message; absent when nothing was fetched. */
      readonly subject?: string;
      readonly found: 'made' | 'unchanged' | 'upToDate';
    };

/** Why a run failed. */
type FailureReason = 'GitOperationFailed' | 'EmptyGitRepository' | 'AuthenticationFailed' | 'ArchiveOperationFailed';

type Event = EventText<'GitRepository'>;
type ConditionType = ConditionTypeOf<'GitRepository'>;
type ConditionReason = ConditionReasonOf<'GitRepository'>;
type Conditions = SourceConditions<ConditionType, ConditionReason>;

/** The status of an object after a run, computed from the one before. */
export function nextStatus(
  object: KubeObject,
  standing: Standing,
  outcome: Outcome,
  nowMs: number,
): GitRepositoryStatus {
  const previous = gitRepositoryStatus(object);
  const conditions = new SourceConditions<ConditionType, ConditionReason>(
    previous.conditions ?? [],
    object.metadata.generation ?? 0,
    nowMs,
  );
  const handled = requestedAt(object) ?? previous.lastHandledReconcileAt;
  const base: GitRepositoryStatus = {
    ...previous,
    ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }),
  };
  const observed = { observedGeneration: object.metadata.generation ?? 0 };
  switch (outcome.kind) {
    case 'suspended':
      conditions.refresh('Ready');
      return { ...base, ...(previous.conditions === undefined ? {} : { ...observed, conditions: conditions.list() }) };
    case 'stalled':
      conditions.drop('Reconciling');
      if (outcome.reason === 'URLInvalid') conditions.set('FetchFailed', 'True', outcome.reason, outcome.message);
      else conditions.drop('FetchFailed');
      conditions.set('Stalled', 'True', outcome.reason, outcome.message);
      conditions.set('Ready', 'False', outcome.reason, outcome.message);
      return { ...withArtifact(base, standing, conditions), ...observed, conditions: conditions.list() };
    case 'failed':
      setFailed(conditions, object, standing, outcome);
      return { ...withArtifact(base, standing, conditions), conditions: conditions.list() };
    case 'stored': {
      const message = `stored artifact for revision '${outcome.artifact.revision}'`;
      conditions.drop('Reconciling', 'Stalled', 'FetchFailed', 'StorageOperationFailed', 'ArtifactOutdated');
      conditions.set('Ready', 'True', 'Succeeded', message);
      conditions.set('ArtifactInStorage', 'True', 'Succeeded', message);
      return { ...contentConfig(object, base), ...observed, artifact: outcome.artifact, conditions: conditions.list() };
    }
  }
}

/**
 * The events of a run. One thing is quieter than in Flux: a look that finds nothing new at rest
 * says nothing, because an event is a write and would be made at every interval.
 */
export function eventsOf(object: KubeObject, standing: Standing, outcome: Outcome): readonly Event[] {
  switch (outcome.kind) {
    case 'suspended':
      return [];
    case 'stalled':
      return isSettled(object, outcome) ? [] : [{ type: 'Warning', reason: outcome.reason, message: outcome.message }];
    case 'failed':
      return [{ type: 'Warning', reason: outcome.reason, message: outcome.message }];
    case 'stored':
      return storedEvents(object, standing, outcome);
  }
}

/** Whether what goes into an artifact is still what the status says went into it. */
export function isContentConfigObserved(object: KubeObject): boolean {
  const spec = gitRepositorySpec(object);
  const status = gitRepositoryStatus(object);
  return (
    spec.ignore === status.observedIgnore &&
    spec.recurseSubmodules === (status.observedRecurseSubmodules ?? false) &&
    spec.sparseCheckout.join('\n') === (status.observedSparseCheckout ?? []).join('\n')
  );
}

function storedEvents(object: KubeObject, standing: Standing, outcome: Outcome & { kind: 'stored' }): readonly Event[] {
  const { revision, digest } = outcome.artifact;
  const commit = outcome.subject === undefined ? revision : shorten(outcome.subject);
  const message = `stored artifact for commit '${commit}'`;
  if (standing.artifact?.digest !== digest) return [{ type: 'Normal', reason: 'NewArtifact', message }];

  const previous = gitRepositoryStatus(object);
  const failed = previous.conditions?.some(({ type }) => type === 'FetchFailed' || type === 'StorageOperationFailed');
  if (failed === true) return [{ type: 'Normal', reason: 'Succeeded', message }];

  const isAsked =
    previous.observedGeneration !== object.metadata.generation ||
    (requestedAt(object) ?? previous.lastHandledReconcileAt) !== previous.lastHandledReconcileAt;
  if (!isAsked || outcome.found === 'made') return [];
  if (outcome.found === 'upToDate') {
    const text = `artifact up-to-date with remote revision: '${revision}'`;
    return [{ type: 'Normal', reason: 'ArtifactUpToDate', message: text }];
  }
  // The spelling is Flux's, and scripts look for it.
  const text = `no changes since last reconcilation: observed revision '${revision}'`;
  return [{ type: 'Normal', reason: 'GitOperationSucceeded', message: text }];
}

function isSettled(object: KubeObject, { reason, message }: Outcome & { kind: 'stalled' }): boolean {
  const { conditions = [], observedGeneration } = gitRepositoryStatus(object);
  const stalled = conditions.find(({ type }) => type === 'Stalled');
  return observedGeneration === object.metadata.generation && stalled?.reason === reason && stalled.message === message;
}

function setFailed(
  conditions: Conditions,
  object: KubeObject,
  standing: Standing,
  { condition, reason, message, revision }: Outcome & { kind: 'failed' },
): void {
  conditions.drop('Stalled');
  if (condition === 'FetchFailed') conditions.drop('StorageOperationFailed', 'ArtifactOutdated');
  else conditions.drop('FetchFailed');
  if (revision !== undefined && standing.artifact !== undefined) {
    conditions.set('ArtifactOutdated', 'True', 'NewRevision', `new upstream revision '${revision}'`);
  }
  conditions.set('Reconciling', 'True', 'ProgressingWithRetry', progress(object, standing, revision));
  conditions.set(condition, 'True', reason, message);
  conditions.set('Ready', 'False', reason, message);
}

/** What the run was about when it failed: the words Flux leaves in Reconciling. */
function progress(object: KubeObject, { artifact, disappeared }: Standing, revision: string | undefined): string {
  if (revision !== undefined) return `building artifact: new upstream revision '${revision}'`;
  if (artifact === undefined) return disappeared ? 'building artifact: disappeared from storage' : 'building artifact';
  const { observedGeneration = -1 } = gitRepositoryStatus(object);
  return observedGeneration === object.metadata.generation
    ? 'reconciliation in progress'
    : `processing object: new generation ${observedGeneration} -> ${object.metadata.generation ?? 0}`;
}

function withArtifact(base: GitRepositoryStatus, { artifact }: Standing, conditions: Conditions): GitRepositoryStatus {
  if (artifact !== undefined) return { ...base, artifact };
  conditions.drop('ArtifactInStorage');
  const { artifact: _gone, ...rest } = base;
  return rest;
}

function contentConfig(object: KubeObject, base: GitRepositoryStatus): GitRepositoryStatus {
  const { ignore, recurseSubmodules, sparseCheckout } = gitRepositorySpec(object);
  const { observedIgnore: _i, observedRecurseSubmodules: _r, observedSparseCheckout: _s, ...rest } = base;
  return {
    ...rest,
    ...(ignore === undefined ? {} : { observedIgnore: ignore }),
    ...(recurseSubmodules ? { observedRecurseSubmodules: true } : {}),
    ...(sparseCheckout.length === 0 ? {} : { observedSparseCheckout: sparseCheckout }),
  };
}

/** The first 50 characters of a subject, as Flux shortens it. */
function shorten(subject: string): string {
  const characters = Array.from(subject);
  return characters.length > 50 ? `${characters.slice(0, 50).join('')}...` : subject;
}
