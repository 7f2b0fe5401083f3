import type { Explanation } from '@cartographer/api';
import { type Condition, deepEqual, rfc3339, setCondition } from '@cartographer/machinery';
import type { ScanException } from '../kinds/read.ts';
import { EXCEPTION_REASONS } from '../kinds/reasons.ts';
import type { VulnerabilityExceptionStatus } from '../kinds/vulnerability-exception.ts';
import { exceptionName, type Hindrance } from './exceptions.ts';
import { timeOf } from './facts.ts';
import type { ExceptionUse } from './verdict.ts';

type Reason = keyof typeof EXCEPTION_REASONS;

/** What keeps most from being excused comes first. */
const ORDER: readonly Hindrance[] = ['NotAllowed', 'BeyondUpTo', 'BeyondMaxDays', 'UnderInvestigation', 'Expired'];

/**
 * The status of an exception, from what it does in the verdicts of all scans. What says the same as before comes back
 * as it was.
 */
export function exceptionStatus(
  exception: ScanException,
  uses: readonly ExceptionUse[],
  {
    generation,
    previous,
    nowMs,
  }: { readonly generation: number; readonly previous?: VulnerabilityExceptionStatus; readonly nowMs: number },
): VulnerabilityExceptionStatus {
  const own = uses.filter((use) => use.exception === exceptionName(exception));
  const sum = (of: 'matches' | 'excuses') => own.reduce((total, use) => total + use[of], 0);
  const matches = sum('matches');
  const reason = reasonOf(exception, own, { matches, nowMs });
  const condition: Condition = {
    type: 'Ready',
    status: reason === 'Excuses' ? 'True' : 'False',
    reason,
    message: messageOf(reason),
    lastTransitionTime: rfc3339(nowMs),
  };
  const conditions = setCondition(previous?.conditions, condition);
  const status = { observedGeneration: generation, matches, excuses: sum('excuses'), conditions };
  return previous !== undefined && deepEqual(status, previous) ? previous : status;
}

function messageOf(reason: Reason): string {
  const { means, next }: Explanation = EXCEPTION_REASONS[reason];
  return (next === undefined ? means : `${means}: ${next}`).replaceAll('`', '');
}

function reasonOf(
  { spec }: ScanException,
  uses: readonly ExceptionUse[],
  { matches, nowMs }: { readonly matches: number; readonly nowMs: number },
): Reason {
  if (nowMs >= (timeOf(spec.expires) ?? 0)) return 'Expired';
  if (matches === 0) return 'MatchesNothing';
  const hindrances = new Set(uses.flatMap((use) => use.hindrances));
  return ORDER.find((hindrance) => hindrances.has(hindrance)) ?? 'Excuses';
}
