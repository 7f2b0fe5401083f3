import { CartoError, type Log, silentLog, whenAborted } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createController, done, type Next, type Reconcile } from './controller.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { startedController } from './testing/started-controller.ts';

describe('a controller', () => {
  it('reconciles each key that is enqueued, and again when it changes during the work', async () => {
    const seen: string[] = [];
    const release = Promise.withResolvers<void>();
    const { controller, stop } = startedController(async (key) => {
      seen.push(key);
      if (seen.length === 1) await release.promise;
      return done;
    });
    controller.enqueue('a');
    await new Promise((resolve) => void setImmediate(resolve));
    controller.enqueue('a');
    release.resolve();
    await controller.idle();
    expect(seen).toEqual(['a', 'a']);
    await stop();
  });

  it.each<{ title: string; outcome: () => Promise<Next>; waitMs: number | undefined; result: string }>([
    { title: 'done: not again', outcome: async () => done, waitMs: undefined, result: 'success' },
    {
      title: 'again: after the time it names',
      outcome: async () => ({ kind: 'again', afterMs: 700 }),
      waitMs: 700,
      result: 'requeue_after',
    },
    { title: 'retry: with backoff', outcome: async () => ({ kind: 'retry' }), waitMs: 5, result: 'requeue' },
    {
      title: 'a CartoError: with backoff',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x')),
      waitMs: 5,
      result: 'error',
    },
    {
      title: 'a CartoError that names a time: after it',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x', { retry: 'after', afterMs: 900 })),
      waitMs: 900,
      result: 'requeue_after',
    },
    {
      title: 'a CartoError that says never: not again',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x', { retry: 'never' })),
      waitMs: undefined,
      result: 'error',
    },
    { title: 'a bug: with backoff', outcome: () => Promise.reject(new TypeError('boom')), waitMs: 5, result: 'error' },
  ])('looks at a key again as the reconcile asks: $title', async ({ outcome, waitMs, result }) => {
    let runs = 0;
    const { clock, controller, value, stop } = startedController(() => {
      runs += 1;
      return runs === 1 ? outcome() : Promise.resolve(done);
    });
    controller.enqueue('a');
    await controller.idle();
    expect(await value('controller_runtime_reconcile_total', `{controller="test",result="${result}"}`)).toBe(1);
    await clock.advance((waitMs ?? 1_000_000) - 1);
    await controller.idle();
    expect(runs).toBe(1);
    await clock.advance(1);
    await controller.idle();
    expect(runs).toBe(waitMs === undefined ? 1 : 2);
    await stop();
  });

  it.each<{ title: string; outcome: () => Promise<Next>; asked: string[]; waitMs: number | undefined }>([
    { title: 'done', outcome: async () => done, asked: ['forget a'], waitMs: undefined },
    {
      title: 'again',
      outcome: async () => ({ kind: 'again', afterMs: 700 }),
      asked: ['forget a'],
      waitMs: 700,
    },
    { title: 'retry', outcome: async () => ({ kind: 'retry' }), asked: ['next a'], waitMs: 40 },
    {
      title: 'retry, later than the backoff',
      outcome: async () => ({ kind: 'retry', atLeastMs: 90 }),
      asked: ['next a'],
      waitMs: 90,
    },
    {
      title: 'retry, sooner than the backoff',
      outcome: async () => ({ kind: 'retry', atLeastMs: 10 }),
      asked: ['next a'],
      waitMs: 40,
    },
    {
      title: 'an error',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x')),
      asked: ['next a'],
      waitMs: 40,
    },
    { title: 'a bug', outcome: () => Promise.reject(new TypeError('boom')), asked: ['next a'], waitMs: 40 },
    {
      title: 'an error that names a time',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x', { retry: 'after', afterMs: 900 })),
      asked: [],
      waitMs: 900,
    },
    {
      title: 'an error that names none',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x', { retry: 'after' })),
      asked: ['next a'],
      waitMs: 40,
    },
    {
      title: 'an error for good',
      outcome: () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'x', { retry: 'never' })),
      asked: ['forget a'],
      waitMs: undefined,
    },
  ])('counts failures in a row, and forgets them when there are none: $title', async ({ outcome, asked, waitMs }) => {
    const clock = createFakeClock();
    const seen: string[] = [];
    const rateLimiter: RateLimiter = {
      next: (key) => (seen.push(`next ${key}`), 40),
      forget: (key) => void seen.push(`forget ${key}`),
      failures: () => 0,
    };
    const controller = createController({ name: 'test', reconcile: outcome, clock, log: silentLog, rateLimiter });
    const stop = new AbortController();
    const ended = controller.run(stop.signal);
    controller.enqueue('a');
    await controller.idle();
    expect([seen, controller.queue.delayed]).toEqual([asked, waitMs === undefined ? 0 : 1]);
    if (waitMs !== undefined) {
      await clock.advance(waitMs - 1);
      expect(seen).toEqual(asked);
      expect(controller.queue.delayed).toBe(1);
      await clock.advance(1);
      expect(seen).toEqual([...asked, ...asked]);
    }
    stop.abort();
    await ended;
  });

  it('never works on one key twice at once, and once more after a change during the work', async () => {
    const open: (() => void)[] = [];
    let now = 0;
    let most = 0;
    const { clock, controller, stop } = startedController(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise<void>((resolve) => open.push(resolve));
      now -= 1;
      return done;
    }, 3);
    for (let i = 0; i < 3; i += 1) {
      controller.enqueue('a');
      await clock.settle();
    }
    expect([open.length, controller.queue.processing, controller.queue.depth]).toEqual([1, 1, 1]);
    open[0]?.();
    await clock.settle();
    expect([open.length, controller.isIdle()]).toEqual([2, false]);
    open[1]?.();
    await controller.idle();
    expect([open.length, most, controller.isIdle()]).toEqual([2, 1, true]);
    await stop();
  });

  it('works on what is live before what was listed, and on delayed keys when they are due', async () => {
    const clock = createFakeClock();
    const seen: string[] = [];
    const reconcile: Reconcile = async (key) => (seen.push(key), done);
    const controller = createController({ name: 'test', reconcile, clock, log: silentLog, concurrency: 1 });
    controller.enqueue('listed', 'background');
    controller.enqueue('live');
    controller.enqueueAfter('later', 50);
    const stop = new AbortController();
    const ended = controller.run(stop.signal);
    await controller.idle();
    expect(seen).toEqual(['live', 'listed']);
    await clock.advance(50);
    expect(seen).toEqual(['live', 'listed', 'later']);
    stop.abort();
    await ended;
  });

  it('begins nothing when it is stopped before it starts', async () => {
    const clock = createFakeClock();
    const seen: string[] = [];
    const reconcile: Reconcile = async (key) => (seen.push(key), done);
    const controller = createController({ name: 'test', reconcile, clock, log: silentLog });
    controller.enqueue('a');
    await controller.run(AbortSignal.abort());
    controller.enqueue('b');
    await clock.settle();
    expect([seen, controller.queue.depth, clock.pending]).toEqual([[], 0, 0]);
  });

  it.each<[string, () => Promise<Next>]>([
    ['wants to come again', async () => ({ kind: 'again', afterMs: 10 })],
    ['fails', () => Promise.reject(new TypeError('aborted'))],
  ])('begins nothing more after a stop, though a reconcile in flight %s', async (_what, outcome) => {
    const release = Promise.withResolvers<void>();
    const seen: string[] = [];
    const logged: string[] = [];
    const tell = (_fields: unknown, text: string): void => void logged.push(text);
    const log: Log = { ...silentLog, child: () => log, warn: tell, error: tell };
    const clock = createFakeClock();
    const reconcile: Reconcile = async (key) => {
      seen.push(key);
      await release.promise;
      return outcome();
    };
    const controller = createController({ name: 'test', reconcile, clock, log, concurrency: 1 });
    const stop = new AbortController();
    const ended = controller.run(stop.signal);
    controller.enqueue('a');
    controller.enqueue('b');
    await clock.settle();
    stop.abort();
    release.resolve();
    await ended;
    await clock.advance(1_000);
    expect([seen, logged, controller.isIdle(), clock.pending]).toEqual([['a'], [], true, 0]);
  });

  it('keeps a bug of one key away from the others and counts it', async () => {
    const seen: string[] = [];
    const { controller, value, stop } = startedController(async (key) => {
      seen.push(key);
      if (key === 'bad') throw new TypeError('boom');
      return done;
    });
    for (const key of ['bad', 'good']) controller.enqueue(key);
    await controller.idle();
    expect(seen).toEqual(['bad', 'good']);
    expect(await value('controller_runtime_reconcile_panics_total')).toBe(1);
    await stop();
  });

  it('works on no more keys at once than its concurrency', async () => {
    let now = 0;
    let most = 0;
    const { controller, stop } = startedController(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => void setImmediate(resolve));
      now -= 1;
      return done;
    }, 3);
    for (let i = 0; i < 20; i += 1) controller.enqueue(`key-${i}`);
    await controller.idle();
    expect(most).toBe(3);
    await stop();
  });

  it('works on two keys at once where nothing else is asked for', async () => {
    const working: string[] = [];
    const held = Promise.withResolvers<Next>();
    const reconcile = (key: string): Promise<Next> => {
      working.push(key);
      return held.promise;
    };
    const clock = createFakeClock();
    const controller = createController({ name: 'test', reconcile, clock, log: silentLog });
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    const stop = new AbortController();
    const ended = controller.run(stop.signal);
    // A turn is of real time: on a busy machine the second may have to wait for the next one.
    while (working.length < 2) await clock.settle();
    await clock.settle();
    expect(working).toEqual(['a', 'b']);
    stop.abort();
    held.resolve(done);
    await ended;
  });

  it('tries again at once when neither the reconcile nor the backoff asks for a wait', async () => {
    const rateLimiter: RateLimiter = { next: () => 0, forget: () => undefined, failures: () => 0 };
    const outcomes: Next[] = [{ kind: 'retry' }, done];
    const reconcile: Reconcile = async () => outcomes.shift() ?? done;
    const clock = createFakeClock();
    const controller = createController({ name: 'test', reconcile, clock, log: silentLog, rateLimiter });
    const stop = new AbortController();
    const ended = controller.run(stop.signal);
    controller.enqueue('a');
    await clock.settle();
    expect([outcomes, controller.queue.delayed]).toEqual([[], 0]);
    stop.abort();
    await ended;
  });

  it('ends only after the reconciles in flight have ended', async () => {
    const release = Promise.withResolvers<void>();
    let ended = false;
    const { controller, stop } = startedController(async () => {
      await release.promise;
      ended = true;
      return done;
    });
    controller.enqueue('a');
    await new Promise((resolve) => void setImmediate(resolve));
    const stopped = stop();
    release.resolve();
    await stopped;
    expect(ended).toBe(true);
  });

  it('lets a reconcile in flight finish after a stop, for a bounded time', async () => {
    const seen: string[] = [];
    const { controller, clock, stop } = startedController(async (_, { signal, cutOff }) => {
      signal.addEventListener('abort', () => seen.push('asked to stop'));
      await whenAborted(cutOff);
      seen.push('cut off');
      return done;
    });
    controller.enqueue('a');
    await clock.settle();
    const stopped = stop();
    await clock.advance(9_000);
    expect(seen).toEqual(['asked to stop']);
    await clock.advance(1_000);
    await stopped;
    expect(seen).toEqual(['asked to stop', 'cut off']);
    expect(clock.pending).toBe(0);
  });
});
