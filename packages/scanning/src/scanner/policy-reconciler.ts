import type { Clock } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import type { ClusterScanPolicyStatus } from '../kinds/scan-policy.ts';
import { policyStatus } from '../verdict/policy-status.ts';
import { policyOf, type ScannerCaches } from './scanner-caches.ts';
import { type StatusDeps, writeStatus } from './write-status.ts';

/** What a policy reconciler reads from and writes to. */
export type PolicyDeps = StatusDeps & {
  readonly caches: ScannerCaches;
  readonly clock: Clock;
};

/** Says on each policy whether verdicts can ask it. */
export function createPolicyReconciler(deps: PolicyDeps): Reconcile {
  const { caches, written, clock } = deps;
  return async (name, { signal }) => {
    const object = written.newest(name, caches.informer('ClusterScanPolicy').get(name));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      written.forget(name);
      return done;
    }
    const previous = object['status'] as ClusterScanPolicyStatus | undefined;
    const status = policyStatus(policyOf(object), previous, clock.now());
    await writeStatus(deps, { kind: 'ClusterScanPolicy', key: name, object }, status, signal);
    return done;
  };
}
