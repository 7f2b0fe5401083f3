import { type Condition, deepEqual, rfc3339, setCondition } from '@cartographer/machinery';
import type { ScanPolicy } from '../kinds/read.ts';
import type { POLICY_REASONS } from '../kinds/reasons.ts';
import type { ClusterScanPolicyStatus } from '../kinds/scan-policy.ts';
import { cut } from './cut.ts';
import { compiledRules } from './rules.ts';
import { wrongWith } from './verdict.ts';

type Reason = keyof typeof POLICY_REASONS;

/** The status of a policy: whether verdicts can ask it. What says the same as before comes back as it was. */
export function policyStatus(
  policy: ScanPolicy,
  previous: ClusterScanPolicyStatus | undefined,
  nowMs: number,
): ClusterScanPolicyStatus {
  const wrong = wrongWith(policy);
  const [error] = 'spec' in policy ? compiledRules(policy.spec).errors : [];
  const isReady = wrong === undefined && error === undefined;
  const reason: Reason = isReady ? 'Ready' : wrong === undefined ? 'ExpressionFailed' : 'PolicyInvalid';
  const condition: Condition = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason,
    message: cut(wrong ?? (error === undefined ? '' : `spec.${error.message}`), 1024),
    lastTransitionTime: rfc3339(nowMs),
  };
  const conditions = setCondition(previous?.conditions, condition);
  const status = { observedGeneration: policy.generation, conditions };
  return previous !== undefined && deepEqual(status, previous) ? previous : status;
}
