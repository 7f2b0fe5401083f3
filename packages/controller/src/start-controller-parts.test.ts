import { createClient, type LeaderElector } from '@cartographer/kube';
import { silentLog, type WireRequest } from '@cartographer/machinery';
import { createControllerMetrics, type Runnable } from '@cartographer/runtime';
import { describe, expect, it } from 'vitest';
import { type ControllerOptions, startController } from './start-controller.ts';
import { chain, createStage, type Stage, workload } from './testing/stage.ts';

/** A controller beside the stage's own. */
function starting({ clock, faults }: Stage, more: Partial<ControllerOptions> = {}) {
  const client = createClient({ transport: faults, clock, userAgent: 'controller/1' });
  return startController({ client, clock, log: silentLog, ...more });
}

/** A part that notes its beginning and its end. */
function noting(name: string, notes: string[], more: Partial<Runnable> = {}): Runnable {
  return {
    name,
    async run(until) {
      notes.push(`${name} begins`);
      await new Promise((resolve) => until.addEventListener('abort', resolve, { once: true }));
      notes.push(`${name} ends`);
    },
    ...more,
  };
}

const isListOfWorkloads = ({ method, path }: WireRequest): boolean => method === 'GET' && path.endsWith('/workloads');

describe('a controller', () => {
  it('is neither ready nor idle, and leads nothing, until each kind was listed, and says which is missing', async () => {
    await using stage = await createStage();
    const heal = stage.faults.inject({
      when: isListOfWorkloads,
      times: Infinity,
      fault: { kind: 'status', code: 403, message: 'not yet' },
    });
    const notes: string[] = [];
    const controller = starting(stage, { parts: [noting('part', notes)], leaderParts: [noting('leader', notes)] });
    expect(controller.notReady()).toMatch(/^no current list of /);
    await stage.clock.advance(5_000);
    expect([controller.notReady(), controller.isIdle(), notes]).toEqual([
      'no current list of Workload: not yet',
      false,
      ['part begins'],
    ]);
    heal();
    await stage.clock.advanceUntil(() => controller.notReady() === undefined, 60_000, 100);
    await controller.ready;
    expect(notes).toEqual(['part begins', 'leader begins']);
    await stage.clock.advanceUntil(controller.isIdle, 10_000, 100);
    await controller.stop();
    expect(notes).toEqual(['part begins', 'leader begins', 'leader ends', 'part ends']);
  });

  it('that is not elected is ready once its lists are there, but reconciles nothing and leads nothing', async () => {
    await using stage = await createStage();
    await stage.apply(workload('shop', 'web'));
    const notes: string[] = [];
    const elected = Promise.withResolvers<void>();
    const candidate = noting('candidate', notes);
    const elector = { ...candidate, elected: elected.promise, holds: () => true, trouble: () => undefined };
    const metrics = createControllerMetrics();
    const leaderParts = [noting('leader', notes)];
    const controller = starting(stage, { elector: elector as unknown as LeaderElector, leaderParts, metrics });
    await stage.clock.advanceUntil(() => controller.notReady() === undefined, 10_000, 100);
    await stage.clock.advance(10_000);
    expect([notes, controller.isIdle(), await stage.ready('Workload', 'shop')]).toEqual([
      ['candidate begins'],
      false,
      'none',
    ]);
    elected.resolve();
    await controller.ready;
    await stage.settled(controller.isIdle);
    expect([notes, await stage.ready('Workload', 'shop')]).toEqual([
      ['candidate begins', 'leader begins'],
      'False SupplyChainNotFound',
    ]);
    await controller.stop();
    expect(notes.slice(2)).toEqual(['leader ends', 'candidate ends']);
  });

  it.each<readonly [string, 'parts' | 'leaderParts']>([
    ['before it is ready', 'parts'],
    ['afterwards', 'leaderParts'],
  ])('ends with a part that fails %s, and says why', async (_when, where) => {
    await using stage = await createStage();
    const failing: Runnable = { name: 'failing', run: () => Promise.reject(new Error('no port')) };
    const controller = starting(stage, { [where]: [failing] });
    const ended = controller.ended.catch((error: Error) => error.message);
    if (where === 'parts') await expect(controller.ready).rejects.toThrow('no port');
    else await stage.clock.advance(5_000);
    expect(await ended).toBe('no port');
  });

  it('tells how long each of its parts has been failing', async () => {
    await using stage = await createStage();
    const metrics = createControllerMetrics();
    const sinceMs = stage.clock.now();
    const trouble = () => ({ message: 'no', sinceMs });
    const parts = [noting('sick', [], { trouble })];
    const leaderParts = [noting('leader', [], { trouble }), noting('well', [], { trouble: () => undefined })];
    const controller = starting(stage, { metrics, parts, leaderParts });
    await stage.clock.advance(7_000);
    const lines = (await metrics.expose()).text.split('\n').filter((line) => /part="(sick|leader|well)"/.test(line));
    expect(lines.toSorted()).toEqual([
      'cartographer_part_failing_seconds{part="leader"} 7',
      'cartographer_part_failing_seconds{part="sick"} 7',
      'cartographer_part_failing_seconds{part="well"} 0',
    ]);
    await controller.stop();
  });

  it('ends once its last events were answered', async () => {
    await using stage = await createStage();
    await stage.apply(`${chain('web')}---${workload('shop', 'web')}`);
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    stage.faults.inject({
      when: ({ method, path }) => method === 'POST' && path.endsWith('/events'),
      fault: {
        kind: 'answer',
        async answer(_request, forward) {
          asked.resolve();
          await held.promise;
          return forward();
        },
      },
    });
    const controller = starting(stage);
    await stage.settled(controller.isIdle);
    await asked.promise;
    let isOver = false;
    const over = controller.stop().then(() => void (isOver = true));
    await stage.clock.advance(1_000);
    expect(isOver).toBe(false);
    held.resolve();
    await over;
    const events = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
    expect((await stage.client.list(events)).items).not.toEqual([]);
  });
});
