import { type Condition, type KubeObject, rfc3339, setCondition } from '@cartographer/machinery';
import type { ChainOutcome } from '../chain/run-chain.ts';
import type { PodIntentStatus } from '../kinds/pod-intent.ts';
import type { AppliedReason } from '../kinds/reasons.ts';

/** A message longer than that is no longer read by anyone. */
const MOST_TEXT = 8_192;

/** What an intent says. */
export function statusOf(intent: KubeObject): PodIntentStatus {
  return (intent['status'] ?? {}) as PodIntentStatus;
}

/** What an intent says after a computation; a failure leaves the last good result where it is. */
export function statusAfter(intent: KubeObject, outcome: ChainOutcome, nowMs: number): PodIntentStatus {
  const { generation = 0 } = intent.metadata;
  const before = statusOf(intent);
  const conditions = conditionsOf(outcome).reduce<readonly Condition[]>(
    (list, each) => setCondition(list, { ...each, lastTransitionTime: rfc3339(nowMs) }),
    before.conditions ?? [],
  );
  if (outcome.kind === 'failed') return { ...before, observedGeneration: generation, conditions };
  const { template, images } = outcome;
  return { observedGeneration: generation, conditions, ...(images.length === 0 ? {} : { images }), template };
}

type Said = Omit<Condition, 'lastTransitionTime'>;

/** As the original has them: without a generation, which the status has for all of them. */
function conditionsOf(outcome: ChainOutcome): readonly Said[] {
  if (outcome.kind === 'applied') {
    const reason: AppliedReason = 'Applied';
    return [
      { type: 'ConventionsApplied', status: 'True', reason, message: '' },
      { type: 'Ready', status: 'True', reason: 'ConventionsApplied', message: '' },
    ];
  }
  const { reason, message } = outcome;
  const text = message.length > MOST_TEXT ? `${message.slice(0, MOST_TEXT)}…`.toWellFormed() : message;
  return ['ConventionsApplied', 'Ready'].map((type) => ({ type, status: 'False', reason, message: text }));
}
