import { orAborted, type Transport, type WireRequest } from '@cartographer/machinery';

/** A transport whose requests wait until a test lets them through, one by one: in which order programs act is the test's to say. */
export type Turnstile = Transport & {
  /** From now on requests wait. Watches and events never do: they decide nothing. */
  hold(): void;
  /** Lets the one that waits longest through; answers whether there was one. */
  letOneThrough(): boolean;
  /** Lets all through, from now on. */
  release(): void;
};

/** Makes a {@link Turnstile}, open at first. */
export function createTurnstile(inner: Transport): Turnstile {
  const waiting: (() => void)[] = [];
  let isHeld = false;
  return {
    hold: () => void (isHeld = true),
    letOneThrough() {
      const next = waiting.shift();
      next?.();
      return next !== undefined;
    },
    release() {
      isHeld = false;
      for (const next of waiting.splice(0)) next();
    },
    async request(request) {
      if (isHeld && decides(request)) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        await orAborted(promise, request.signal);
      }
      return inner.request(request);
    },
    close: () => inner.close(),
  };
}

function decides({ query, path }: WireRequest): boolean {
  return query?.['watch'] !== 'true' && !path.includes('/events');
}
