import { CartoError, type Log, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { type Runnable, runInOrder } from './manager.ts';

function part(name: string, story: string[], extra: Partial<Runnable> = {}): Runnable {
  return {
    name,
    run: (signal) =>
      new Promise((resolve) => {
        story.push(`${name} starts`);
        signal.addEventListener('abort', () => {
          story.push(`${name} ends`);
          resolve();
        });
      }),
    ...extra,
  };
}

describe('running parts in order', () => {
  it('starts a group when the one before it is ready and stops them last first', async () => {
    const story: string[] = [];
    const stop = new AbortController();
    await runInOrder(
      [[part('cache', story, { ready: async () => void story.push('cache ready') })], [part('controller', story)]],
      {
        clock: createFakeClock(),
        log: silentLog,
        signal: stop.signal,
        onReady: () => {
          story.push('all ready');
          stop.abort();
        },
      },
    );
    expect(story).toEqual([
      'cache starts',
      'cache ready',
      'controller starts',
      'all ready',
      'controller ends',
      'cache ends',
    ]);
  });

  it('ends everything when a part fails, with that part’s error', async () => {
    const story: string[] = [];
    const failing = part('server', story, {
      run: () => Promise.reject(new CartoError('CARTO_PORT_IN_USE', 'port 1 is in use')),
    });
    const outcome = runInOrder([[part('cache', story)], [failing]], {
      clock: createFakeClock(),
      log: silentLog,
      signal: new AbortController().signal,
    });
    await expect(outcome).rejects.toThrow('port 1 is in use');
    expect(story).toEqual(['cache starts', 'cache ends']);
  });

  it('can be stopped while a part is still not ready', async () => {
    const story: string[] = [];
    const stop = new AbortController();
    const running = runInOrder(
      [[part('cache', story, { ready: () => new Promise(() => undefined) })], [part('controller', story)]],
      {
        clock: createFakeClock(),
        log: silentLog,
        signal: stop.signal,
      },
    );
    stop.abort();
    await running;
    expect(story).toEqual(['cache starts', 'cache ends']);
  });

  it('names a part that ends by itself', async () => {
    const outcome = runInOrder([[{ name: 'reflector', run: async () => undefined }]], {
      clock: createFakeClock(),
      log: silentLog,
      signal: new AbortController().signal,
    });
    await expect(outcome).rejects.toThrow('reflector ended by itself');
  });
});

describe('a part of the process', () => {
  const STOP_MS = 30_000;
  const SLOW_MS = 10_000;

  /** Groups that run until the test stops them; `lines` are what was logged of them. */
  function start(groups: readonly (readonly Runnable[])[], aborted = false) {
    const clock = createFakeClock();
    const lines: string[] = [];
    const tell = (fields: object, text: string): void => void lines.push(`${text}: ${Object.values(fields).join()}`);
    const log: Log = { ...silentLog, warn: tell, error: tell };
    const stop = new AbortController();
    if (aborted) stop.abort();
    let ready = 0;
    let end = 'running';
    const running = runInOrder(groups, { clock, log, signal: stop.signal, onReady: () => (ready += 1) }).then(
      () => (end = 'ended'),
      (error: unknown) => (end = (error as Error).message),
    );
    return { clock, lines, stop: () => stop.abort(), running, end: () => end, ready: () => ready };
  }
  const never = (): Promise<void> => new Promise(() => undefined);

  it('is not started when the process is to stop, or once it is', async () => {
    const story: string[] = [];
    const { running, ready, end } = start([[part('cache', story)]], true);
    await running;
    expect([story, ready(), end()]).toEqual([[], 0, 'ended']);
  });

  it('starts together with its group, and the next group when all of them are ready', async () => {
    const story: string[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const group = gates.map(({ promise }, n) => part(`cache-${n}`, story, { ready: () => promise }));
    const { clock, stop, running, ready } = start([group, [part('controller', story)]]);
    await clock.settle();
    gates[1]?.resolve();
    await clock.settle();
    expect([story, ready()]).toEqual([['cache-0 starts', 'cache-1 starts'], 0]);
    gates[0]?.resolve();
    await clock.settle();
    expect([story.at(-1), ready()]).toEqual(['controller starts', 1]);
    stop();
    await running;
    expect(clock.pending).toBe(0);
  });

  it('is stopped only when those that stand on it have ended', async () => {
    const story: string[] = [];
    const gate = Promise.withResolvers<void>();
    const slow: Runnable = {
      name: 'controller',
      run: () => gate.promise.then(() => void story.push('controller ends')),
    };
    const { clock, stop, running } = start([[part('cache', story)], [slow]]);
    await clock.settle();
    stop();
    await clock.advance(STOP_MS - 1);
    expect(story).toEqual(['cache starts']);
    gate.resolve();
    await running;
    expect(story).toEqual(['cache starts', 'controller ends', 'cache ends']);
    expect(clock.pending).toBe(0);
  });

  it('that does not end in time is named, left behind, and holds nothing else up', async () => {
    const story: string[] = [];
    const { clock, stop, end, lines } = start([
      [part('cache', story)],
      [{ name: 'stuck', run: never }, part('other', story)],
    ]);
    await clock.settle();
    stop();
    await clock.advance(STOP_MS - 1);
    expect([story.includes('cache ends'), lines]).toEqual([false, []]);
    await clock.advance(1);
    expect([story.includes('cache ends'), lines, end()]).toEqual([
      true,
      ['part did not end in time and is left behind: stuck, other'],
      'ended',
    ]);
  });

  it('that is slow to start is named after a while, and waited for all the same', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = part('cache', [], { ready: () => gate.promise });
    const patient = part('election', [], { ready: () => gate.promise, patient: true });
    const { clock, stop, running, lines, ready } = start([[slow, patient]]);
    await clock.advance(SLOW_MS - 1);
    expect(lines).toEqual([]);
    await clock.advance(1);
    expect(lines).toHaveLength(1);
    await clock.advance(10 * SLOW_MS);
    expect([lines, ready()]).toEqual([['still waiting for part to become ready: cache'], 0]);
    gate.resolve();
    await clock.settle();
    expect(ready()).toBe(1);
    stop();
    await running;
  });

  it('that is ready in time is not named later', async () => {
    const { clock, stop, running, lines } = start([[part('cache', [], { ready: async () => undefined })]]);
    await clock.settle();
    expect(clock.pending).toBe(0);
    await clock.advance(10 * SLOW_MS);
    stop();
    await running;
    expect(lines).toEqual([]);
  });

  it.each<[string, Runnable['run'], string]>([
    ['ends by itself', async () => undefined, 'server ended by itself'],
    ['fails', () => Promise.reject(new Error('no luck')), 'no luck'],
  ])('that %s long after the start ends all others', async (_what, outcome, message) => {
    const story: string[] = [];
    const gate = Promise.withResolvers<void>();
    const failing: Runnable = { name: 'server', run: (signal) => gate.promise.then(() => outcome(signal)) };
    const { clock, running, end, ready } = start([[part('cache', story)], [failing]]);
    await clock.settle();
    expect([ready(), end()]).toEqual([1, 'running']);
    gate.resolve();
    await running;
    expect([end(), story]).toEqual([message, ['cache starts', 'cache ends']]);
  });

  it.each<[string, Runnable['run']]>([
    ['ends', (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve()))],
    [
      'fails',
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    ],
  ])('that %s because it was stopped is no failure', async (_what, run) => {
    const { clock, stop, running, end } = start([[{ name: 'server', run }]]);
    await clock.settle();
    stop();
    await running;
    expect(end()).toBe('ended');
  });

  it('that fails while others are not ready ends them, and starts nothing more', async () => {
    const story: string[] = [];
    const failing: Runnable = { name: 'server', run: () => Promise.reject(new Error('no luck')) };
    const { running, end, ready } = start([
      [part('cache', story, { ready: never }), failing],
      [part('controller', story)],
    ]);
    await running;
    expect([end(), ready(), story]).toEqual(['no luck', 0, ['cache starts', 'cache ends']]);
  });

  it('whose readiness fails ends all', async () => {
    const story: string[] = [];
    const { running, end } = start([[part('cache', story, { ready: () => Promise.reject(new Error('not ready')) })]]);
    await running;
    expect([end(), story]).toEqual(['not ready', ['cache starts', 'cache ends']]);
  });
});
