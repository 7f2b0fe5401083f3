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
      if (places === 0 || inside < places) {
        inside += 1;
        return 'entered';
      }
      if (waiting.size >= maxWaiting) return 'full';
      const { promise, resolve } = Promise.withResolvers<'entered' | 'aborted'>();
      const enter = (): void => {
        signal.removeEventListener('abort', abort);
        resolve('entered');
      };
      const abort = (): void => {
        waiting.delete(enter); // at once: who has left the line is given no place
        resolve('aborted');
      };
      waiting.add(enter);
      signal.addEventListener('abort', abort, { once: true });
      return promise;
    },
    leave() {
      const [next] = waiting;
      if (next === undefined) {
        inside -= 1;
        return;
      }
      waiting.delete(next);
      next(); // the place of the one who left is this one's
    },
  };
}
