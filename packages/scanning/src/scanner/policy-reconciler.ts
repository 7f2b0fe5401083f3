import type { Client, WrittenObjects } from '@cartographer/kube';
import type { Clock, Json, KubeObject } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import { type ClusterScanPolicyStatus, clusterScanPolicyKind } from '../kinds/scan-policy.ts';
import { policyStatus } from '../verdict/policy-status.ts';
import { policyOf, type ScannerCaches } from './scanner-caches.ts';

/** What a policy reconciler reads from and writes to. */
export type PolicyDeps = {
  readonly caches: ScannerCaches;
  readonly client: Pick<Client, 'updateStatus'>;
  readonly written: WrittenObjects;
  readonly clock: Clock;
};

/** Says on each policy whether verdicts can ask it. */
export function createPolicyReconciler({ caches, client, written, clock }: PolicyDeps): Reconcile {
  return async (name, { signal }) => {
    const object = written.newest(name, caches.informer('ClusterScanPolicy').get(name));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      written.forget(name);
      return done;
    }
    const previous = object['status'] as ClusterScanPolicyStatus | undefined;
    const status = policyStatus(policyOf(object), previous, clock.now());
    if (status === previous) return done;
    const changed = { ...object, status: status as unknown as Json } as KubeObject;
    written.note(name, object, await client.updateStatus(clusterScanPolicyKind, changed, { signal }));
    return done;
  };
}
