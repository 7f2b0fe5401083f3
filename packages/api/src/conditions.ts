/** Types of conditions on owners (Workload, Deliverable), in the order in which they are written. */
export type OwnerConditionType =
  | 'SupplyChainReady'
  | 'DeliveryReady'
  | 'ResourcesSubmitted'
  | 'ResourcesHealthy'
  | 'Ready';

/** Types of conditions on an entry of `status.resources`, in the order in which they are written. */
export type ResourceConditionType = 'ResourceSubmitted' | 'Healthy' | 'Ready';

/**
 * Types that upstream writes on an entry of `status.resources` by mistake; kept, because clients may look for them:
 * `ResourcesSubmitted` for a Deliverable's completion checks, `SupplyChainReady` for a Workload's failed pass-through.
 */
export type MistypedResourceConditionType = 'ResourcesSubmitted' | 'SupplyChainReady';

/** Types of conditions on blueprints, in the order in which they are written. */
export type BlueprintConditionType = 'TemplatesReady' | 'Ready';

/** Types of conditions on a Runnable, in the order in which they are written. */
export type RunnableConditionType = 'RunTemplateReady' | 'StampedObjectCondition' | 'Ready';

/** Reasons of `SupplyChainReady` that are a Workload's own; a blueprint that is not ready lends its own reason. */
export type SupplyChainReadyReason =
  | 'Ready'
  | 'WorkloadLabelsMissing'
  | 'SupplyChainNotFound'
  | 'MultipleSupplyChainMatches'
  | 'PassThrough';

/** Reasons of `DeliveryReady` that are a Deliverable's own; a blueprint that is not ready lends its own reason. */
export type DeliveryReadyReason = 'Ready' | 'DeliverableLabelsMissing' | 'DeliveryNotFound' | 'MultipleDeliveryMatches';

/** Reasons of `ResourceSubmitted` on an entry of `status.resources`, and of the owner's `ResourcesSubmitted`. */
export type ResourceSubmittedReason =
  | 'ResourceSubmissionComplete'
  | 'PassThrough'
  | 'MissingValueAtPath'
  | 'TemplateObjectRetrievalFailure'
  | 'TemplateStampFailure'
  | 'TemplateRejectedByAPIServer'
  | 'ResolveTemplateOptionsError'
  | 'TemplateOptionsMatchError'
  | 'FailedToListCreatedObjects'
  | 'ConditionNotMet'
  | 'FailedConditionMet'
  | 'UnknownError';

/** Reasons of the owner's `ResourcesSubmitted` that no single resource has: nothing could be stamped at all. */
export type ResourcesSubmittedReason =
  | ResourceSubmittedReason
  | 'ServiceAccountError'
  | 'ServiceAccountTokenError'
  | 'ResourceRealizerBuilderError';

/** Reasons of `Healthy`; a single condition lends its type: `ReadyCondition`, `SucceededCondition`. */
export type HealthyReason =
  | 'OutputsAvailable'
  | 'AlwaysHealthy'
  | 'MatchedCondition'
  | 'MatchedField'
  | 'NoMatchesFulfilled'
  | 'OutputNotAvailable'
  | 'NoStampedObject'
  | 'NoResource'
  | 'Unknown'
  | `${string}Condition`;

/** The reason of `ResourcesHealthy`. */
export type ResourcesHealthyReason = 'HealthyConditionRule';

/** Reasons of a blueprint's conditions. */
export type BlueprintReason = 'Ready' | 'TemplatesNotFound' | 'Unknown';

/** Reasons of a Runnable's `RunTemplateReady`. */
export type RunTemplateReadyReason =
  | 'Ready'
  | 'RunTemplateNotFound'
  | 'TemplateStampFailure'
  | 'StampedObjectRejectedByAPIServer'
  | 'FailedToListCreatedObjects'
  | 'OutputPathNotSatisfied'
  | 'ServiceAccountError'
  | 'ServiceAccountTokenError'
  | 'ClientBuilderError'
  | 'UnknownError';

/** Reasons of a Runnable's `StampedObjectCondition`. */
export type StampedObjectConditionReason = 'SucceededCondition' | 'Unknown';

/** Every reason of a Workload's own conditions; `Ready` copies that of the deciding one. */
export type WorkloadReason =
  | SupplyChainReadyReason
  | ResourcesSubmittedReason
  | ResourcesHealthyReason
  | BlueprintReason;
/** Every reason of a Deliverable's own conditions; `Ready` copies that of the deciding one. */
export type DeliverableReason =
  | DeliveryReadyReason
  | ResourcesSubmittedReason
  | ResourcesHealthyReason
  | BlueprintReason;
/** Every reason of the conditions on an entry of `status.resources`. */
export type ResourceReason = 'Ready' | ResourceSubmittedReason | HealthyReason;
/** Every reason of a Runnable's conditions; `Ready` copies that of the deciding one. */
export type RunnableReason = RunTemplateReadyReason | StampedObjectConditionReason;
