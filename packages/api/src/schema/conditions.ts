/** Types of conditions of each object, in the order in which they are written. */
export const CONDITION_TYPES = {
  Workload: ['SupplyChainReady', 'ResourcesSubmitted', 'ResourcesHealthy', 'Ready'],
  Deliverable: ['DeliveryReady', 'ResourcesSubmitted', 'ResourcesHealthy', 'Ready'],
  /** An entry of `status.resources` of an owner. */
  resource: ['ResourceSubmitted', 'Healthy', 'Ready'],
  /** `SelectorReady` is there only when the selector cannot be evaluated. */
  ClusterSupplyChain: ['TemplatesReady', 'SelectorReady', 'Ready'],
  ClusterDelivery: ['TemplatesReady', 'SelectorReady', 'Ready'],
  Runnable: ['RunTemplateReady', 'StampedObjectCondition', 'Ready'],
} as const;

/** Types of conditions on owners. */
export type OwnerConditionType = (typeof CONDITION_TYPES)['Workload' | 'Deliverable'][number];
/** Types of conditions on an entry of `status.resources`. */
export type ResourceConditionType = (typeof CONDITION_TYPES)['resource'][number];
/** Types of conditions on blueprints. */
export type BlueprintConditionType = (typeof CONDITION_TYPES)['ClusterSupplyChain'][number];
/** Types of conditions on a Runnable. */
export type RunnableConditionType = (typeof CONDITION_TYPES)['Runnable'][number];

/**
 * Types that upstream writes on an entry of `status.resources` by mistake; kept, because clients may look for them:
 * `ResourcesSubmitted` for a Deliverable's completion checks, `SupplyChainReady` for a Workload's failed pass-through.
 */
export type MistypedResourceConditionType = 'ResourcesSubmitted' | 'SupplyChainReady';

const submitted = [
  'ResourceSubmissionComplete',
  'PassThrough',
  'MissingValueAtPath',
  'TemplateObjectRetrievalFailure',
  'TemplateStampFailure',
  'TemplateRejectedByAPIServer',
  'ResolveTemplateOptionsError',
  'TemplateOptionsMatchError',
  'FailedToListCreatedObjects',
  'ConditionNotMet',
  'FailedConditionMet',
  'TooManyWrites',
  'UnknownError',
] as const;

/** Reasons by the type of their condition. A condition `Ready` copies the reason of the one that decides it. */
export const REASONS = {
  /** A blueprint that is not ready lends its own reason. */
  SupplyChainReady: [
    'Ready',
    'WorkloadLabelsMissing',
    'SupplyChainNotFound',
    'MultipleSupplyChainMatches',
    'PassThrough',
  ],
  /** A blueprint that is not ready lends its own reason. */
  DeliveryReady: ['Ready', 'DeliverableLabelsMissing', 'DeliveryNotFound', 'MultipleDeliveryMatches'],
  ResourceSubmitted: submitted,
  /** As of a single resource, and those of a pass in which nothing could be stamped at all. */
  ResourcesSubmitted: [...submitted, 'ServiceAccountError', 'ServiceAccountTokenError', 'ResourceRealizerBuilderError'],
  /** And `<Type>Condition` where a rule looks at one condition: `ReadyCondition`, `SucceededCondition`. */
  Healthy: [
    'OutputsAvailable',
    'AlwaysHealthy',
    'MatchedCondition',
    'MatchedField',
    'NoMatchesFulfilled',
    'OutputNotAvailable',
    'NoStampedObject',
    'NoResource',
    'Unknown',
  ],
  ResourcesHealthy: ['HealthyConditionRule'],
  TemplatesReady: ['Ready', 'TemplatesNotFound', 'Unknown'],
  SelectorReady: ['InvalidSelector'],
  RunTemplateReady: [
    'Ready',
    'RunTemplateNotFound',
    'TemplateStampFailure',
    'StampedObjectRejectedByAPIServer',
    'FailedToListCreatedObjects',
    'OutputPathNotSatisfied',
    'ServiceAccountError',
    'ServiceAccountTokenError',
    'ClientBuilderError',
    'TooManyWrites',
    'UnknownError',
  ],
  StampedObjectCondition: ['SucceededCondition', 'Unknown'],
} as const;

type ReasonsOf<Type extends keyof typeof REASONS> = (typeof REASONS)[Type][number];

/** Reasons of `SupplyChainReady` that are a Workload's own. */
export type SupplyChainReadyReason = ReasonsOf<'SupplyChainReady'>;
/** Reasons of `DeliveryReady` that are a Deliverable's own. */
export type DeliveryReadyReason = ReasonsOf<'DeliveryReady'>;
/** Reasons of `ResourceSubmitted` on an entry of `status.resources`. */
export type ResourceSubmittedReason = ReasonsOf<'ResourceSubmitted'>;
/** Reasons of an owner's `ResourcesSubmitted`. */
export type ResourcesSubmittedReason = ReasonsOf<'ResourcesSubmitted'>;
/** Reasons of `Healthy`; a rule that looks at one condition lends the condition's type. */
export type HealthyReason = ReasonsOf<'Healthy'> | `${string}Condition`;
/** The reason of an owner's `ResourcesHealthy`. */
export type ResourcesHealthyReason = ReasonsOf<'ResourcesHealthy'>;
/** Reasons of a blueprint's conditions. */
export type BlueprintReason = ReasonsOf<'TemplatesReady' | 'SelectorReady'>;
/** Reasons of a Runnable's `RunTemplateReady`. */
export type RunTemplateReadyReason = ReasonsOf<'RunTemplateReady'>;
/** Reasons of a Runnable's `StampedObjectCondition`. */
export type StampedObjectConditionReason = ReasonsOf<'StampedObjectCondition'>;

/** Every reason of the conditions of a Workload. */
export type WorkloadReason =
  | SupplyChainReadyReason
  | ResourcesSubmittedReason
  | ResourcesHealthyReason
  | BlueprintReason;
/** Every reason of the conditions of a Deliverable. */
export type DeliverableReason =
  | DeliveryReadyReason
  | ResourcesSubmittedReason
  | ResourcesHealthyReason
  | BlueprintReason;
/** Every reason of the conditions on an entry of `status.resources`. */
export type ResourceReason = 'Ready' | ResourceSubmittedReason | HealthyReason;
/** Every reason of the conditions of a Runnable. */
export type RunnableReason = RunTemplateReadyReason | StampedObjectConditionReason;
