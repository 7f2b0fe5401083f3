import { CartoError, type Clock, type Log } from '@cartographer/machinery';
import type { ControllerMetrics } from './metrics.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';
import { type Priority, WorkQueue } from './work-queue.ts';

/** How a reconcile ended. A thrown error means: try again after a growing wait. */
export type Next =
  | { readonly kind: 'done' }
  /** Look again after this long, as a safety net or because time itself matters. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Try again after a growing wait; the failure is already told (in a condition, say), so it is not logged as an error. */
  | { readonly kind: 'retry' };

/** Nothing more to do until something changes. */
export const done: Next = { kind: 'done' };

/** Brings the world of one key nearer to what its object asks for. Level-based: it never learns what changed. */
export type Reconcile = (key: string, context: { readonly log: Log; readonly signal: AbortSignal }) => Promise<Next>;

/** What a controller is made of. */
export type ControllerOptions = {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly log: Log;
  /** Keys worked on at the same time. */
  readonly concurrency?: number;
  readonly metrics?: ControllerMetrics;
  readonly rateLimiter?: RateLimiter;
};

/** A running loop over keys: one worker per key, retries with backoff, bugs of one key kept away from the others. */
export interface Controller {
  readonly name: string;
  enqueue(key: string, priority?: Priority): void;
  enqueueAfter(key: string, afterMs: number): void;
  /** Works until the signal is aborted, then waits for the reconciles in flight. */
  run(signal: AbortSignal): Promise<void>;
  /** Nothing waits and nothing runs; retries that wait for their time do not count. */
  isIdle(): boolean;
  /** Resolves as soon as {@link isIdle} holds. */
  idle(): Promise<void>;
  readonly queue: Pick<WorkQueue, 'depth' | 'processing' | 'delayed'>;
}

/** Longest stretch of reconciles without giving the event loop a turn. */
const TURN_MS = 8;

/** Makes a controller; nothing happens before {@link Controller.run}. */
export function createController(options: ControllerOptions): Controller {
  const { name, clock, concurrency = 2, metrics } = options;
  const log = options.log.child({ controller: name });
  const limiter = options.rateLimiter ?? createRateLimiter({ clock });
  const queue = new WorkQueue(clock, metrics?.queue(name));
  metrics?.concurrency(name, concurrency);

  async function work(key: string, signal: AbortSignal): Promise<void> {
    const startedAt = clock.now();
    const result = await attempt(options.reconcile, key, log.child({ key }), signal);
    metrics?.reconciled(name, result.kind, clock.now() - startedAt);
    if (!signal.aborted) settle(key, result);
    queue.done(key);
  }

  function settle(key: string, result: Attempt): void {
    switch (result.kind) {
      case 'done':
        return limiter.forget(key);
      case 'again':
        limiter.forget(key);
        return queue.addAfter(key, result.afterMs);
      case 'after':
        return queue.addAfter(key, result.afterMs);
      case 'retry':
      case 'error':
      case 'bug':
        metrics?.retried(name);
        return queue.addAfter(key, limiter.next(key));
      case 'never':
        return limiter.forget(key);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    let turnEndsAt = 0;
    let resting = false;

    function pump(): void {
      while (!signal.aborted && !resting && inFlight.size < concurrency) {
        if (performance.now() > turnEndsAt) return rest();
        const key = queue.take();
        if (key === undefined) return;
        metrics?.active(name, inFlight.size + 1);
        const job: Promise<void> = work(key, signal).finally(() => {
          inFlight.delete(job);
          metrics?.active(name, inFlight.size);
          pump();
        });
        inFlight.add(job);
      }
    }

    /** Lets timers and sockets have their turn, so that a thousand cached reconciles do not freeze the process. */
    function rest(): void {
      resting = true;
      setImmediate(() => {
        resting = false;
        turnEndsAt = performance.now() + TURN_MS;
        pump();
      });
    }

    const unsubscribe = queue.onChange(pump);
    signal.addEventListener('abort', () => stop(), { once: true });
    if (signal.aborted) stop();
    pump();
    await stopped;
    unsubscribe();
    queue.close();
    await Promise.allSettled(inFlight);
  }

  return {
    name,
    enqueue: (key, priority) => queue.add(key, priority),
    enqueueAfter: (key, afterMs) => queue.addAfter(key, afterMs),
    run,
    isIdle: () => queue.idle,
    idle: () => whenIdle(queue),
    queue,
  };
}

type Attempt =
  | Next
  | { readonly kind: 'after'; readonly afterMs: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'error' }
  | { readonly kind: 'bug' };

/** One reconcile; what it throws becomes a value here and nowhere else. */
async function attempt(reconcile: Reconcile, key: string, log: Log, signal: AbortSignal): Promise<Attempt> {
  try {
    return await reconcile(key, { log, signal });
  } catch (error) {
    if (signal.aborted) return { kind: 'done' };
    if (!(error instanceof CartoError)) {
      log.error({ err: error }, 'reconcile failed unexpectedly; this is a bug, please report it');
      return { kind: 'bug' };
    }
    log.warn({ code: error.code, err: error.message }, 'reconcile failed');
    if (error.retry === 'never') return { kind: 'never' };
    return error.retry === 'after' && error.afterMs !== undefined
      ? { kind: 'after', afterMs: error.afterMs }
      : { kind: 'error' };
  }
}

function whenIdle(queue: WorkQueue): Promise<void> {
  if (queue.idle) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = queue.onChange(() => {
    if (!queue.idle) return;
    unsubscribe();
    resolve();
  });
  return promise;
}
