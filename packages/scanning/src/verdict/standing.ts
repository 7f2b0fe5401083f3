import { type Condition, rfc3339, setCondition } from '@cartographer/machinery';
import type { ScanPolicy } from '../kinds/read.ts';
import { cut } from './cut.ts';
import { type ScanFacts, timeOf } from './facts.ts';
import type { ScanStatus } from './scan-status.ts';
import { verdict } from './verdict.ts';

/** What is known of a scan whose findings nobody can read now. */
export type UnreadScan = Pick<ScanFacts, 'namespace' | 'namespaceLabels' | 'policy' | 'sources'>;

/**
 * Why what passed does not stand any more, without asking what was found: its verdict held until a time that is over, or
 * it would not even pass if nothing had been found, for a finding less never makes a verdict stricter. Undefined while it
 * stands.
 */
export function endOfStanding(
  { verdict: judged }: ScanStatus,
  scan: UnreadScan,
  policies: readonly ScanPolicy[],
  nowMs: number,
): string | undefined {
  const { recheckAt } = judged ?? {};
  const heldMs = timeOf(recheckAt);
  if (heldMs !== undefined && heldMs <= nowMs) return `the verdict held until ${recheckAt}`;
  const { result, message } = verdict([], policies, [], { ...scan, ...NOTHING_FOUND }, nowMs);
  return result === 'Passed' || result === 'Warned' ? undefined : message;
}

/** Sources have no attached findings, which would be missing here. */
const NOTHING_FOUND = {
  kind: 'SourceScan',
  repository: '',
  digest: '',
  inventory: { kind: 'read', digest: '', packages: 0, from: [], platforms: [], unread: [], uncovered: [] },
  passes: true,
} as const satisfies Partial<ScanFacts>;

/** The status of a scan that passed and does not stand any more: what was found stays told, what passed stays named. */
export function fallenStatus(previous: ScanStatus, message: string, nowMs: number): ScanStatus {
  const { compliantArtifact: _, verdict: judged, lastCompliant, conditions, ...rest } = previous;
  const unknown = { status: 'Unknown', lastTransitionTime: rfc3339(nowMs) } as const;
  const failed = { ...unknown, reason: 'StoreFailed' };
  const told: readonly Condition[] = [
    { ...failed, type: 'Matched', message: cut(message, 320) },
    { ...unknown, type: 'Succeeded', reason: 'Scanning', message: '' },
    { ...failed, type: 'PolicySucceeded', message: cut(message, 1024) },
    { ...failed, type: 'Ready', message: cut(message, 1024) },
  ];
  return {
    ...rest,
    phase: 'Scanning',
    conditions: told.reduce<readonly Condition[]>((list, condition) => setCondition(list, condition), conditions ?? []),
    ...(lastCompliant === undefined ? {} : { lastCompliant: { ...lastCompliant, verdict: 'Unknown' } }),
    verdict: { number: (judged?.number ?? 0) + 1, result: 'Unknown', policies: judged?.policies ?? [] },
    message: cut(message, 1024),
  };
}
