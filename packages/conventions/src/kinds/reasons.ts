import type { Explanations } from '@cartographer/api';

/** Reasons of a PodIntent's conditions, by their type; `Ready` copies that of `ConventionsApplied` unless it holds. */
export const INTENT_REASONS = {
  ConventionsApplied: {
    Applied: { means: '`status.template` has every convention that fits applied', move: 'nobody' },
    ConventionsApplied: {
      means:
        "an image could not be looked at, or a convention could not be applied; the message names which. The reason reads like success: it is the original's",
      move: 'platform',
      next: 'do what the message says. It is tried again after a growing pause, 10 minutes at most',
    },
    ImageResolutionFailed: {
      means: 'the service account whose pull secrets are to be used does not exist, or they cannot be read',
      move: 'developer',
      next: 'create it, or correct `spec.serviceAccountName`. Its creation wakes the intent',
    },
    CABundleResolutionFailed: {
      means: 'whom to trust as the server of a convention that fits cannot be told',
      move: 'admin',
      next: 'do what the message says. A certificate that is issued wakes the intent',
    },
    LabelSelector: {
      means: 'a selector of a convention cannot be read, so that nobody can say whom it is for',
      move: 'admin',
      next: 'correct the convention that the message names. That wakes all intents',
    },
    ConventionInvalid: {
      means: 'a convention that fits cannot be read, or its rules cannot; the message names the field',
      move: 'admin',
      next: 'correct the convention that the message names. That wakes the intents that it fits',
    },
    NotConvergent: {
      means:
        'conventions that are applied to their own result change it again and again, or undo what another did. Nothing is published',
      move: 'admin',
      next: 'correct the conventions that the message names: applied twice, one must change nothing more',
    },
    SpecInvalid: {
      means: 'the intent cannot be read; the message names the field',
      move: 'platform',
      next: 'correct it in the template that stamps it',
    },
  },
  Ready: {
    ConventionsApplied: { means: '`ConventionsApplied` holds', move: 'nobody' },
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** A reason of the condition `ConventionsApplied`. */
export type AppliedReason = keyof (typeof INTENT_REASONS)['ConventionsApplied'];
