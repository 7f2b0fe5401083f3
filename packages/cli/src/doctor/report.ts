import type { Mover } from '@cartographer/api';
import { type CheckName, FINDINGS, type FindingReason } from './findings.ts';

/** Something that is not as it should be. */
export type Finding = {
  readonly reason: FindingReason;
  readonly message: string;
  readonly move: Mover;
  readonly next: string;
};

/** What a check came to. */
export type CheckReport = {
  readonly check: CheckName;
  /** What was seen, in one line. */
  readonly says: string;
  readonly findings: readonly Finding[];
  /** What could not be looked at, each with why: it is not known to be well. */
  readonly notLooked: readonly string[];
};

/** How a check ended. */
export type CheckOutcome = 'fine' | 'found' | 'unknown';

/** A finding with what its table says of it, unless something else is known. */
export function finding(reason: FindingReason, message: string, known: Partial<Finding> = {}): Finding {
  const { move, next } = FINDINGS[reason];
  return { reason, message, move, next, ...known };
}

/** What a check saw; with findings or what could not be looked at, if any. */
export type Seen = {
  readonly says: string;
  readonly findings?: readonly Finding[];
  readonly notLooked?: readonly string[];
};

/** Makes a report of what a check saw. */
export function reportOf(check: CheckName, { says, findings = [], notLooked = [] }: Seen): CheckReport {
  return { check, says, findings, notLooked };
}

/** A check that could not look at everything is not well, whatever else it saw. */
export function outcomeOf({ findings, notLooked }: CheckReport): CheckOutcome {
  if (findings.length > 0) return 'found';
  return notLooked.length > 0 ? 'unknown' : 'fine';
}
