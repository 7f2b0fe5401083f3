/** Reasons of events of type Normal about owners and Runnables. */
export type EventReason =
  | 'StampedObjectApplied'
  | 'StampedObjectRemoved'
  | 'ResourceOutputChanged'
  | 'ResourceHealthyStatusChanged';

/** The component that an event about an object of the kind comes from. */
export const EVENT_COMPONENTS = { Workload: 'Workload', Deliverable: 'Deliverable', Runnable: 'Runnable' } as const;
