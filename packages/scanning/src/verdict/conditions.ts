import type { SCAN_REASONS } from '../kinds/reasons.ts';
import type { ScanFacts } from './facts.ts';
import type { Verdict } from './verdict.ts';

/** A condition before it has a time. */
export type ConditionDraft = DraftOf<ConditionType> | ({ readonly type: 'Ready' } & Said<ReasonOf<'PolicySucceeded'>>);

/** What would now be said of the artifact that passed before this one. */
export type EarlierArtifact = { readonly name: string; readonly verdict: Verdict };

/** The conditions of a scan, in the order in which they are written. */
export function scanConditions(
  facts: ScanFacts,
  judged: Verdict,
  earlier?: EarlierArtifact,
): readonly ConditionDraft[] {
  const policySucceeded = {
    status: policyStatus(judged),
    reason: judged.reason,
    message: judged.message,
  } as const;
  const watched =
    earlier?.verdict.result === 'Refused'
      ? `; ${earlier.name}, which passed before it, would now be ${earlier.verdict.message}`
      : '';
  return [
    { type: 'Inventoried', ...inventoried(facts) },
    { type: 'Matched', ...matched(facts, judged) },
    { type: 'Succeeded', ...succeeded(facts, judged) },
    { type: 'PolicySucceeded', ...policySucceeded },
    { type: 'Ready', ...policySucceeded, message: policySucceeded.message + watched },
  ];
}

/** The phase that templates for the original scans know. */
export function phaseOf(
  { inventory, sources }: ScanFacts,
  judged: Verdict,
): 'Pending' | 'Scanning' | 'Completed' | 'Failed' {
  if (inventory.kind === 'failed') return 'Failed';
  if (inventory.kind === 'pending') return 'Pending';
  return isMatched(sources) && judged.reason !== 'StoreFailed' ? 'Completed' : 'Scanning';
}

type Said<Reason extends string> = {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
};
type ConditionType = keyof typeof SCAN_REASONS;
type ReasonOf<Type extends ConditionType> = Extract<keyof (typeof SCAN_REASONS)[Type], string>;
/** Of each type with the reasons of its own table. */
type DraftOf<Type extends ConditionType> = Type extends ConditionType
  ? { readonly type: Type } & Said<ReasonOf<Type>>
  : never;

function policyStatus({ result }: Verdict): ConditionDraft['status'] {
  if (result === 'Unknown') return 'Unknown';
  return result === 'Refused' ? 'False' : 'True';
}

function inventoried({ inventory }: ScanFacts): Said<ReasonOf<'Inventoried'>> {
  switch (inventory.kind) {
    case 'pending':
      return inventory.trouble === undefined
        ? { status: 'Unknown', reason: 'Reading', message: 'the packages are being read' }
        : { status: 'Unknown', reason: 'StoreFailed', message: inventory.trouble };
    case 'failed':
      return { status: 'False', reason: inventory.reason, message: inventory.message };
    case 'read':
      break;
  }
  const { packages, unread } = inventory;
  const count = `${packages} ${packages === 1 ? 'package' : 'packages'}`;
  if (unread.length === 0) return { status: 'True', reason: 'Complete', message: count };
  const parts = unread.map(({ what, why }) => `${what} ${why}`).toSorted();
  return {
    status: 'True',
    reason: 'Incomplete',
    message: `${count}; not all could be read: ${parts.slice(0, 5).join('; ')}`,
  };
}

function matched({ inventory, sources }: ScanFacts, judged: Verdict): Said<ReasonOf<'Matched'>> {
  if (inventory.kind !== 'read')
    return { status: 'Unknown', reason: 'NotInventoried', message: 'there are no packages to match' };
  if (sources.length === 0)
    return { status: 'Unknown', reason: 'NoAdvisories', message: 'there is no ClusterVulnerabilitySource' };
  if (judged.reason === 'StoreFailed') return { status: 'Unknown', reason: 'StoreFailed', message: judged.message };
  if (isMatched(sources)) {
    const { unread = [], ignored = [] } = inventory.attached ?? {};
    const left = [...unread, ...ignored].map(({ what, why }) => `${what} ${why}`).toSorted();
    return left.length === 0
      ? { status: 'True', reason: 'Matched', message: '' }
      : {
          status: 'True',
          reason: 'FindingsIgnored',
          message: `attached findings that do not count: ${left.slice(0, 5).join('; ')}`,
        };
  }
  const open = sources.filter((source) => !source.matched).map(({ name }) => name);
  return { status: 'Unknown', reason: 'SourcesNotMatched', message: `waiting for ${open.toSorted().join(', ')}` };
}

function succeeded(facts: ScanFacts, judged: Verdict): Said<ReasonOf<'Succeeded'>> {
  if (facts.inventory.kind === 'failed') {
    return { status: 'False', reason: facts.inventory.reason, message: facts.inventory.message };
  }
  return phaseOf(facts, judged) === 'Completed'
    ? { status: 'True', reason: 'Scanned', message: '' }
    : { status: 'Unknown', reason: 'Scanning', message: '' };
}

function isMatched(sources: ScanFacts['sources']): boolean {
  return sources.length > 0 && sources.every((source) => source.matched);
}
