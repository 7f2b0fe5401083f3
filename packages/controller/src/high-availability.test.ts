import { createClient, createLeaderElector, fenced } from '@cartographer/kube';
import { silentLog, type Transport, type WireRequest } from '@cartographer/machinery';
import { createControllerMetrics } from '@cartographer/runtime';
import { createFaultTransport, type FaultTransport, writes } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { startController } from './start-controller.ts';
import { chain, controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';

const lease = { namespace: 'default', name: 'cartographer-controller' };

/** One replica of two, beside the stage's own (unused) controller. */
function replica(stage: Stage, identity: string, namespace = lease.namespace) {
  const { clock } = stage;
  const faults: FaultTransport = createFaultTransport(stage.direct, { clock });
  const metrics = createControllerMetrics();
  metrics.leads(lease.name, false);
  const elector = createLeaderElector({
    client: createClient({ transport: stage.direct, clock, userAgent: 'election/1' }),
    clock,
    log: silentLog,
    lease: { ...lease, namespace },
    identity,
    monotonicMs: () => clock.now(),
    onChange: (leads) => metrics.leads(lease.name, leads),
  });
  const transport: Transport = fenced(faults, elector);
  const client = createClient({ transport, clock, userAgent: identity });
  const controller = startController({ client, clock, log: silentLog, metrics, elector });
  const masterStatus = async (): Promise<string | undefined> =>
    /^leader_election_master_status\{.*\} (.*)$/m.exec((await metrics.expose()).text)?.[1];
  const failing = async (): Promise<readonly string[]> =>
    (await metrics.expose()).text
      .split('\n')
      .filter((line) => line.startsWith('cartographer_part_failing_seconds{') && !line.endsWith(' 0'));
  return { controller, elector, faults, masterStatus, failing };
}

const byAgent = (stage: Stage, agent: string): readonly string[] =>
  controllerWrites(stage.audit.filter(({ userAgent }) => userAgent === agent));

describe('two replicas', () => {
  it('one works, the other keeps its caches warm, is ready, and writes nothing', async () => {
    await using stage = await createStage();
    await stage.apply(chain('web') + '---' + workload('shop', 'web'));
    const one = replica(stage, 'one');
    await stage.clock.advanceUntil(() => one.elector.holds());
    const two = replica(stage, 'two');
    await stage.settled(one.controller.isIdle);
    await stage.clock.advance(30_000);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect([one.controller.notReady(), two.controller.notReady()]).toEqual([undefined, undefined]);
    expect(byAgent(stage, 'one')).toContain('apply configmaps/shop-second');
    expect(byAgent(stage, 'two')).toEqual([]);
    expect(await Promise.all([one.masterStatus(), two.masterStatus()])).toEqual(['1', '0']);
    await Promise.all([one.controller.stop(), two.controller.stop()]);
  });

  it('a stop finishes the write in flight and hands over within two seconds, and nothing is done twice', async () => {
    await using stage = await createStage();
    await stage.apply(chain('web'));
    const one = replica(stage, 'one');
    await stage.clock.advanceUntil(() => one.elector.holds());
    const two = replica(stage, 'two');
    await stage.clock.advance(5_000);
    const slow = one.faults.inject({
      when: (request) => writes(request) && request.path.endsWith('/shop-first'),
      fault: { kind: 'delay', ms: 500 },
    });
    await stage.apply(workload('shop', 'web'));
    await stage.clock.advanceUntil(() => one.faults.hits > 0, 5_000, 10);
    const stopped = one.controller.stop();
    await stage.clock.advanceUntil(() => two.elector.holds(), 2_000, 10);
    slow();
    await stopped;
    await stage.settled(two.controller.isIdle);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(byAgent(stage, 'one').filter((line) => line.includes('shop'))).toEqual(['apply configmaps/shop-first']);
    const stamps = byAgent(stage, 'two').filter((line) => line.includes('configmaps'));
    expect(stamps).toEqual(['apply configmaps/shop-second']);
    await two.controller.stop();
  });
});

describe('a replica that cannot work', () => {
  it('is not ready without a lease that it can take or see, and says why', async () => {
    await using stage = await createStage();
    const one = replica(stage, 'one', 'nosuch');
    await stage.clock.advance(10_000);
    const missing = 'the lease can be neither taken nor renewed: namespaces "nosuch" not found';
    expect(one.controller.notReady()).toBe(missing);
    expect(await one.failing()).toEqual([
      expect.stringMatching(/^cartographer_part_failing_seconds\{part="leader election"\} 10/),
    ]);
    await stage.apply('{apiVersion: v1, kind: Namespace, metadata: {name: nosuch}}');
    await stage.clock.advanceUntil(() => one.elector.holds(), 10_000);
    expect([one.controller.notReady(), await one.failing()]).toEqual([undefined, []]);
    await one.controller.stop();
  });

  it('is not ready once a list has been out of date for a minute', async () => {
    await using stage = await createStage();
    const one = replica(stage, 'one');
    await stage.clock.advanceUntil(() => one.elector.holds());
    await stage.clock.advance(1_000);
    const when = ({ path, method }: WireRequest): boolean => method === 'GET' && path.endsWith('/workloads');
    const heal = one.faults.inject({ when, times: Infinity, fault: { kind: 'status', code: 403, message: 'no more' } });
    await stage.clock.advanceUntil(() => one.controller.notReady() !== undefined, 180_000, 1_000);
    expect(one.controller.notReady()).toBe('no current list of Workload: no more');
    expect(await one.failing()).toEqual([expect.stringContaining('{part="informer of Workload"} ')]);
    heal();
    await stage.clock.advanceUntil(() => one.controller.notReady() === undefined, 30_000, 1_000);
    await one.controller.stop();
  });

  it('tells of events that it may not write, and works all the same', async () => {
    await using stage = await createStage();
    const one = replica(stage, 'one');
    const when = ({ path, method }: WireRequest): boolean => method === 'POST' && path.endsWith('/events');
    one.faults.inject({ when, times: Infinity, fault: { kind: 'status', code: 403, message: 'no events' } });
    await stage.apply(chain('web') + '---' + workload('shop', 'web'));
    await stage.settled(one.controller.isIdle);
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(one.controller.notReady()).toBeUndefined();
    expect(await one.failing()).toEqual([expect.stringContaining('{part="events"} ')]);
    await one.controller.stop();
  });
});
