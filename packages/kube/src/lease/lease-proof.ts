import type { Clock } from '@cartographer/machinery';

/** A moment by two clocks. */
type Mark = { readonly monotonicMs: number; readonly wallMs: number };

/** What a leader knows of its own right to lead: when the request of its last successful renewal was sent. */
export interface LeaseProof {
  mark(): Mark;
  renew(sent: Mark): void;
  drop(): void;
  holds(): boolean;
  remainingMs(): number;
}

/**
 * Keeps the proof. Age is what either clock says, whichever is more: the monotonic one stands still while a virtual
 * machine is suspended, the wall clock may be set back.
 */
export function createLeaseProof(options: {
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly validMs: number;
}): LeaseProof {
  const { clock, monotonicMs, validMs } = options;
  let renewed: Mark | undefined;
  const remainingMs = (): number => {
    if (renewed === undefined) return 0;
    const ageMs = Math.max(monotonicMs() - renewed.monotonicMs, clock.now() - renewed.wallMs);
    return Math.max(0, validMs - ageMs);
  };
  return {
    mark: () => ({ monotonicMs: monotonicMs(), wallMs: clock.now() }),
    renew(sent) {
      renewed = sent;
    },
    drop() {
      renewed = undefined;
    },
    holds: () => remainingMs() > 0,
    remainingMs,
  };
}
