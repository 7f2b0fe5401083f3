import type { Json, WireRequest } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import { createScriptedCollection, things } from '../testing/scripted-collection.ts';
import { createInProcessTransport } from '../transport/in-process-transport.ts';
import { createObjectMirror } from './object-mirror.ts';
import { createObjectStore } from './object-store.ts';
import { createReflector, defaultReflectorBounds } from './reflector.ts';

/** A reflector that has seen version 200, before a server whose lists are at the version that the test names. */
function setUp() {
  const clock = createFakeClock();
  const told: string[] = [];
  const server = { version: '200' };
  const list = (): Json => ({
    kind: 'ThingList',
    metadata: { resourceVersion: server.version },
    items: [{ metadata: { namespace: 'team', name: `of-${server.version}`, resourceVersion: '90' } }],
  });
  const transport = {
    request: async () => ({ status: 200, headers: {}, body: list() }),
    close: async () => undefined,
  };
  const mirror = createObjectMirror(createObjectStore({}, () => undefined));
  mirror.replace([], '200');
  const reflector = createReflector({
    client: createClient({ transport, clock }),
    type: things,
    selection: {},
    mirror,
    transform: (object) => object,
    onList: (changes) => told.push(changes.map(({ type, object }) => `${type} ${object.metadata.name}`).join()),
    onChange: () => undefined,
    clock,
    log: silentLog,
    random: () => 0.5,
    bounds: defaultReflectorBounds,
  });
  /** Lists once at a version: `taken`, or the code of the refusal. */
  const listAt = (version: string): Promise<string> => {
    server.version = version;
    const relist = reflector.relist(new AbortController().signal);
    return relist.then(
      () => 'taken',
      (error: { code?: string }) => error.code ?? 'no code',
    );
  };
  return { clock, mirror, told, listAt, reflector };
}

const STALE = 'CARTO_STALE_ANSWER';

describe('a list that is older than what was seen', () => {
  it.each([
    ['three lists over a second', [0, 500, 500], [STALE, STALE, 'taken']],
    ['three lists in less than a second', [0, 500, 499], [STALE, STALE, STALE]],
    ['two lists over a minute', [0, 60_000], [STALE, STALE]],
    ['many lists at once', [0, 0, 0, 0, 0], [STALE, STALE, STALE, STALE, STALE]],
    ['many lists, and then a second', [0, 0, 0, 1_000], [STALE, STALE, STALE, 'taken']],
  ])('is believed only when several lists and a while confirm it: %s', async (_what, waits, expected) => {
    const { clock, mirror, told, listAt } = setUp();
    const results: string[] = [];
    for (const waitMs of waits) {
      await clock.advance(waitMs);
      results.push(await listAt('100'));
    }
    expect(results).toEqual(expected);
    const isTaken = expected.includes('taken');
    expect([mirror.position, told]).toEqual(isTaken ? ['100', ['added of-100']] : ['200', []]);
  });

  it.each(['200', '201'])('counts from the start when a list at %s came in between', async (version) => {
    const { clock, mirror, listAt } = setUp();
    expect([await listAt('100'), await listAt('100')]).toEqual([STALE, STALE]);
    await clock.advance(5_000);
    expect(await listAt(version)).toBe('taken');
    expect([await listAt('100'), await listAt('100'), mirror.position]).toEqual([STALE, STALE, version]);
  });

  it('has to be confirmed anew the next time', async () => {
    const { clock, listAt } = setUp();
    for (let i = 0; i < 2; i += 1) await listAt('100');
    await clock.advance(1_000);
    expect(await listAt('100')).toBe('taken');
    await clock.advance(1_000);
    expect(await listAt('50')).toBe(STALE);
  });

  it('is no question when versions do not compare', async () => {
    const { listAt } = setUp();
    expect(await listAt('abc')).toBe('taken');
  });
});

describe('a reflector', () => {
  /** One that runs over a scripted collection with `a` in it. */
  async function run() {
    const clock = createFakeClock();
    const collection = createScriptedCollection();
    collection.put('a');
    const answer = { to: (request: WireRequest) => collection.handle(request) };
    const client = createClient({ transport: createInProcessTransport((request) => answer.to(request)), clock });
    const store = createObjectStore({}, () => undefined);
    const mirror = createObjectMirror(store);
    const reflector = createReflector({
      client,
      type: things,
      selection: { namespace: 'team', labelSelector: 'a=b' },
      mirror,
      transform: (object) => object,
      onList: () => undefined,
      onChange: () => undefined,
      clock,
      log: silentLog,
      random: () => 0.5,
      bounds: defaultReflectorBounds,
    });
    const abort = new AbortController();
    const running = reflector.run(abort.signal);
    await clock.settle();
    /** What was asked since the last look: lists, watches with where they start, and probes. */
    let looked = 0;
    const asked = (): readonly string[] => {
      const since = collection.requests.slice(looked);
      looked = collection.requests.length;
      return since.map(({ query }) => {
        if (query?.['watch'] === 'true') return `watch from ${query['resourceVersion']}`;
        return query?.['limit'] === '1' ? `probe ${query['labelSelector'] ?? 'all'}` : 'list';
      });
    };
    const stop = async (): Promise<void> => {
      abort.abort();
      await running;
      expect([reflector.state().phase, clock.pending]).toEqual(['stopped', 0]);
    };
    return { clock, collection, mirror, store, reflector, asked, stop, answer };
  }

  it('lists once, and watches from there', async () => {
    const { asked, reflector, stop } = await run();
    expect(asked()).toEqual(['list', 'watch from 101']);
    expect(reflector.state()).toMatchObject({ phase: 'watching', lists: 1, watches: 1 });
    await stop();
  });

  it('asks nothing but a new watch when the server ended one in time', async () => {
    const { asked, clock, collection, stop } = await run();
    asked();
    await clock.advance(44_000);
    collection.endWatches();
    await clock.settle();
    expect(asked()).toEqual(['watch from 101']);
    await stop();
  });

  it('looks at the server’s version after an early end, without selectors, and goes on if it is not behind', async () => {
    const { asked, clock, collection, stop } = await run();
    asked();
    await clock.advance(10_000);
    collection.endWatches();
    await clock.settle();
    expect(asked()).toEqual(['probe all', 'watch from 101']);
    await clock.advance(45_000);
    collection.endWatches();
    await clock.settle();
    expect(asked()).toEqual(['watch from 101']);
    await stop();
  });

  it('lists again after an early end when the server is behind, until it believes it', async () => {
    const { asked, clock, collection, mirror, store, stop } = await run();
    collection.put('b');
    await clock.settle();
    asked();
    await clock.advance(10_000);
    collection.restore(101, ['old']);
    await clock.advance(5_000);
    const seen = asked();
    expect(seen[0]).toBe('probe all');
    expect(seen.filter((each) => each === 'list').length).toBeGreaterThanOrEqual(3);
    expect(seen.at(-1)).toBe('watch from 101');
    expect([mirror.position, store.list().map(({ metadata }) => metadata.name)]).toEqual(['101', ['old']]);
    await stop();
  });

  it('looks again when that look failed', async () => {
    const { asked, clock, collection, answer, stop } = await run();
    asked();
    await clock.advance(10_000);
    const { to } = answer;
    let failed = 0;
    answer.to = async (request) => {
      if (request.query?.['limit'] !== '1' || failed > 0) return to(request);
      failed += 1;
      return { status: 503, headers: {}, body: {} };
    };
    collection.endWatches();
    await clock.advance(1_000);
    expect([failed, asked()]).toEqual([1, ['probe all', 'watch from 101']]);
    await stop();
  });
});
