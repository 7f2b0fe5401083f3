import { CartoError, type Clock, type Log, whenAborted } from '@cartographer/machinery';
import type { ControllerMetrics } from './metrics.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';
import { type Priority, WorkQueue } from './work-queue.ts';

/** How a reconcile ended. A thrown error means: try again after a growing wait. */
export type Next =
  | { readonly kind: 'done' }
  /** Look again after this long, as a safety net or because time itself matters. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Try again after a growing wait, no shorter than this; the failure is already told (in a condition, say), so it is not logged as an error. */
  | { readonly kind: 'retry'; readonly atLeastMs?: number };

/** Nothing more to do until something changes. */
export const done: Next = { kind: 'done' };

/** Brings the world of one key nearer to what its object asks for. Level-based: it never learns what changed. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<Next>;

/** What a reconcile is given besides its key. */
type ReconcileContext = {
  readonly log: Log;
  /** Fires when the loop is to stop: begin nothing more. */
  readonly signal: AbortSignal;
  /** Fires a while later: give up even the write that is in flight. */
  readonly cutOff: AbortSignal;
};

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
/** How long a write in flight may take to finish after a stop; a pod has 30 s in all. */
const FINISH_MS = 10_000;

/** Makes a controller; nothing happens before {@link Controller.run}. */
export function createController(options: ControllerOptions): Controller {
  const { name, clock, concurrency = 2, metrics } = options;
  const log = options.log.child({ controller: name });
  const limiter = options.rateLimiter ?? createRateLimiter({ clock });
  const queue = new WorkQueue(clock, metrics?.queue(name));
  metrics?.concurrency(name, concurrency);

  async function work(key: string, signal: AbortSignal, cutOff: AbortSignal): Promise<void> {
    const startedAt = clock.monotonicMs();
    const result = await attempt(options.reconcile, key, { log: log.child({ key }), signal, cutOff });
    metrics?.reconciled(name, result.kind, clock.monotonicMs() - startedAt);
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
        metrics?.retried(name);
        return queue.addAfter(key, Math.max(limiter.next(key), result.atLeastMs ?? 0));
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
    const cutOff = new AbortController();
    let turnEndsAt: number | undefined;

    function pump(): void {
      while (!signal.aborted && inFlight.size < concurrency && queue.depth > 0 && isOurTurn()) {
        const key = queue.take();
        if (key === undefined) return;
        metrics?.active(name, inFlight.size + 1);
        const job: Promise<void> = work(key, signal, cutOff.signal).finally(() => {
          inFlight.delete(job);
          metrics?.active(name, inFlight.size);
          pump();
        });
        inFlight.add(job);
      }
    }

    /**
     * Lets timers and sockets have their turn, so that a thousand cached reconciles do not freeze the process. The first
     * key after a quiet time starts at once.
     */
    function isOurTurn(): boolean {
      if (turnEndsAt !== undefined) return performance.now() < turnEndsAt;
      turnEndsAt = performance.now() + TURN_MS;
      setImmediate(() => {
        turnEndsAt = undefined;
        pump();
      });
      return true;
    }

    queue.onChange(pump);
    pump();
    await whenAborted(signal);
    queue.close();
    const finished = clock.schedule(FINISH_MS, () => cutOff.abort(signal.reason));
    await Promise.allSettled(inFlight);
    finished();
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
async function attempt(reconcile: Reconcile, key: string, context: ReconcileContext): Promise<Attempt> {
  const { log, signal } = context;
  try {
    return await reconcile(key, context);
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
