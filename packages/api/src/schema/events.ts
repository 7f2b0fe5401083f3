/** Reasons of events of type Normal about owners and Runnables. */
export const EVENT_REASONS = [
  'StampedObjectApplied',
  'StampedObjectRemoved',
  'ResourceOutputChanged',
  'ResourceHealthyStatusChanged',
] as const;

/** The reason of an event of type Normal about an owner or a Runnable. */
export type EventReason = (typeof EVENT_REASONS)[number];

/**
 * Reasons of events of type Warning about owners and Runnables; upstream has none. Those that are reasons of conditions,
 * too, say what to do about a condition whose text does not.
 */
export const WARNING_REASONS = [
  'FieldsLeftOut',
  'SelectorError',
  'WorkloadLabelsMissing',
  'DeliverableLabelsMissing',
  'MultipleSupplyChainMatches',
  'MultipleDeliveryMatches',
  'TemplateStampFailure',
  'TemplateRejectedByAPIServer',
] as const;

/** The reason of an event of type Warning about an owner or a Runnable. */
export type WarningReason = (typeof WARNING_REASONS)[number];
