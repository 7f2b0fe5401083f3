import type { Explanations } from '@cartographer/api';

/** Reasons of a scan's conditions, by their type; `Ready` copies that of `PolicySucceeded`. */
export const SCAN_REASONS = {
  /** And the reason for which nothing could be read: `RegistryForbidden`. */
  Inventoried: {
    Complete: { means: 'the packages are read, all of them', move: 'nobody' },
    Incomplete: {
      means: 'the packages are read, and something could not be; the message names it',
      move: 'developer',
      next: 'make what is named readable; or platform lets it through with `onMissingInventory: Warn`',
    },
    Reading: { means: 'the packages are being read', move: 'nobody' },
  },
  Matched: {
    Matched: { means: 'every source of advisories was matched with the packages', move: 'nobody' },
    NotInventoried: { means: 'there are no packages to match', move: 'nobody', next: 'see `Inventoried`' },
    NoAdvisories: {
      means: 'there is no ClusterVulnerabilitySource',
      move: 'platform',
      next: 'create one',
    },
    SourcesNotMatched: {
      means: 'a source was never matched; the message names it',
      move: 'nobody',
      next: 'wait. If it stays: platform looks at the conditions of the source',
    },
  },
  /** And the reason for which nothing could be read. */
  Succeeded: {
    Scanned: { means: 'the scan is done, whatever the verdict', move: 'nobody' },
    Scanning: { means: 'the scan is not done yet', move: 'nobody' },
  },
  PolicySucceeded: {
    Passed: { means: 'no policy refuses, and none warns', move: 'nobody' },
    Warned: { means: 'no policy refuses; the message says what one warns of', move: 'nobody' },
    PolicyViolation: {
      means: 'a policy refuses; the message says which, for what, and what would open the gate',
      move: 'developer',
      next: 'use the fixed versions that the message names; or ask those whom it names for an exception',
    },
    ExpressionFailed: {
      means: 'an expression of a policy does not compile, fails, or is neither true nor false',
      move: 'platform',
      next: 'correct the expression that the message names',
    },
    ExpressionTooCostly: {
      means: 'an expression of a policy costs more than it may',
      move: 'platform',
      next: 'make it simpler: no loops within loops',
    },
    InventoryMissing: {
      means: 'nothing could be read, and a policy refuses what it does not know',
      move: 'developer',
      next: 'see `Inventoried`',
    },
    Scanning: { means: 'the packages are being read', move: 'nobody' },
    NoAdvisories: { means: 'there is no ClusterVulnerabilitySource', move: 'platform', next: 'create one' },
    SourcesNotMatched: { means: 'a source was never matched', move: 'nobody', next: 'see `Matched`' },
    PolicyNotFound: {
      means: 'the ClusterScanPolicy that the scan names does not exist',
      move: 'platform',
      next: 'create it, or let the template name another one. Its creation wakes the scan',
    },
    PolicyInvalid: {
      means: 'a ClusterScanPolicy cannot be read, so it might be for any namespace',
      move: 'platform',
      next: 'correct the field that the message names',
    },
  },
} as const satisfies Readonly<Record<string, Explanations>>;

/** Reasons of the condition `Ready` of an exception. */
export const EXCEPTION_REASONS = {
  Excuses: { means: 'it excuses all findings that it is for', move: 'nobody' },
  MatchesNothing: {
    means: 'no finding of any scan is one that it is for',
    move: 'developer',
    next: 'correct it, or delete it',
  },
  Expired: { means: 'it has ended', move: 'developer', next: 'delete it, or give it another end' },
  UnderInvestigation: {
    means: 'it says `under_investigation`, which excuses nothing',
    move: 'developer',
    next: 'give it another status once that is known',
  },
  NotAllowed: {
    means: 'a policy has `exceptions.namespaced: Never`',
    move: 'platform',
    next: 'allow them, or make a ClusterVulnerabilityException',
  },
  BeyondUpTo: {
    means: 'the finding is more severe than a policy lets exceptions of namespaces excuse (`exceptions.upTo`)',
    move: 'platform',
    next: 'make a ClusterVulnerabilityException',
  },
  BeyondMaxDays: {
    means: 'a policy lets exceptions of namespaces last so long from the first sight (`exceptions.maxDays`)',
    move: 'platform',
    next: 'make a ClusterVulnerabilityException',
  },
} as const satisfies Explanations;
