import type { KubeList } from '@cartographer/machinery';
import { failure, silentLog } from '@cartographer/machinery';
import type { FakeClock, FaultTransport, WatchFault } from '@cartographer/testkit';
import { createFakeClock, createFaultTransport, errorEvent, lists, watches } from '@cartographer/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import type { ScriptedCollection } from '../testing/scripted-collection.ts';
import { createScriptedCollection, things } from '../testing/scripted-collection.ts';
import { createInProcessTransport } from '../transport/in-process-transport.ts';
import type { Informer } from './informer.ts';
import { createInformer } from './informer.ts';

type World = {
  readonly clock: FakeClock;
  readonly collection: ScriptedCollection;
  readonly faults: FaultTransport;
  readonly informer: Informer;
  readonly events: string[];
  /** Time from now until the informer shows what the server has. */
  healMs(): Promise<number>;
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** An informer over one object `a`, synced and watching unless faults injected by `before` prevent it. */
async function start(before?: (faults: FaultTransport) => void): Promise<World> {
  const clock = createFakeClock();
  const collection = createScriptedCollection();
  const inner = createInProcessTransport((request) => collection.handle(request));
  const faults = createFaultTransport(inner, { clock });
  before?.(faults);
  collection.put('a');
  const client = createClient({ transport: faults, clock });
  const informer = createInformer({ client, type: things, clock, log: silentLog, random: () => 0.5, freeze: true });
  const events: string[] = [];
  informer.onEvent(({ type, object }) => events.push(`${type} ${object.metadata.name}`));
  const abort = new AbortController();
  const running = informer.run(abort.signal);
  stops.push(async () => {
    abort.abort();
    await running;
    expect(clock.pending).toBe(0);
    expect(collection.openWatches).toBe(0);
  });
  await clock.settle();
  const healMs = async (): Promise<number> => {
    const startMs = clock.now();
    collection.put('proof');
    await clock.advanceUntil(() => informer.get('team/proof') !== undefined, 120_000, 50);
    return clock.now() - startMs;
  };
  return { clock, collection, faults, informer, events, healMs };
}

/** Breaks the watch that is opened next, after ending the present one in an orderly way. */
async function breakNextWatch({ collection, faults, clock }: World, effect: WatchFault['effect'], afterEvents = 0) {
  faults.inject({ when: watches, fault: { kind: 'watch', afterEvents, effect } });
  collection.endWatches();
  await clock.settle();
  await clock.advance(300);
}

describe('an informer', () => {
  it('survives a socket reset in the middle of a watch', async () => {
    const world = await start();
    await breakNextWatch(world, 'reset', 1);
    world.collection.put('b');
    await world.clock.settle();
    expect(await world.healMs()).toBeLessThan(1_000);
    expect(world.events).toEqual(['added a', 'added b', 'added proof']);
  });

  it('survives a reset before the list and before the watch', async () => {
    const world = await start((faults) => {
      faults.inject({ when: lists, fault: { kind: 'reset' }, times: 2 });
      faults.inject({ when: watches, fault: { kind: 'reset' }, times: 2 });
    });
    expect(world.informer.hasSynced()).toBe(false);
    expect(await world.healMs()).toBeLessThan(5_000);
  });

  it.each([500, 503, 429])('survives lists that are answered with %d', async (code) => {
    const world = await start((faults) => faults.inject({ when: lists, times: 3, fault: { kind: 'status', code } }));
    expect(await world.healMs()).toBeLessThan(5_000);
    expect(world.faults.hits).toBe(3);
  });

  it('waits as long as a 429 asks for, and not much longer', async () => {
    const fault = { kind: 'status', code: 429, retryAfterSeconds: 7 } as const;
    const world = await start((faults) => faults.inject({ when: lists, fault }));
    await world.clock.advance(6_900);
    expect(world.faults.requests).toHaveLength(1);
    expect(await world.healMs()).toBeLessThan(500);
  });

  describe('of a kind that was defined a moment ago', () => {
    /** What a real server answers until its cache of the kind is filled. */
    const starting = {
      kind: 'status',
      code: 429,
      message: 'storage is (re)initializing',
      retryAfterSeconds: 1,
    } as const;
    /** The waits between the first tries to do what fails. */
    async function waitsOf({ clock, faults }: World, count: number): Promise<readonly number[]> {
      const waits: number[] = [];
      for (let lastMs = clock.now(), { hits } = faults; waits.length < count; ) {
        await clock.advance(10);
        if (faults.hits === hits) continue;
        waits.push(clock.now() - lastMs);
        ({ hits } = faults);
        lastMs = clock.now();
      }
      return waits;
    }

    it.each([
      ['watch', watches],
      ['list', lists],
    ])('asks for the %s again after 100, 200 and 400 ms, and then each second', async (_what, when) => {
      const world = await start((faults) => faults.inject({ when, times: 6, fault: starting }));
      expect(await waitsOf(world, 5)).toEqual([100, 200, 400, 1_000, 1_000]);
      await world.clock.advance(2_000);
      expect(world.informer.state().phase).toBe('watching');
    });

    it.each([
      ['another text', { message: 'too many requests, please try again later.' }, 1_000],
      ['another code', { code: 503 }, 1_000],
      ['a longer wait', { retryAfterSeconds: 5 }, 5_000],
    ])('waits as long as it is told when the answer has %s', async (_what, difference, expectedMs) => {
      const fault = { ...starting, ...difference };
      const world = await start((faults) => faults.inject({ when: watches, times: 3, fault }));
      expect(await waitsOf(world, 1)).toEqual([expectedMs]);
    });

    it('tries soon again the next time', async () => {
      const world = await start();
      for (let time = 0; time < 3; time += 1) {
        world.faults.inject({ when: watches, times: 4, fault: starting });
        await world.clock.advance(1_000);
        world.collection.endWatches();
        await world.clock.settle();
        expect(await waitsOf(world, 3)).toEqual([100, 200, 400]);
        await world.clock.advance(2_000);
        expect(await world.healMs()).toBe(0);
      }
    });
  });

  it('does not believe a Retry-After of an hour', async () => {
    const fault = { kind: 'status', code: 503, retryAfterSeconds: 3_600 } as const;
    const world = await start((faults) => faults.inject({ when: lists, fault }));
    expect(await world.healMs()).toBe(60_000);
  });

  it.each([429, 500, 503])('survives watches that are answered with %d, without listing again', async (code) => {
    const world = await start((faults) => faults.inject({ when: watches, times: 3, fault: { kind: 'status', code } }));
    expect(await world.healMs()).toBeLessThan(5_000);
    expect(world.informer.state().lists).toBe(1);
  });

  it('tells what keeps it from a current list, and since when, until it is well again', async () => {
    const forbidden = { kind: 'status', code: 403, message: 'things is forbidden' } as const;
    const world = await start((faults) => faults.inject({ when: lists, times: 3, fault: forbidden }));
    const sinceMs = world.clock.now();
    await world.clock.advance(300);
    expect(world.informer.state()).toMatchObject({
      phase: 'retrying',
      trouble: { message: 'things is forbidden', sinceMs },
    });
    await world.clock.advance(2_000);
    expect(world.informer.state()).toMatchObject({ phase: 'watching', trouble: { sinceMs } });
    await world.clock.advance(5_000);
    expect(world.informer.state().trouble).toBeUndefined();
  });

  it('has new trouble when a quiet watch breaks that was well before', async () => {
    const world = await start();
    const breakOnce = async (): Promise<void> => {
      await breakNextWatch(world, 'reset');
      world.faults.inject({ when: lists, fault: { kind: 'status', code: 503 } });
    };
    await breakOnce();
    await world.clock.advance(20_000);
    const againMs = world.clock.now();
    await breakOnce();
    expect(world.informer.state().trouble?.sinceMs).toBeGreaterThanOrEqual(againMs);
  });

  it('has trouble when it may list and not watch', async () => {
    const fault = { kind: 'status', code: 403, message: 'watching is forbidden' } as const;
    const world = await start((faults) => faults.inject({ when: watches, times: 1_000, fault }));
    await world.clock.advance(120_000);
    expect(world.informer.state().trouble?.message).toBe('watching is forbidden');
  });

  it('survives an ERROR event', async () => {
    const world = await start();
    await breakNextWatch(world, { insert: errorEvent(500, 'InternalError', 'etcd: leader changed') });
    expect(await world.healMs()).toBeLessThan(1_000);
    expect(world.informer.state().lists).toBe(1);
  });

  it('lists again after an ERROR event with 410', async () => {
    const world = await start();
    await breakNextWatch(world, { insert: errorEvent(410, 'Expired', 'too old resource version') });
    expect(await world.healMs()).toBeLessThan(1_000);
    expect(world.informer.state().lists).toBe(2);
  });

  it('lists again when its version has been compacted away, and learns what was deleted meanwhile', async () => {
    const world = await start((faults) => faults.inject({ when: watches, times: 2, fault: { kind: 'reset' } }));
    world.collection.put('b');
    world.collection.remove('a');
    world.collection.compact();
    expect(await world.healMs()).toBeLessThan(2_000);
    expect(world.informer.list().map(({ metadata }) => metadata.name)).toEqual(['b', 'proof']);
    expect(world.events).toContain('deleted a');
  });

  it('does not list in a tight loop when every watch is told 410', async () => {
    const fault = { kind: 'status', code: 410, reason: 'Expired' } as const;
    const world = await start((faults) => faults.inject({ when: watches, times: 1_000, fault }));
    await world.clock.advance(60_000);
    expect(world.informer.state().lists).toBeLessThan(15);
  });

  it('reads a list again in one piece when its snapshot expires between two pages', async () => {
    const clock = createFakeClock();
    const collection = createScriptedCollection();
    for (const name of ['a', 'b', 'c']) collection.put(name);
    const faults = createFaultTransport(
      createInProcessTransport((request) => collection.handle(request)),
      { clock },
    );
    const expired = { kind: 'status', code: 410, reason: 'Expired' } as const;
    faults.inject({ when: (request) => request.query?.['continue'] !== undefined, fault: expired });
    const client = createClient({ transport: faults, clock });
    const bounds = { pageSize: 2 };
    const informer = createInformer({ client, type: things, clock, log: silentLog, bounds });
    const abort = new AbortController();
    const running = informer.run(abort.signal);
    await informer.synced;
    expect(informer.list()).toHaveLength(3);
    abort.abort();
    await running;
  });

  it('notices a half-open connection within a minute', async () => {
    const world = await start();
    await breakNextWatch(world, 'silence');
    world.collection.put('b');
    await world.clock.advance(10_000);
    expect(world.informer.get('team/b')).toBeUndefined();
    expect(await world.healMs()).toBeLessThan(60_000 - 10_000);
  });

  it('notices a list and a watch request that are never answered', async () => {
    const world = await start((faults) => {
      faults.inject({ when: lists, fault: { kind: 'silence' } });
      faults.inject({ when: watches, fault: { kind: 'silence' } });
    });
    expect(await world.healMs()).toBeLessThan(120_000);
  });

  it('survives the end of the stream in the middle of a line, and a line that is no event', async () => {
    const world = await start();
    await breakNextWatch(world, 'truncated');
    await breakNextWatch(world, 'malformed');
    expect(await world.healMs()).toBeLessThan(2_000);
    expect(world.informer.state().lists).toBe(1);
  });

  it('goes around an event that breaks every watch', async () => {
    const world = await start((faults) =>
      faults.inject({ when: watches, times: 5, fault: { kind: 'watch', effect: 'malformed' } }),
    );
    expect(await world.healMs()).toBeLessThan(15_000);
    expect(world.informer.state().lists).toBe(2);
  });

  it('re-opens a watch that ends early, and does not spin when all do', async () => {
    const world = await start((faults) =>
      faults.inject({ when: watches, times: 1_000, fault: { kind: 'watch', effect: 'eof' } }),
    );
    await world.clock.advance(60_000);
    expect(world.informer.state().watches).toBeLessThan(20);
    expect(world.informer.state().lists).toBe(1);
  });

  it('survives a 401 that heals', async () => {
    const world = await start((faults) =>
      faults.inject({ when: () => true, times: 3, fault: { kind: 'status', code: 401 } }),
    );
    expect(await world.healMs()).toBeLessThan(5_000);
  });

  it('keeps its objects but is not synced while the type is missing, and comes back', async () => {
    const world = await start();
    const gone = world.faults.inject({ when: () => true, times: 1_000, fault: { kind: 'status', code: 404 } });
    world.collection.endWatches();
    await world.clock.advance(30_000);
    expect(world.informer.hasSynced()).toBe(false);
    expect(world.informer.state()).toMatchObject({ phase: 'missing', error: { status: { code: 404 } } });
    expect(world.informer.get('team/a')).toBeDefined();
    gone();
    expect(await world.healMs()).toBeLessThan(15_000);
    expect(world.informer.hasSynced()).toBe(true);
  });

  it('takes events that come twice once, and events that were held back in order', async () => {
    const world = await start();
    const gate = Promise.withResolvers<void>();
    await breakNextWatch(world, { holdUntil: gate.promise });
    world.collection.put('b');
    world.collection.put('b');
    world.collection.remove('a');
    gate.resolve();
    await world.clock.settle();
    await breakNextWatch(world, 'duplicate');
    world.collection.put('c');
    world.collection.remove('b');
    await world.clock.settle();
    expect(world.events).toEqual(['added a', 'added b', 'updated b', 'deleted a', 'added c', 'deleted b']);
  });

  it('repairs dropped events with a refresh', async () => {
    const world = await start();
    await breakNextWatch(world, 'drop');
    world.collection.put('b');
    world.collection.remove('a');
    world.collection.bookmark();
    await world.clock.settle();
    expect(world.informer.list().map(({ metadata }) => metadata.name)).toEqual(['a']);
    await world.informer.refresh();
    expect(world.informer.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('does not believe a list that is older than what it has seen', async () => {
    const world = await start();
    const old = (await world.faults.request({ method: 'GET', path: '/' })).body as unknown as KubeList;
    world.collection.put('b');
    world.collection.remove('a');
    await world.clock.settle();
    const answer = () => Promise.resolve({ status: 200, headers: {}, body: old as never });
    world.faults.inject({ when: lists, times: 2, fault: { kind: 'answer', answer } });
    await expect(world.informer.refresh()).rejects.toMatchObject({ code: 'CARTO_STALE_ANSWER' });
    world.collection.endWatches();
    expect(await world.healMs()).toBeLessThan(3_000);
    expect(world.events).toEqual(['added a', 'added b', 'deleted a', 'added proof']);
  });

  it('takes over the past when the server was restored from a backup', async () => {
    const world = await start();
    for (let i = 0; i < 5; i++) world.collection.put('b');
    await world.clock.settle();
    world.collection.restore(101, ['a', 'old']);
    expect(await world.healMs()).toBeLessThan(5_000);
    const names = world.informer.list().map(({ metadata }) => metadata.name);
    expect(new Set(names)).toEqual(new Set(['a', 'old', 'proof']));
    expect(world.informer.get('team/a')).toMatchObject({ restored: true });
    expect(world.events).toContain('deleted b');
  });

  it('lists again when told that its version is in the future', async () => {
    const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
    const body = failure(504, 'Timeout', 'Too large resource version: 9, current: 5', { causes: [cause] });
    const world = await start((faults) => faults.inject({ when: watches, fault: { kind: 'status', code: 504, body } }));
    expect(await world.healMs()).toBeLessThan(1_000);
    expect(world.informer.state().lists).toBe(2);
  });
});
