import { type Clock, orAborted } from '@cartographer/machinery';

/** Work that several wait for, done once. */
export interface SharedLookups {
  /**
   * Waits for the work of that name, which is begun unless it is under way. The signal ends this wait alone.
   *
   * @param late what to throw when it takes too long.
   */
  share<T>(name: string, signal: AbortSignal, late: () => Error, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * The same for work that anybody may do for all: whoever waited for another's that failed does it for itself.
   *
   * @returns also whether this very call has done it.
   */
  shareAcross<T>(
    name: string,
    signal: AbortSignal,
    late: () => Error,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly value: T; readonly isOwn: boolean }>;
  /** Ends what is under way, and waits for that. */
  close(): Promise<void>;
}

/** Makes {@link SharedLookups}, of which each may take so long. */
export function createSharedLookups(clock: Clock, limitMs: number): SharedLookups {
  const under = new Map<string, Promise<unknown>>();
  const stop = new AbortController();

  async function run<T>(late: () => Error, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const cancel = clock.schedule(limitMs, () => limit.abort(late()));
    try {
      return await work(AbortSignal.any([stop.signal, limit.signal]));
    } finally {
      cancel();
    }
  }

  function begin<T>(name: string, late: () => Error, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const begun = run(late, work).finally(() => under.delete(name));
    under.set(name, begun);
    // Those who waited may all be gone.
    begun.catch(() => undefined);
    return begun;
  }

  const begunBefore = <T>(name: string): Promise<T> | undefined => under.get(name) as Promise<T> | undefined;

  return {
    share: (name, signal, late, work) => orAborted(begunBefore(name) ?? begin(name, late, work), signal),
    async shareAcross(name, signal, late, work) {
      for (;;) {
        const known = begunBefore<Awaited<ReturnType<typeof work>>>(name);
        if (known === undefined) return { value: await orAborted(begin(name, late, work), signal), isOwn: true };
        try {
          return { value: await orAborted(known, signal), isOwn: false };
        } catch {
          // Whoever did it tells what failed.
          signal.throwIfAborted();
        }
      }
    },
    async close() {
      stop.abort(new Error('images are not looked at any more'));
      await Promise.allSettled(under.values());
    },
  };
}
