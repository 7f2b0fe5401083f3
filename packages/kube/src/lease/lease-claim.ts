import type { Clock, KubeObject } from '@cartographer/machinery';
import { CartoError, deepEqual } from '@cartographer/machinery';
import type { Client } from '../client/client.ts';
import { getIfThere } from '../client/get-if-there.ts';
import { isOlder } from '../client/resource-version.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../transport/api-error.ts';
import type { TroubleLog } from '../transport/trouble.ts';
import { durationOf, heldSpec, holderOf, LEASES, type LeaseSpec, leaseSpecOf, releasedSpec } from './lease.ts';
import type { LeaseProof } from './lease-proof.ts';

/** How a try to take or renew the lease ended. */
type Attempt = 'won' | 'held by another' | 'failed';

/** One candidate's view of a Lease, and its writes to it. */
export interface LeaseClaim {
  /** Takes the lease if it is free or run out, renews it if it is ours; tells instead of throwing. */
  attempt(signal: AbortSignal): Promise<Attempt>;
  /** Takes a version of the Lease in, or its absence. */
  observe(lease: KubeObject | undefined): void;
  /** How long until the lease seen last runs out, if its holder is heard of no more. */
  runsOutInMs(): number;
  holder(): string | undefined;
  /** Another holds the lease, and it has not run out. */
  isTaken(): boolean;
  /** Gives the lease back if it is ours. */
  giveBack(signal: AbortSignal): Promise<void>;
}

/** What {@link createLeaseClaim} needs. */
export type LeaseClaimOptions = {
  readonly client: Client;
  readonly clock: Clock;
  /** Hears how each try ended. */
  readonly trouble: TroubleLog;
  readonly key: { readonly namespace: string; readonly name: string };
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly monotonicMs: () => number;
  readonly proof: LeaseProof;
};

type Seen = { readonly lease: KubeObject | undefined; readonly atMs: number };

/** Makes a {@link LeaseClaim}. */
export function createLeaseClaim(options: LeaseClaimOptions): LeaseClaim {
  const { client, trouble, key, identity, leaseDurationMs, monotonicMs } = options;
  let seen: Seen = { lease: undefined, atMs: 0 };

  /** The time counts from the last change of the record, not of the object: a label is no sign of life. */
  function observe(lease: KubeObject | undefined): void {
    if (isOlder(lease?.metadata.resourceVersion, seen.lease?.metadata.resourceVersion)) return;
    const same = lease !== undefined && deepEqual(leaseSpecOf(lease), leaseSpecOf(seen.lease));
    seen = { lease, atMs: same ? seen.atMs : monotonicMs() };
  }

  function runsOutInMs(): number {
    return seen.lease === undefined ? 0 : seen.atMs + durationOf(seen.lease, leaseDurationMs) - monotonicMs();
  }

  function isTaken(): boolean {
    const holder = holderOf(seen.lease);
    return holder !== undefined && holder !== identity && runsOutInMs() > 0;
  }

  /** A leader writes on top of the record it wrote last; a leader in conflict, and every candidate, looks first. */
  async function attempt(signal: AbortSignal): Promise<Attempt> {
    if (holderOf(seen.lease) === identity && (await write(signal))) return 'won';
    observe(await getIfThere(client, LEASES, key, { signal }));
    if (isTaken()) return 'held by another';
    return (await write(signal)) ? 'won' : 'failed';
  }

  async function write(signal: AbortSignal): Promise<boolean> {
    const written = await writeRecord(options, seen.lease, signal);
    if (written !== undefined) observe(written);
    return written !== undefined;
  }

  return {
    observe,
    runsOutInMs,
    isTaken,
    holder: () => holderOf(seen.lease),
    async attempt(signal) {
      try {
        const result = await attempt(signal);
        if (result !== 'failed') trouble.worked();
        return result;
      } catch (error) {
        if (!signal.aborted) trouble.failed(error);
        else if (isTimeout(signal.reason)) trouble.failed(signal.reason);
        return 'failed';
      }
    },
    giveBack: (signal) => giveBack(options, seen.lease, signal),
  };
}

/**
 * Takes or renews the lease; undefined if someone else wrote it first. The proof counts from before the request was
 * sent, as others can have seen the renewal no earlier.
 */
async function writeRecord(
  { client, clock, key, identity, leaseDurationMs, proof }: LeaseClaimOptions,
  lease: KubeObject | undefined,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const spec = heldSpec(lease, identity, leaseDurationMs, clock.now());
  const sent = proof.mark();
  const answer =
    lease === undefined
      ? await client.attempt.create(LEASES, newLease(key, spec), { signal })
      : await client.attempt.update(LEASES, { ...lease, spec }, { signal });
  if (answer.kind === 'done') {
    proof.renew(sent);
    return answer.object;
  }
  const { error } = answer;
  if (isConflict(error) || isAlreadyExists(error)) return undefined;
  if (isNotFound(error) && lease !== undefined) return undefined; // deleted; of a new one it is the namespace that is missing
  throw error;
}

/** A renewal that was cut off by a stop may have happened: then the record is not the one seen last. */
async function giveBack(
  { client, clock, key, identity }: LeaseClaimOptions,
  seen: KubeObject | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let lease = seen, again = true; lease !== undefined && holderOf(lease) === identity; again = false) {
    const released = { ...lease, spec: releasedSpec(lease, clock.now()) };
    const answer = await client.attempt.update(LEASES, released, { signal });
    if (answer.kind === 'done') return;
    if (!isConflict(answer.error) || !again) throw answer.error;
    lease = await getIfThere(client, LEASES, key, { signal });
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof CartoError && reason.code === 'CARTO_TIMEOUT';
}

function newLease({ namespace, name }: LeaseClaimOptions['key'], spec: LeaseSpec): KubeObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name }, spec };
}
