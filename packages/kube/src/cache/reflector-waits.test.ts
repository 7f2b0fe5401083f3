import type { WireRequest, WireResponse } from '@cartographer/machinery';
import { failure, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import { createScriptedCollection, things } from '../testing/scripted-collection.ts';
import { createInProcessTransport } from '../transport/in-process-transport.ts';
import { createObjectMirror } from './object-mirror.ts';
import { createObjectStore } from './object-store.ts';
import { createReflector, defaultReflectorBounds } from './reflector.ts';

const isWatch = ({ query }: WireRequest): boolean => query?.['watch'] === 'true';
const isProbe = ({ query }: WireRequest): boolean => query?.['limit'] === '1';
const refused: WireResponse = { status: 503, headers: {}, body: failure(503, 'ServiceUnavailable', 'not now') };

/** A reflector with the usual bounds over a collection with `a`, of which some requests are answered otherwise. */
async function start({
  random = 0.5,
  answer = () => undefined,
}: {
  random?: number;
  answer?: (request: WireRequest) => Promise<WireResponse> | undefined;
} = {}) {
  const clock = createFakeClock(0);
  const collection = createScriptedCollection();
  collection.put('a');
  const how = { answer };
  const warnings: string[] = [];
  const asked: { readonly what: string; readonly path: string; readonly atMs: number }[] = [];
  const handle = (request: WireRequest): Promise<WireResponse> => {
    const what = isWatch(request) ? 'watch' : isProbe(request) ? 'probe' : 'list';
    asked.push({ what, path: request.path, atMs: clock.now() });
    return how.answer(request) ?? collection.handle(request);
  };
  const reflector = createReflector({
    client: createClient({ transport: createInProcessTransport(handle), clock }),
    type: things,
    selection: { namespace: 'team' },
    mirror: createObjectMirror(createObjectStore({}, () => undefined)),
    transform: (object) => object,
    onList: () => undefined,
    onChange: () => undefined,
    clock,
    log: { ...silentLog, warn: (_fields, text) => void warnings.push(text) },
    random: () => random,
    bounds: defaultReflectorBounds,
  });
  const abort = new AbortController();
  const running = reflector.run(abort.signal);
  await clock.settle();
  const stop = async (): Promise<void> => {
    const told = warnings.length;
    abort.abort();
    await running;
    expect([clock.pending, warnings.length - told]).toEqual([0, 0]);
  };
  const timesOf = (kind: string): readonly number[] =>
    asked.filter(({ what }) => what === kind).map(({ atMs }) => atMs);
  /** Lets so many watches fail, the one that is open first. */
  const failWatches = async (count: number): Promise<void> => {
    let left = count;
    how.answer = (request) => (isWatch(request) && left-- > 0 ? Promise.resolve(refused) : undefined);
    collection.endWatches();
    await clock.advanceUntil(() => left < 0, 600_000, 1_000);
    await clock.settle();
  };
  return { clock, collection, reflector, asked, timesOf, how, stop, failWatches };
}

const never = ({ signal }: WireRequest): Promise<WireResponse> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));

describe('a reflector that fails', () => {
  it('tries again after 200 ms, then twice as long each time, up to ten seconds, with jitter', async () => {
    const { clock, timesOf, stop } = await start({ random: 0.9, answer: () => Promise.resolve(refused) });
    await clock.advance(60_000);
    const times = timesOf('list');
    const waits = times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0));
    expect(waits).toEqual([240, 480, 960, 1_920, 3_840, 7_680, 12_000, 12_000, 12_000]);
    await stop();
  });

  it('gives a page of its list a minute', async () => {
    const { clock, reflector, stop } = await start({ answer: never });
    await clock.advance(59_999);
    expect(reflector.state()).toMatchObject({ phase: 'listing', trouble: undefined });
    await clock.advance(1);
    expect(reflector.state()).toMatchObject({ phase: 'retrying', trouble: { sinceMs: 60_000 } });
    await stop();
  });

  it('gives a watch the forty seconds it asked for and five more', async () => {
    const { clock, reflector, stop } = await start({ random: 0 });
    await clock.advance(44_999);
    expect(reflector.state().phase).toBe('watching');
    await clock.advance(1);
    expect(reflector.state()).toMatchObject({ phase: 'retrying', trouble: { sinceMs: 45_000 } });
    await stop();
  });

  it('lists again after five watches in a row that failed, and not after four', async () => {
    const { clock, collection, asked, failWatches, stop } = await start();
    for (const [count, lists] of [
      [4, 0],
      [4, 0],
      [5, 1],
    ] as const) {
      asked.length = 0;
      await failWatches(count);
      expect(asked.filter(({ what }) => what === 'list')).toHaveLength(lists);
      collection.bookmark();
      await clock.settle();
    }
    await stop();
  });

  it('counts from the start after a watch that was silent and ended in time', async () => {
    const { clock, collection, asked, failWatches, stop } = await start();
    await failWatches(4);
    await clock.advance(44_000);
    collection.endWatches();
    await clock.settle();
    asked.length = 0;
    await failWatches(4);
    expect(asked.filter(({ what }) => what === 'list')).toEqual([]);
    await stop();
  });

  it('has no more trouble with the first word of a watch, or when a silent one is five seconds old', async () => {
    const { clock, collection, reflector, failWatches, stop } = await start();
    const troubled = (): boolean => reflector.state().trouble !== undefined;
    await failWatches(1);
    expect(troubled()).toBe(true);
    collection.bookmark();
    await clock.settle();
    expect(troubled()).toBe(false);
    await failWatches(1);
    const { sinceMs } = reflector.state();
    await clock.advance(sinceMs + 4_999 - clock.now());
    expect(troubled()).toBe(true);
    await clock.advance(1);
    expect(troubled()).toBe(false);
    await stop();
  });
});

it('a reflector whose version is gone lists again at once, and with growing waits when it is gone each time', async () => {
  const gone: WireResponse = { status: 410, headers: {}, body: failure(410, 'Expired', 'too old') };
  const { clock, timesOf, stop } = await start({
    answer: (request) => (isWatch(request) ? Promise.resolve(gone) : undefined),
  });
  await clock.advance(3_000);
  expect(timesOf('list')).toEqual([0, 0, 200, 600, 1_400, 3_000]);
  await stop();
});

it('a reflector of a kind whose storage is about to be ready says that it tries again', async () => {
  const starting = failure(429, 'TooManyRequests', 'storage is (re)initializing');
  let lists = 0;
  const { clock, reflector, stop } = await start({
    answer: () => ((lists += 1) === 1 ? Promise.resolve({ status: 429, headers: {}, body: starting }) : undefined),
  });
  expect(reflector.state()).toMatchObject({ phase: 'retrying', error: { message: starting.message } });
  await clock.advance(100);
  expect(reflector.state()).toMatchObject({ phase: 'watching', error: undefined, trouble: undefined });
  await stop();
});

it('a reflector looks at the server’s version after each failure', async () => {
  const { asked, failWatches, stop } = await start();
  await failWatches(1);
  expect(asked.map(({ what }) => what)).toEqual(['list', 'watch', 'probe', 'watch', 'probe', 'watch']);
  await stop();
});

it('a reflector lists again after its kind was missing: what it had may be gone', async () => {
  const { clock, collection, asked, how, stop } = await start();
  let missing = 1;
  const fault: WireResponse = { status: 404, headers: {}, body: failure(404, 'NotFound', 'no such kind') };
  how.answer = (request) => (isWatch(request) && missing-- > 0 ? Promise.resolve(fault) : undefined);
  await clock.advance(1_000);
  collection.endWatches();
  await clock.advance(1_000);
  expect(asked.map(({ what }) => what)).toEqual(['list', 'watch', 'probe', 'watch', 'list', 'watch']);
  await stop();
});

describe('a reflector whose first list failed', () => {
  it.each([
    ['retrying', 503],
    ['missing', 404],
  ])('is still %s while it lists again', async (phase, code) => {
    let lists = 0;
    const fault: WireResponse = { status: code, headers: {}, body: failure(code, undefined, 'not now') };
    const { clock, reflector, stop } = await start({
      answer: (request) => ((lists += 1) === 1 ? Promise.resolve(fault) : never(request)),
    });
    await clock.advance(1_000);
    expect([lists, reflector.state().phase, reflector.state().lists]).toEqual([2, phase, 2]);
    expect((reflector.state().error as Error).message).toBe('not now');
    await stop();
  });

  it('does not look at the server’s version after one that worked', async () => {
    let lists = 0;
    const { clock, collection, asked, stop } = await start({
      answer: () => ((lists += 1) === 1 ? Promise.resolve(refused) : undefined),
    });
    await clock.advance(1_000);
    await clock.advance(44_000);
    collection.endWatches();
    await clock.settle();
    expect(asked.map(({ what }) => what)).toEqual(['list', 'list', 'watch', 'watch']);
    await stop();
  });
});

it.each([
  [199, ['list', 'watch']],
  [200, ['list', 'watch', 'probe', 'watch']],
])('a watch that ended after %d ms is opened again: at once unless that was too soon', async (afterMs, expected) => {
  const { clock, collection, asked, stop } = await start();
  await clock.advance(afterMs);
  collection.endWatches();
  await clock.settle();
  expect(asked.map(({ what }) => what)).toEqual(expected);
  await stop();
});

it('a reflector that cannot watch has its trouble since the first failure', async () => {
  const { clock, reflector, stop } = await start({
    answer: (request) => (isWatch(request) ? Promise.resolve(refused) : undefined),
  });
  await clock.advance(120_000);
  expect(reflector.state().trouble).toEqual({ message: 'not now', sinceMs: 0 });
  await stop();
});

describe('a look at the server’s version', () => {
  /** A reflector whose look is not answered, after a watch that ended early. */
  async function looking() {
    const stage = await start();
    stage.how.answer = (request) => (isProbe(request) ? never(request) : undefined);
    await stage.clock.advance(10_000);
    stage.collection.endWatches();
    await stage.clock.settle();
    return stage;
  }

  it('is in the namespace of the objects, where rights may end', async () => {
    const { asked, stop } = await looking();
    expect(asked.map(({ what, path }) => [what, path])).toEqual(
      ['list', 'watch', 'probe'].map((what) => [what, '/apis/acme.dev/v1/namespaces/team/things']),
    );
    await stop();
  });

  it('may take as long as a page of a list', async () => {
    const { clock, reflector, stop } = await looking();
    await clock.advance(59_999);
    expect(reflector.state().trouble).toBeUndefined();
    await clock.advance(1);
    expect(reflector.state().trouble?.message).toContain('no sign of life for 60 s');
    await stop();
  });

  it('ends when the reflector is stopped, which is no failure', async () => {
    const { reflector, stop } = await looking();
    await stop();
    expect(reflector.state().phase).toBe('stopped');
  });
});
