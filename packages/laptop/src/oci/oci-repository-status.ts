import { deepEqual, type JsonObject, type KubeObject } from '@cartographer/machinery';
import { SourceConditions } from '../flux/source-conditions.ts';
import { type Artifact, requestedAt, type Standing } from '../flux/source-object.ts';
import type { ConditionReasonOf, ConditionTypeOf, EventText } from '../reasons/laptop-reasons.ts';
import { ociRepositorySpec, ociRepositoryStatus } from './oci-repository.ts';

/** Every way a run can end. Each has its conditions and events, worded as Flux words them. */
export type OciOutcome =
  | { readonly kind: 'suspended' }
  | { readonly kind: 'stalled'; readonly reason: 'URLInvalid' | 'UnsupportedField'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly condition: 'FetchFailed' | 'StorageOperationFailed';
      readonly reason:
        | 'OCIArtifactPullFailed'
        | 'OCIArtifactLayerOperationFailed'
        | 'AuthenticationFailed'
        | 'ArchiveOperationFailed';
      readonly message: string;
      /** What could not be taken. */
      readonly revision?: string;
    }
  | { readonly kind: 'stored'; readonly artifact: Artifact };

type Conditions = SourceConditions<ConditionTypeOf<'OCIRepository'>, ConditionReasonOf<'OCIRepository'>>;
type Event = EventText<'OCIRepository'>;

/** The status of an object after a run, computed from the one before. */
export function nextOciStatus(object: KubeObject, standing: Standing, outcome: OciOutcome, nowMs: number): JsonObject {
  const previous = ociRepositoryStatus(object);
  const generation = object.metadata.generation ?? 0;
  const conditions: Conditions = new SourceConditions(previous.conditions ?? [], generation, nowMs);
  const handled = requestedAt(object) ?? previous.lastHandledReconcileAt;
  const { artifact: _, ...rest } = previous;
  const base = { ...rest, ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }) };
  const kept = standing.artifact === undefined ? {} : { artifact: standing.artifact };
  switch (outcome.kind) {
    case 'suspended':
      conditions.refresh('Ready');
      return asJson({
        ...base,
        ...kept,
        ...(previous.conditions && { observedGeneration: generation, conditions: conditions.list() }),
      });
    case 'stalled':
      conditions.drop('Reconciling', 'FetchFailed');
      conditions.set('Stalled', 'True', outcome.reason, outcome.message);
      conditions.set('Ready', 'False', outcome.reason, outcome.message);
      return asJson({ ...base, ...kept, observedGeneration: generation, conditions: conditions.list() });
    case 'failed':
      setFailed(conditions, outcome, standing);
      return asJson({ ...base, ...kept, conditions: conditions.list() });
    case 'stored': {
      const { artifact } = outcome;
      const message = `stored artifact for digest '${artifact.revision}'`;
      conditions.drop('Reconciling', 'Stalled', 'FetchFailed', 'StorageOperationFailed', 'ArtifactOutdated');
      conditions.set('Ready', 'True', 'Succeeded', message);
      conditions.set('ArtifactInStorage', 'True', 'Succeeded', message);
      const { layerSelector } = ociRepositorySpec(object);
      const { observedLayerSelector: _old, ...others } = base;
      const observed = Object.keys(layerSelector).length === 0 ? {} : { observedLayerSelector: layerSelector };
      return asJson({
        ...others,
        ...observed,
        observedGeneration: generation,
        artifact,
        conditions: conditions.list(),
      });
    }
  }
}

/** Whether the layer that an artifact was made of is chosen as it is now. */
export function isLayerObserved(object: KubeObject): boolean {
  return deepEqual(ociRepositorySpec(object).layerSelector, ociRepositoryStatus(object).observedLayerSelector ?? {});
}

/** The events of a run; a look that finds nothing new says nothing, since an event is a write. */
export function ociEventsOf(object: KubeObject, standing: Standing, outcome: OciOutcome): readonly Event[] {
  switch (outcome.kind) {
    case 'suspended':
      return [];
    case 'stalled':
      return isTold(object, outcome.message)
        ? []
        : [{ type: 'Warning', reason: outcome.reason, message: outcome.message }];
    case 'failed':
      return [{ type: 'Warning', reason: outcome.reason, message: outcome.message }];
    case 'stored': {
      const { revision, digest } = outcome.artifact;
      const message = `stored artifact with revision '${revision}' from '${ociRepositorySpec(object).url}'`;
      if (standing.artifact?.digest !== digest) return [{ type: 'Normal', reason: 'NewArtifact', message }];
      const { conditions = [] } = ociRepositoryStatus(object);
      const failed = conditions.some(({ type }) => type === 'FetchFailed' || type === 'StorageOperationFailed');
      return failed ? [{ type: 'Normal', reason: 'Succeeded', message }] : [];
    }
  }
}

function setFailed(
  conditions: Conditions,
  { condition, reason, message, revision }: OciOutcome & { kind: 'failed' },
  { artifact }: Standing,
): void {
  conditions.drop(
    'Stalled',
    ...(condition === 'FetchFailed' ? (['StorageOperationFailed'] as const) : (['FetchFailed'] as const)),
  );
  if (revision !== undefined && artifact !== undefined) {
    conditions.set('ArtifactOutdated', 'True', 'NewRevision', `new revision '${revision}'`);
  }
  conditions.set(
    'Reconciling',
    'True',
    'ProgressingWithRetry',
    artifact === undefined ? 'building artifact' : 'reconciliation in progress',
  );
  conditions.set(condition, 'True', reason, message);
  conditions.set('Ready', 'False', reason, message);
}

function isTold(object: KubeObject, message: string): boolean {
  const { conditions = [], observedGeneration } = ociRepositoryStatus(object);
  return (
    observedGeneration === object.metadata.generation &&
    conditions.some((each) => each.type === 'Stalled' && each.message === message)
  );
}

/** A status is JSON, whatever its type is called. */
function asJson(status: object): JsonObject {
  return status as JsonObject;
}
