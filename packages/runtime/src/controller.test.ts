import { CartoError, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createController, done, type Next, type Reconcile } from './controller.ts';
import { createControllerMetrics } from './metrics.ts';

function start(reconcile: Reconcile, concurrency = 2) {
  const clock = createFakeClock();
  const metrics = createControllerMetrics();
  const controller = createController({ name: 'test', reconcile, clock, log: silentLog, concurrency, metrics });
  const stop = new AbortController();
  const ended = controller.run(stop.signal);
  const value = async (name: string, labels = '{controller="test"}') => {
    const { text } = await metrics.expose();
    const line = text.split('\n').find((entry) => entry.startsWith(`${name}${labels} `));
    return Number(line?.split(' ')[1]);
  };
  return { clock, controller, value, stop: () => (stop.abort(), ended) };
}

describe('a controller', () => {
  it('reconciles each key that is enqueued, and again when it changes during the work', async () => {
    const seen: string[] = [];
    const release = Promise.withResolvers<void>();
    const { controller, stop } = start(async (key) => {
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
      outcome: () => Promise.reject(new CartoError('X', 'x')),
      waitMs: 5,
      result: 'error',
    },
    {
      title: 'a CartoError that names a time: after it',
      outcome: () => Promise.reject(new CartoError('X', 'x', { retry: 'after', afterMs: 900 })),
      waitMs: 900,
      result: 'requeue_after',
    },
    {
      title: 'a CartoError that says never: not again',
      outcome: () => Promise.reject(new CartoError('X', 'x', { retry: 'never' })),
      waitMs: undefined,
      result: 'error',
    },
    { title: 'a bug: with backoff', outcome: () => Promise.reject(new TypeError('boom')), waitMs: 5, result: 'error' },
  ])('looks at a key again as the reconcile asks: $title', async ({ outcome, waitMs, result }) => {
    let runs = 0;
    const { clock, controller, value, stop } = start(() => {
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

  it('keeps a bug of one key away from the others and counts it', async () => {
    const seen: string[] = [];
    const { controller, value, stop } = start(async (key) => {
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
    const { controller, stop } = start(async () => {
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

  it('ends only after the reconciles in flight have ended', async () => {
    const release = Promise.withResolvers<void>();
    let ended = false;
    const { controller, stop } = start(async () => {
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
    const { controller, clock, stop } = start(async (_, { signal, cutOff }) => {
      signal.addEventListener('abort', () => seen.push('asked to stop'));
      await new Promise<void>((resolve) => cutOff.addEventListener('abort', () => resolve()));
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
