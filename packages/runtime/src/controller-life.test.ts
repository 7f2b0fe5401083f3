import { CartoError, type Log, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createController, done, type Next, type Reconcile } from './controller.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { startedController } from './testing/started-controller.ts';

describe('the turns of a controller', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    [7, ['a', 'b']],
    [8, ['a']],
  ])('start the first key after a quiet time at once, and end after 8 ms: keys of %d ms', async (keyMs, first) => {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const seen: string[] = [];
    const { controller, stop } = startedController(async (key) => {
      seen.push(key);
      nowMs += keyMs;
      return done;
    }, 1);
    const settle = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) await Promise.resolve();
    };
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    expect(seen).toEqual(['a']);
    await settle();
    expect(seen).toEqual(first);
    await controller.idle();
    expect(seen).toEqual(['a', 'b', 'c']);
    await stop();
  });
});

describe('a controller without work', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('takes no turns', async () => {
    const turn = globalThis.setImmediate;
    const turns = vi.spyOn(globalThis, 'setImmediate');
    const { controller, stop } = startedController(async () => done, 1);
    controller.enqueue('a');
    await controller.idle();
    for (let n = 0; n < 10; n += 1) await new Promise<void>((resolve) => void turn(resolve));
    expect(turns).toHaveBeenCalledTimes(1);
    await stop();
  });
});

describe('what a controller tells', () => {
  /** A controller whose log the test reads. */
  function telling(reconcile: Reconcile) {
    const clock = createFakeClock();
    const lines: string[] = [];
    const logOf = (fields: object): Log => ({
      ...silentLog,
      child: (more) => logOf({ ...fields, ...more }),
      warn: (more, text) => void lines.push(`${text} ${JSON.stringify({ ...fields, ...more })}`),
      error: (more, text) =>
        void lines.push(`${text} ${JSON.stringify({ ...fields, ...more }, ['controller', 'key'])}`),
    });
    const controller = createController({ name: 'test', reconcile, clock, log: logOf({}) });
    const abort = new AbortController();
    const ended = controller.run(abort.signal);
    return { clock, controller, lines, stop: () => (abort.abort(), ended) };
  }

  it.each<[string, () => Promise<Next>, readonly string[]]>([
    ['what is done', async () => done, []],
    ['what was told already', async () => ({ kind: 'retry' }), []],
    [
      'a failure',
      () => Promise.reject(new CartoError('CARTO_CONNECTION_LOST', 'no luck')),
      ['reconcile failed {"controller":"test","key":"a","code":"CARTO_CONNECTION_LOST","err":"no luck"}'],
    ],
    [
      'a bug',
      () => Promise.reject(new TypeError('boom')),
      ['reconcile failed unexpectedly; this is a bug, please report it {"controller":"test","key":"a"}'],
    ],
  ])('of %s', async (_what, outcome, expected) => {
    const { controller, lines, stop } = telling(outcome);
    controller.enqueue('a');
    await controller.idle();
    await stop();
    expect(lines).toEqual(expected);
  });

  it('its metrics know, and count what is tried again', async () => {
    const outcomes: (() => Next)[] = [
      () => ({ kind: 'retry' }),
      () => ({ kind: 'retry' }),
      () => ({ kind: 'again', afterMs: 1_000 }),
      () => {
        throw new CartoError('CARTO_CONNECTION_LOST', 'no luck');
      },
      () => {
        throw new TypeError('boom');
      },
    ];
    const { clock, controller, value, stop } = startedController(async () => {
      await clock.sleep(250);
      return outcomes.shift()?.() ?? done;
    }, 3);
    controller.enqueue('a');
    await clock.advance(4_000);
    await controller.idle();
    const named = '{name="test"}';
    expect({
      retries: await value('workqueue_retries_total', named),
      adds: await value('workqueue_adds_total', named),
      depth: await value('workqueue_depth', named),
      waited: await value('workqueue_queue_duration_seconds_count', named),
      worked: await value('workqueue_work_duration_seconds_count', named),
      reconciles: await value('controller_runtime_reconcile_time_seconds_count'),
      seconds: await value('controller_runtime_reconcile_time_seconds_sum'),
      most: await value('controller_runtime_max_concurrent_reconciles'),
      active: await value('controller_runtime_active_workers'),
      errors: await value('controller_runtime_reconcile_errors_total'),
    }).toEqual({
      retries: 4,
      adds: 6,
      depth: 0,
      waited: 6,
      worked: 6,
      reconciles: 6,
      seconds: 1.5,
      most: 3,
      active: 0,
      errors: 2,
    });
    await stop();
  });

  it('is how many keys it works on', async () => {
    const open: (() => void)[] = [];
    const { clock, controller, value, stop } = startedController(async () => {
      await new Promise<void>((resolve) => open.push(resolve));
      return done;
    }, 2);
    const active = (): Promise<number> => value('controller_runtime_active_workers');
    const seen: number[] = [];
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    await clock.settle();
    seen.push(await active(), controller.queue.depth);
    open[0]?.();
    await clock.settle();
    seen.push(await active(), controller.queue.depth);
    open[1]?.();
    await clock.settle();
    seen.push(await active());
    open[2]?.();
    await controller.idle();
    seen.push(await active());
    expect(seen).toEqual([2, 1, 2, 0, 1, 0]);
    await stop();
  });
});

describe('the end of a controller', () => {
  it('takes no key that comes after it, though it has not ended yet', async () => {
    const release = Promise.withResolvers<void>();
    const seen: string[] = [];
    const { clock, controller, stop } = startedController(async (key) => {
      seen.push(key);
      await release.promise;
      return done;
    });
    controller.enqueue('a');
    await clock.settle();
    const stopped = stop();
    controller.enqueue('b');
    controller.enqueueAfter('c', 10);
    await clock.advance(1_000);
    release.resolve();
    await stopped;
    expect([seen, controller.queue.depth, controller.queue.delayed, clock.pending]).toEqual([['a'], 0, 0, 0]);
  });

  it('does not cut off what ended in time', async () => {
    const cuts: boolean[] = [];
    const { clock, controller, stop } = startedController(async (_key, { signal, cutOff }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await clock.sleep(9_999);
      cuts.push(cutOff.aborted);
      return done;
    });
    controller.enqueue('a');
    await clock.settle();
    const stopped = stop();
    await clock.advance(9_999);
    await stopped;
    expect([cuts, clock.pending]).toEqual([[false], 0]);
  });

  it('forgets no failure of a key that it cut off', async () => {
    const asked: string[] = [];
    const clock = createFakeClock();
    const rateLimiter: RateLimiter = {
      next: (key) => (asked.push(`next ${key}`), 1),
      forget: (key) => void asked.push(`forget ${key}`),
      failures: () => 0,
    };
    const reconcile: Reconcile = (_key, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(done)));
    const controller = createController({ name: 'test', reconcile, clock, log: silentLog, rateLimiter });
    const abort = new AbortController();
    const ended = controller.run(abort.signal);
    controller.enqueue('a');
    await clock.settle();
    abort.abort();
    await ended;
    expect(asked).toEqual([]);
  });

  it('is waited for by who waits for quiet', async () => {
    const release = Promise.withResolvers<void>();
    const { clock, controller, stop } = startedController(async () => {
      await release.promise;
      return done;
    });
    controller.enqueue('a');
    await clock.settle();
    let isQuiet = false;
    const quiet = controller.idle().then(() => (isQuiet = true));
    await clock.settle();
    expect(isQuiet).toBe(false);
    release.resolve();
    await quiet;
    expect(controller.isIdle()).toBe(true);
    await stop();
  });
});
