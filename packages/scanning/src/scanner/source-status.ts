import { type Condition, deepEqual, findCondition, rfc3339, setCondition } from '@cartographer/machinery';
import type { SOURCE_REASONS } from '../kinds/reasons.ts';
import type { ClusterVulnerabilitySourceStatus } from '../kinds/vulnerability-source.ts';
import type { SourceProgress } from './source-book.ts';

/** What the last change of a source did. */
export type LastChange = NonNullable<ClusterVulnerabilitySourceStatus['lastChange']>;

/** Why a source is as it is fetched. */
type FetchedReason = keyof (typeof SOURCE_REASONS)['Fetched'];

/** How asking a source ended. */
export type SourceOutcome =
  | {
      readonly kind: 'failed';
      readonly reason: FetchedReason;
      readonly message: string;
      /** So long it does not want to be asked, in milliseconds. */
      readonly afterMs?: number;
    }
  /** The first match is under way. */
  | { readonly kind: 'matching' }
  /** Some scans are not as of the revision yet. */
  | { readonly kind: 'pending'; readonly scans: readonly string[]; readonly lastChange?: LastChange }
  /** Every scan is as of the revision. */
  | {
      readonly kind: 'matched';
      /** What could not be read, the rest counts; absent where nothing was read, since nothing has changed. */
      readonly unread?: readonly string[];
      readonly lastChange?: LastChange;
    };

/** The status of a source. What says the same as before comes back as it was: no time ticks in it. */
export function sourceStatus(
  outcome: SourceOutcome,
  {
    generation,
    progress,
    previous,
    nowMs,
  }: {
    readonly generation: number;
    readonly progress: SourceProgress;
    readonly previous: ClusterVulnerabilitySourceStatus | undefined;
    readonly nowMs: number;
  },
): ClusterVulnerabilitySourceStatus {
  const { revision, updated, advisories, packages } = progress;
  const lastChange = ('lastChange' in outcome ? outcome.lastChange : undefined) ?? previous?.lastChange;
  const isSame = previous?.revision === revision && previous.updatedAt !== undefined;
  const status: ClusterVulnerabilitySourceStatus = {
    observedGeneration: generation,
    ...(revision === '' ? {} : { revision, advisories, packages, updatedAt: isSame ? previous?.updatedAt : updated }),
    ...(lastChange === undefined ? {} : { lastChange }),
    conditions: conditionsOf(outcome, progress, previous?.conditions, nowMs),
  };
  return previous !== undefined && deepEqual(status, previous) ? previous : status;
}

type Draft = Omit<Condition, 'lastTransitionTime'>;

function conditionsOf(
  outcome: SourceOutcome,
  progress: SourceProgress,
  before: readonly Condition[] | undefined,
  nowMs: number,
): readonly Condition[] {
  const drafts = [fetched(outcome, findCondition(before, 'Fetched')), matched(outcome, progress)];
  const worst = drafts.find(({ status }) => status !== 'True') ?? drafts[0];
  const ready = worst === undefined ? [] : [{ ...worst, type: 'Ready' }];
  let conditions: readonly Condition[] | undefined = before;
  for (const draft of [...drafts, ...ready]) {
    conditions = setCondition(conditions, { ...draft, lastTransitionTime: rfc3339(nowMs) });
  }
  return conditions ?? [];
}

function fetched(outcome: SourceOutcome, before: Condition | undefined): Draft {
  switch (outcome.kind) {
    case 'failed':
      return { type: 'Fetched', status: 'False', reason: outcome.reason, message: outcome.message };
    case 'matching':
    case 'pending':
      return { type: 'Fetched', status: 'True', reason: 'Fetched', message: '' };
    case 'matched':
      if (outcome.unread === undefined && before?.status === 'True') return before;
      return outcome.unread === undefined || outcome.unread.length === 0
        ? { type: 'Fetched', status: 'True', reason: 'Fetched', message: '' }
        : { type: 'Fetched', status: 'True', reason: 'PartlyRead', message: `not read: ${outcome.unread.join('; ')}` };
  }
}

function matched(outcome: SourceOutcome, { revision }: SourceProgress): Draft {
  if (outcome.kind === 'matched' || (outcome.kind === 'failed' && revision !== '')) {
    return { type: 'Matched', status: 'True', reason: 'Matched', message: `every scan is as of ${revision}` };
  }
  if (outcome.kind === 'pending') {
    const [first = ''] = outcome.scans;
    const more = outcome.scans.length > 1 ? ` and ${outcome.scans.length - 1} more` : '';
    return {
      type: 'Matched',
      status: 'False',
      reason: 'ScansPending',
      message: `not as of ${revision} yet: ${first}${more}`,
    };
  }
  return outcome.kind === 'matching'
    ? { type: 'Matched', status: 'Unknown', reason: 'Matching', message: 'scans are matched for the first time' }
    : { type: 'Matched', status: 'Unknown', reason: 'NotFetched', message: 'there is nothing to match with yet' };
}
