import type { KubeObject, ResourceType } from '@cartographer/machinery';
import { isObject, rfc3339Micro } from '@cartographer/machinery';

/** The resource that leaders are elected with. */
export const LEASES: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  namespaced: true,
};

/** `spec` of a Lease, as far as leader election uses it. Times are MicroTime texts and only informative. */
export type LeaseSpec = {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
};

/** The election record of a Lease; fields of a wrong type count as absent. */
export function leaseSpecOf(lease: KubeObject | undefined): LeaseSpec {
  const spec = lease?.['spec'];
  return isObject(spec) ? spec : {};
}

/** Who holds the lease by what its record says; nobody after a release. */
export function holderOf(lease: KubeObject | undefined): string | undefined {
  return leaseSpecOf(lease).holderIdentity || undefined;
}

/** How long others wait after the last renewal that they saw, by the holder's own word; a release says one second. */
export function durationOf(lease: KubeObject, otherwiseMs: number): number {
  const { leaseDurationSeconds } = leaseSpecOf(lease);
  return typeof leaseDurationSeconds === 'number' && leaseDurationSeconds > 0
    ? leaseDurationSeconds * 1_000
    : otherwiseMs;
}

/** The record after this candidate took or renewed the lease, as client-go writes it. */
export function heldSpec(lease: KubeObject | undefined, identity: string, leaseMs: number, nowMs: number): LeaseSpec {
  const before = leaseSpecOf(lease);
  const now = rfc3339Micro(nowMs);
  const renews = before.holderIdentity === identity;
  const transitions = before.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.floor(leaseMs / 1_000)),
    acquireTime: renews ? (before.acquireTime ?? now) : now,
    renewTime: now,
    leaseTransitions: renews || lease === undefined ? transitions : transitions + 1,
  };
}

/** The record after a release: nobody holds it, and nobody has to wait. */
export function releasedSpec(lease: KubeObject, nowMs: number): LeaseSpec {
  const now = rfc3339Micro(nowMs);
  const { leaseTransitions = 0 } = leaseSpecOf(lease);
  return { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
}
