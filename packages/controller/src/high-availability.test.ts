import { createClient, createLeaderElector, fenced } from '@cartographer/kube';
import { silentLog, type Transport } from '@cartographer/machinery';
import { createControllerMetrics } from '@cartographer/runtime';
import { createFaultTransport, type FaultTransport, writes } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { startController } from './start-controller.ts';
import { chain, controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';

const lease = { namespace: 'default', name: 'cartographer-controller' };

/** One replica of two, beside the stage's own (unused) controller. */
function replica(stage: Stage, identity: string) {
  const { clock } = stage;
  const faults: FaultTransport = createFaultTransport(stage.direct, { clock });
  const metrics = createControllerMetrics();
  metrics.leads(lease.name, false);
  const elector = createLeaderElector({
    client: createClient({ transport: stage.direct, clock, userAgent: 'election/1' }),
    clock,
    log: silentLog,
    lease,
    identity,
    monotonicMs: () => clock.now(),
    onChange: (leads) => metrics.leads(lease.name, leads),
  });
  const transport: Transport = fenced(faults, elector);
  const client = createClient({ transport, clock, userAgent: identity });
  const controller = startController({ client, clock, log: silentLog, metrics, elector });
  const masterStatus = async (): Promise<string | undefined> =>
    /^leader_election_master_status\{.*\} (.*)$/m.exec((await metrics.expose()).text)?.[1];
  return { controller, elector, faults, masterStatus };
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
