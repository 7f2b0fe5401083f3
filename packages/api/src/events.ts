/** Reasons of events of type Normal about owners and Runnables. */
export const EVENT_REASONS = [
  'StampedObjectApplied',
  'StampedObjectRemoved',
  'ResourceOutputChanged',
  'ResourceHealthyStatusChanged',
] as const;

/** The reason of an event of type Normal about an owner or a Runnable. */
export type EventReason = (typeof EVENT_REASONS)[number];

/** Reasons of events of type Warning about owners and Runnables; upstream has none. */
export const WARNING_REASONS = ['FieldsLeftOut', 'SelectorError'] as const;

/** The reason of an event of type Warning about an owner or a Runnable. */
export type WarningReason = (typeof WARNING_REASONS)[number];
