/** Places for work that is done a few at a time. */
export interface Slots {
  /** Works as soon as there is a place, in the order in which it was asked for; who is aborted leaves the line. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** Makes so many places. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async use(signal, work) {
      if (free > 0) free -= 1;
      else await turn(waiting, signal);
      try {
        signal.throwIfAborted();
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}

/** Waits in line; who is aborted leaves the line. */
function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.splice(waiting.indexOf(take), 1);
      reject(signal.reason as Error);
    };
    const take = (): void => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    waiting.push(take);
  });
}
