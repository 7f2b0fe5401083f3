import { systemClock } from '@cartographer/kube';
import type { WatchEvent, WireRequest, WireResponse } from '@cartographer/machinery';
import { errorEvent, type FaultProxy, lists, startFaultProxy, type TestCluster, watches } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { CONFIG_MAPS } from '../carto.ts';
import type { MakeStage } from './crash-faults.ts';
import { createFaultStage, type FaultStage } from './stage.ts';

const GONE = errorEvent(410, 'Expired', 'too old resource version: 1 (2)');
/** How long a fault that hits every watch lasts. */
const STORM_MS = 3_000;
/** Of one kind of watch, with a backoff that begins at 200 ms, in a storm. */
const MOST_TRIES = 16;
/** Watches that are to be opened again are up to 50 s old; then a dead one is noticed within 5 s. */
const STALL_MS = 75_000;
const SLOW = 150_000;

/** Faults F3 and F4: a controller that does not see everything, or sees it late, or hears that it is behind. */
export function watchFaults(stageOf: MakeStage, clusterOf: () => TestCluster): void {
  it('F3: events held back that come all at once', async () => {
    await using stage = await stageOf('f3-late');
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    stage.faults.inject({ when: watches, times: Infinity, fault: { kind: 'watch', effect: { holdUntil: held } } });
    await stage.start();
    for (const value of ['one', 'two', 'three']) await stage.change(value);
    const mark = await clusterOf().audit.mark();
    await systemClock.sleep(STORM_MS);
    expect(await stage.writes(mark)).toEqual([]);
    release();
    await stage.converged('three');
    await stage.expectNoDuplicates();
  });

  it('F3: events lost, until the server says that the position is too old', async () => {
    await using stage = await stageOf('f3-lost');
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const answer = async (_request: WireRequest, forward: () => Promise<WireResponse>): Promise<WireResponse> => {
      const response = await forward();
      return response.events === undefined ? response : { ...response, events: nothingUntil(told) };
    };
    const heal = stage.faults.inject({ when: watches, times: Infinity, fault: { kind: 'answer', answer } });
    await stage.start();
    for (const value of ['lost', 'lost, too', 'last']) await stage.change(value);
    await stage.client.delete(CONFIG_MAPS, { namespace: stage.namespace, name: 'app-last' });
    heal();
    tell();
    await stage.converged('last');
    await stage.expectNoDuplicates(['configmaps/app-last']);
  });

  it('F4: watches that the server ends, breaks, cuts, garbles, or calls expired, at each event', async () => {
    await using stage = await stageOf('f4-broken');
    for (const effect of ['eof', 'reset', 'truncated', 'malformed', 'duplicate', { insert: GONE }] as const) {
      const value = typeof effect === 'string' ? effect : 'gone';
      const when = watches;
      const heal = stage.faults.inject({
        when,
        times: Infinity,
        fault: { kind: 'watch', effect, ...(effect === 'duplicate' ? {} : { afterEvents: 1 }) },
      });
      await stage.start();
      await stage.change(value);
      await stage.converged(value);
      heal();
    }
    await stage.expectNoDuplicates();
  });

  it('F4: a server that answers each watch with 410 Gone, without a storm of lists', async () => {
    await using stage = await stageOf('f4-gone');
    const heal = stage.faults.inject({
      when: watches,
      times: Infinity,
      fault: { kind: 'status', code: 410, reason: 'Expired', message: 'too old resource version' },
    });
    const before = stage.faults.requests.length;
    await stage.start();
    await stage.change('gone');
    await systemClock.sleep(STORM_MS);
    const asked = stage.faults.requests.slice(before).filter(lists);
    expect(asked.filter(({ path }) => path.endsWith('/workloads')).length).toBeLessThan(MOST_TRIES);
    heal();
    await stage.converged('gone');
    await stage.expectNoDuplicates();
  });

  it(
    'F4: half-open connections, found within a minute',
    async () => {
      const cluster = clusterOf();
      const proxy = await startFaultProxy(Number(new URL(cluster.url).port));
      try {
        await survivesHalfOpen(await createFaultStage(cluster, 'f4-half-open', { port: proxy.port }), proxy);
      } finally {
        await proxy.close();
      }
    },
    SLOW,
  );

  it(
    'F7: each message 200 ms late, and connections that are reset meanwhile',
    async () => {
      const cluster = clusterOf();
      const proxy = await startFaultProxy(Number(new URL(cluster.url).port));
      try {
        await using stage = await createFaultStage(cluster, 'f7-late', { port: proxy.port });
        proxy.setMode({ kind: 'delay', ms: 200 });
        await stage.change('late');
        await stage.converged('late');
        proxy.resetAll();
        await stage.change('later');
        await stage.converged('later');
        proxy.setMode({ kind: 'refuse' });
        proxy.resetAll();
        await stage.change('cut off');
        await systemClock.sleep(STORM_MS);
        proxy.setMode({ kind: 'pass' });
        await stage.converged('cut off');
        await stage.expectNoDuplicates();
        const writes = await stage.writes();
        // Four changes of four writes each, and what a cut connection left unanswered.
        expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(20);
      } finally {
        await proxy.close();
      }
    },
    SLOW,
  );
}

async function survivesHalfOpen(made: FaultStage, proxy: FaultProxy): Promise<void> {
  await using stage = made;
  proxy.freezeAll();
  const since = systemClock.now();
  await stage.change('unheard');
  await stage.converged('unheard');
  expect(systemClock.now() - since).toBeLessThan(STALL_MS);
  await stage.expectNoDuplicates();
}

async function* nothingUntil(told: Promise<void>): AsyncGenerator<WatchEvent> {
  await told;
  yield GONE;
}
