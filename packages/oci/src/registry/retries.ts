import { type Clock, createRetryBackoff } from '@cartographer/machinery';
import { RegistryError } from '../access/registry-error.ts';

/** Does something again that failed for a reason that passes. */
export type Retries = <T>(signal: AbortSignal, run: () => Promise<T>) => Promise<T>;

const FIRST_MS = 500;
const CAP_MS = 15_000;
/** Who asks for a longer wait gets it from whoever called: nothing is held that long. */
const LONGEST_WAIT_MS = 60_000;

/** Makes {@link Retries} of at most so many attempts, with growing waits, and those that a server asks for. */
export function createRetries(options: {
  readonly attempts: number;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
}): Retries {
  const { attempts, clock, random } = options;
  return async (signal, run) => {
    const backoff = createRetryBackoff({ firstMs: FIRST_MS, capMs: CAP_MS, random });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run();
      } catch (error) {
        const passes = error instanceof RegistryError && ['Unavailable', 'RateLimited'].includes(error.reason);
        const afterMs = passes ? (error.afterMs ?? 0) : 0;
        if (!passes || attempt >= attempts || afterMs > LONGEST_WAIT_MS) throw error;
        await clock.sleep(backoff.next(afterMs), signal);
      }
    }
  };
}
