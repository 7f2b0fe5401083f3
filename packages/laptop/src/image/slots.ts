import { createConcurrencyGate } from '../concurrency-gate.ts';

/** Places for work that is done a few at a time. */
export interface Slots {
  /** Works as soon as there is a place, in the order in which it was asked for; who is aborted leaves the line. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** Makes so many places. */
export function createSlots(count: number): Slots {
  const gate = createConcurrencyGate(count, Infinity);
  return {
    async use(signal, work) {
      if ((await gate.enter(signal)) !== 'entered') throw signal.reason as Error;
      try {
        signal.throwIfAborted();
        return await work();
      } finally {
        gate.leave();
      }
    },
  };
}
