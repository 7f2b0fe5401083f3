import type { Clock, Log } from '@cartographer/machinery';
import { CartoError, messageOf } from '@cartographer/machinery';
import { createInformer } from '../cache/informer.ts';
import type { Client } from '../client/client.ts';
import { createDeadline } from '../transport/deadline.ts';
import type { Trouble } from '../transport/trouble.ts';
import { createTroubleLog } from '../transport/trouble.ts';
import { LEASES } from './lease.ts';
import type { LeaseClaim } from './lease-claim.ts';
import { createLeaseClaim } from './lease-claim.ts';
import type { LeaseProof } from './lease-proof.ts';
import { createLeaseProof } from './lease-proof.ts';

/** What {@link createLeaderElector} needs. The times are client-go's, and so are their defaults. */
export type LeaderElectorOptions = {
  /** Must not be fenced by this very elector. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Names this candidate and nobody else: a pod's name is not enough, as a restarted container keeps it. */
  readonly identity: string;
  /** How long others wait after the last renewal that they saw. */
  readonly leaseDurationMs?: number;
  /** How long after its last renewal a leader still counts itself as one. */
  readonly renewDeadlineMs?: number;
  /** Time between renewals, and between tries of a candidate that cannot watch the lease. */
  readonly retryPeriodMs?: number;
  /** A number in [0, 1), for jitter. */
  readonly random?: () => number;
  /** Milliseconds that never jump, as `performance.now()` gives them. */
  readonly monotonicMs?: () => number;
  /** Hears of the start and the end of leading, for metrics. */
  readonly onChange?: (leads: boolean) => void;
};

/** Tells whether this process may write now. */
export interface LeaseHolder {
  /**
   * False as soon as the last renewal is too old, whether or not this process had a turn since: a process that was
   * paused or stalled knows it with its first instruction.
   */
  holds(): boolean;
}

/** One candidate for a lease. */
export interface LeaderElector extends LeaseHolder {
  /**
   * Stands for election, then leads until the signal fires, and gives the lease back. To be called once.
   * @throws CartoError `CARTO_LEASE_LOST` when it led and does no longer; the process should start afresh.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when this candidate leads. */
  readonly elected: Promise<void>;
  /** The holder by the record seen last. */
  holder(): string | undefined;
  /** Why the lease could be neither taken nor seen to be another's when that was last tried. */
  trouble(): Trouble | undefined;
}

const DEFAULTS = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 } as const;
// client-go's: candidates that wait for the same moment come apart.
const JITTER_FACTOR = 1.2;

/**
 * Makes a candidate for a Lease with client-go's rules: whether another holder is alive is judged by when its record
 * was last *seen to change*, by this process's own clock, so that clocks need not agree. On top of them, candidates
 * watch the lease, so a release is noticed at once; and a leader that was stalled is not deposed if nobody took over.
 * @throws RangeError when the times do not fit together.
 */
export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  const { clock, lease: key, identity, monotonicMs = () => performance.now(), onChange = () => undefined } = options;
  const { random = Math.random, ...rest } = options;
  const times = timesOf(options);
  const log = options.log.child({ lease: `${key.namespace}/${key.name}`, identity });
  const proof = createLeaseProof({ clock, monotonicMs, validMs: times.renewDeadlineMs });
  const trouble = createTroubleLog({ clock, log, text: 'the lease could not be taken or renewed' });
  const claim = createLeaseClaim({ ...rest, ...times, key, trouble, monotonicMs, proof });
  const election: Election = { ...rest, times, random, log, claim, proof };
  const { promise: elected, resolve: becomeElected } = Promise.withResolvers<void>();

  async function live(signal: AbortSignal): Promise<void> {
    await acquire(election, signal);
    log.info({}, 'elected as leader');
    onChange(true);
    becomeElected();
    await lead(election, signal);
  }

  return {
    elected,
    holds: proof.holds,
    holder: claim.holder,
    trouble: trouble.current,
    async run(signal) {
      try {
        await live(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await release(election);
        onChange(false);
      }
    },
  };
}

type Times = { readonly leaseDurationMs: number; readonly renewDeadlineMs: number; readonly retryPeriodMs: number };

type Election = Pick<LeaderElectorOptions, 'client' | 'lease' | 'clock' | 'log' | 'identity'> & {
  readonly times: Times;
  readonly random: () => number;
  readonly claim: LeaseClaim;
  readonly proof: LeaseProof;
};

/** Tries until the lease is ours. */
async function acquire(election: Election, signal: AbortSignal): Promise<void> {
  const { client, clock, log, lease, claim, times } = election;
  const watching = new AbortController();
  const { namespace } = lease;
  const fieldSelector = `metadata.name=${lease.name}`;
  const informer = createInformer({ client, type: LEASES, clock, log, namespace, fieldSelector });
  const isWatched = (): boolean => informer.state().phase === 'watching';
  let wake = (): void => undefined;
  informer.onEvent(({ type, object }) => {
    claim.observe(type === 'deleted' ? undefined : object);
    if (claim.holder() === undefined) wake();
  });
  const watch = informer.run(AbortSignal.any([signal, watching.signal])).catch(() => undefined);
  try {
    for (;;) {
      const last = await bounded(claim.attempt, clock, times.renewDeadlineMs, signal);
      if (last === 'won') return;
      const isOthers = (): boolean => last === 'held by another' && isWatched() && claim.isTaken();
      do {
        const freed = new AbortController();
        wake = () => freed.abort();
        await sleepUnless(freed.signal, clock, waitMs(election, isOthers()), signal);
      } while (isOthers());
    }
  } finally {
    watching.abort();
    await watch;
  }
}

/** Until the lease runs out if its holder is watched; a while otherwise. */
function waitMs({ times, random, claim }: Election, watched: boolean): number {
  if (watched) return claim.runsOutInMs() + (random() * times.retryPeriodMs) / 4;
  return times.retryPeriodMs * (1 + random() * JITTER_FACTOR);
}

/** Renews until the signal fires. */
async function lead(election: Election, signal: AbortSignal): Promise<void> {
  const { clock, times, proof } = election;
  while (!signal.aborted) {
    await clock.sleep(times.retryPeriodMs, signal);
    if (await renew(election, signal)) continue;
    proof.drop();
    throw lost(election); // who is stopped as well hears nothing of it
  }
}

/** One round: tries until it works, until another is seen to hold the lease, or until the time is up, but once in any case. */
async function renew({ clock, times, claim, proof }: Election, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const limitMs = Math.max(proof.remainingMs(), times.retryPeriodMs);
    const result = await bounded(claim.attempt, clock, limitMs, signal);
    if (result === 'won') return true;
    if (result === 'held by another' || proof.remainingMs() <= 0) return false;
    await clock.sleep(Math.min(times.retryPeriodMs, proof.remainingMs()), signal);
  }
}

/** Gives the lease back, so that a successor need not wait for it to run out. Nothing is written from here on. */
async function release({ clock, times, log, claim, proof }: Election): Promise<void> {
  const held = proof.holds();
  proof.drop();
  if (!held) return;
  try {
    await bounded(claim.giveBack, clock, times.retryPeriodMs);
    log.info({}, 'lease released');
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'the lease could not be released and has to run out');
  }
}

/** client-go's own conditions: a leader must give up before others take over, and must have more than one try. */
function timesOf(options: LeaderElectorOptions): Times {
  const {
    leaseDurationMs = DEFAULTS.leaseDurationMs,
    renewDeadlineMs = DEFAULTS.renewDeadlineMs,
    retryPeriodMs = DEFAULTS.retryPeriodMs,
  } = options;
  if (retryPeriodMs <= 0) throw new RangeError('retryPeriodMs must be greater than zero');
  if (leaseDurationMs < 1_000) throw new RangeError('leaseDurationMs must be a second at least');
  if (leaseDurationMs <= renewDeadlineMs) throw new RangeError('leaseDurationMs must be greater than renewDeadlineMs');
  if (renewDeadlineMs <= retryPeriodMs * JITTER_FACTOR) {
    throw new RangeError(`renewDeadlineMs must be greater than retryPeriodMs * ${JITTER_FACTOR}`);
  }
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

/** Sleeps until the time is over or `early` fires; rejects with the reason of `signal`. */
async function sleepUnless(early: AbortSignal, clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, AbortSignal.any([early, signal]));
  } catch (error) {
    if (!early.aborted || signal.aborted) throw error;
  }
}

/** Runs a task with a signal that also fires after a time. */
async function bounded<T>(
  task: (signal: AbortSignal) => Promise<T>,
  clock: Clock,
  limitMs: number,
  parent?: AbortSignal,
): Promise<T> {
  const message = `no answer about the lease within ${Math.round(limitMs)} ms`;
  const expire = (): Error => new CartoError('CARTO_TIMEOUT', message);
  const deadline = createDeadline({ clock, limitMs, parent, expire });
  try {
    return await task(deadline.signal);
  } finally {
    deadline.end();
  }
}

function lost({ lease: { namespace, name }, claim, identity, times }: Election): CartoError {
  const holder = claim.holder();
  const why =
    holder === undefined || holder === identity
      ? `it was not renewed within ${times.renewDeadlineMs} ms`
      : `${holder} holds it`;
  return new CartoError('CARTO_LEASE_LOST', `lease ${namespace}/${name}: lost the lead, as ${why}`, { retry: 'never' });
}
