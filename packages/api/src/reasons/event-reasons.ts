import type { Explanations } from './explanation.ts';

/** Reasons of events about owners and Runnables, by the type of the event. */
export const EVENT_REASONS = {
  Normal: {
    StampedObjectApplied: { means: 'an object was created or changed', move: 'nobody' },
    StampedObjectRemoved: {
      means: 'an object was deleted: its step is gone, or it is a run beyond the retention policy',
      move: 'nobody',
    },
    ResourceOutputChanged: { means: 'a step has another output, or lost it', move: 'nobody' },
    ResourceHealthyStatusChanged: { means: "a step's health has another status", move: 'nobody' },
  },
  /** Upstream has none. Those that are reasons of conditions, too, say what to do about one whose text does not. */
  Warning: {
    FieldsLeftOut: {
      means: 'the kind does not have fields that the template sets; the rest was applied',
      move: 'platform',
      next: 'correct the names listed, or take them out',
    },
    SelectorError: {
      means: 'a blueprint was passed over because its selector is broken',
      move: 'platform',
      next: 'correct the blueprint, see `InvalidSelector`',
    },
    WorkloadLabelsMissing: {
      means: 'beside the condition: the supply chains that would fit, if a Workload without labels were looked at',
      move: 'developer',
      next: 'add a label, any will do',
    },
    DeliverableLabelsMissing: {
      means: 'beside the condition: the deliveries that would fit',
      move: 'developer',
      next: 'add a label, any will do',
    },
    MultipleSupplyChainMatches: {
      means: 'beside the condition: the supply chains that fit equally well',
      move: 'platform',
      next: 'make the selector of one more exact',
    },
    MultipleDeliveryMatches: {
      means: 'beside the condition: the deliveries that fit equally well',
      move: 'platform',
      next: 'make the selector of one more exact',
    },
    TemplateStampFailure: {
      means:
        "beside the condition: what a ytt template gave in the place of an object; or the objects that a Runnable's selector matches",
      move: 'platform',
      next: 'as the event says',
    },
    TemplateRejectedByAPIServer: {
      means:
        'beside the condition: why an object has no name (`generateName` needs `lifecycle: immutable`, none is set, it is no text), or that nothing was rendered',
      move: 'platform',
      next: 'as the event says',
    },
  },
} as const satisfies Readonly<Record<'Normal' | 'Warning', Explanations>>;

/** The reason of an event of this type about an owner or a Runnable. */
export type EventReason<Type extends keyof typeof EVENT_REASONS> = keyof (typeof EVENT_REASONS)[Type];
