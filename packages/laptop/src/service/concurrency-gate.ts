/** Lets so many in at a time; the others wait in the order in which they came. */
export interface ConcurrencyGate {
  /** Waits for a place; tells when there is none to wait for, or when the signal came first. */
  enter(signal: AbortSignal): Promise<'entered' | 'full' | 'aborted'>;
  /** Gives a place back. */
  leave(): void;
}

/**
 * Makes a gate.
 * @param places how many may be inside; 0 for any number.
 * @param maxWaiting more than this many do not wait.
 */
export function createConcurrencyGate(places: number, maxWaiting: number): ConcurrencyGate {
  let inside = 0;
  const waiting = new Set<() => void>();
  return {
    async enter(signal) {
      if (signal.aborted) return 'aborted';
      if (places > 0 && inside >= places) {
        if (waiting.size >= maxWaiting) return 'full';
        const { promise, resolve } = Promise.withResolvers<'entered' | 'aborted'>();
        const enter = (): void => resolve('entered');
        const abort = (): void => resolve('aborted');
        waiting.add(enter);
        signal.addEventListener('abort', abort, { once: true });
        const how = await promise;
        signal.removeEventListener('abort', abort);
        waiting.delete(enter);
        return how; // the place of the one who left was kept for this one
      }
      inside += 1;
      return 'entered';
    },
    leave() {
      const [next] = waiting;
      if (next === undefined) {
        inside -= 1;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
