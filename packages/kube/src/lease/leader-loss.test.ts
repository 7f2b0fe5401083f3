import type { JsonObject, KubeObject, Log, WireRequest } from '@cartographer/machinery';
import { deepEqual, silentLog } from '@cartographer/machinery';
import type { FakeClock } from '@cartographer/testkit';
import { createFakeClock, createFaultTransport, startEmbedded, writes } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import type { LeaderElectorOptions } from './leader-elector.ts';
import { createLeaderElector } from './leader-elector.ts';
import { LEASES, leaseSpecOf } from './lease.ts';

const lease = { namespace: 'default', name: 'leader' };
const isGet = ({ method, query }: WireRequest): boolean => method === 'GET' && query?.['watch'] === undefined;

/** One candidate `one` before an embedded server. */
async function stage(options: Partial<LeaderElectorOptions> = {}, clock: FakeClock = createFakeClock()) {
  const { server, client, adminTransport } = await startEmbedded({ clock });
  const faults = createFaultTransport(adminTransport, { clock });
  const changes: boolean[] = [];
  const warnings: string[] = [];
  const about = { lease: 'default/leader', identity: 'one' };
  const ofLease: Log = { ...silentLog, warn: (_fields, text) => void warnings.push(text) };
  /** What is not said of this lease and this candidate is not heard. */
  const log: Log = { ...silentLog, child: (fields) => (deepEqual(fields, about) ? ofLease : silentLog) };
  const elector = createLeaderElector({
    client: createClient({ transport: faults, clock }),
    clock,
    log,
    lease,
    identity: 'one',
    random: () => 0.5,
    monotonicMs: () => clock.now(),
    onChange: (leads) => void changes.push(leads),
    ...options,
  });
  const abort = new AbortController();
  let end: unknown = 'running';
  const start = (): void =>
    void elector.run(abort.signal).then(
      () => (end = 'ended'),
      (error: unknown) => (end = error),
    );
  let looked = 0;
  /** The requests since the last look. */
  const asked = (): readonly WireRequest[] => {
    const since = faults.requests.slice(looked);
    looked = faults.requests.length;
    return since;
  };
  return {
    clock,
    client,
    elector,
    faults,
    changes,
    warnings,
    asked,
    start,
    end: () => end,
    stop: () => abort.abort(),
    record: async () => leaseSpecOf(await client.get(LEASES, lease)),
    take: async (spec: JsonObject) => client.update(LEASES, { ...(await client.get(LEASES, lease)), spec }),
    async [Symbol.asyncDispose]() {
      abort.abort();
      await clock.advance(5_000);
      await server.close();
    },
  };
}

const other = { holderIdentity: 'other', leaseDurationSeconds: 15, leaseTransitions: 1 };

describe('a leader', () => {
  it('is elected once, which is told to whoever waits for it', async () => {
    await using at = await stage();
    let isElected = false;
    void at.elector.elected.then(() => (isElected = true));
    await at.clock.settle();
    expect([isElected, at.changes]).toEqual([false, []]);
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    const pending = at.clock.pending;
    await at.clock.advance(60_000);
    expect([isElected, at.changes, at.clock.pending]).toEqual([true, [true], pending]);
  });

  it('renews every two seconds with one write, and asks for nothing else', async () => {
    await using at = await stage();
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    await at.clock.settle();
    at.asked();
    await at.clock.advance(1_999);
    expect(at.asked()).toEqual([]);
    await at.clock.advance(1);
    expect(at.asked().map(({ method }) => method)).toEqual(['PUT']);
    await at.clock.advance(8_000);
    expect(at.asked().map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
  });

  it('that sees another hold the lease leads no more, though its own renewal is young, and writes nothing', async () => {
    await using at = await stage();
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    await at.clock.advance(4_000);
    await at.take(other);
    at.asked();
    await at.clock.advance(2_000);
    expect([at.elector.holds(), at.changes]).toEqual([false, [true, false]]);
    expect(at.end()).toMatchObject({
      code: 'CARTO_LEASE_LOST',
      retry: 'never',
      message: 'lease default/leader: lost the lead, as other holds it',
    });
    expect(at.asked().map(({ method }) => method)).toEqual(['PUT', 'GET']);
    await at.clock.advance(60_000);
    expect([at.asked(), await at.record()]).toEqual([[], other]);
  });

  it('that could not renew in time leads no more, and does not give back what may be another’s', async () => {
    await using at = await stage();
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    at.faults.inject({ when: () => true, times: Infinity, fault: { kind: 'status', code: 503 } });
    await at.clock.advance(9_999);
    expect([at.elector.holds(), at.end()]).toEqual([true, 'running']);
    await at.clock.advance(2_001);
    expect([at.elector.holds(), at.changes]).toEqual([false, [true, false]]);
    expect(at.end()).toMatchObject({ code: 'CARTO_LEASE_LOST' });
    const holders = at
      .asked()
      .filter(writes)
      .map(({ body }) => leaseSpecOf(body as KubeObject)?.holderIdentity);
    expect(new Set(holders)).toEqual(new Set(['one']));
    await at.clock.advance(60_000);
    expect(at.asked()).toEqual([]);
  });

  it('gives a renewal all the time that its lead has left', async () => {
    await using at = await stage();
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    await at.clock.settle();
    at.asked();
    at.faults.inject({ when: writes, fault: { kind: 'delay', ms: 6_000 } });
    await at.clock.advance(8_000);
    expect([at.asked().map(({ method }) => method), at.warnings, at.elector.holds()]).toEqual([['PUT'], [], true]);
  });

  it('counts itself as leader no more as soon as it is to stop, before it has given the lease back', async () => {
    await using at = await stage();
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    at.faults.inject({ when: writes, fault: { kind: 'delay', ms: 1_000 } });
    at.stop();
    await at.clock.advance(500);
    expect([at.elector.holds(), at.end()]).toEqual([false, 'running']);
    await at.clock.advance(500);
    expect([at.end(), (await at.record()).holderIdentity, at.warnings]).toEqual(['ended', '', []]);
  });

  it('that cannot give the lease back ends all the same, in the time of one try, and says so', async () => {
    await using at = await stage();
    at.start();
    await at.clock.advanceUntil(at.elector.holds);
    at.faults.inject({ when: writes, times: Infinity, fault: { kind: 'silence' } });
    at.stop();
    await at.clock.advance(1_999);
    expect(at.end()).toBe('running');
    await at.clock.advance(1);
    expect([at.end(), at.warnings]).toEqual(['ended', ['the lease could not be released and has to run out']]);
  });
});

describe('a candidate', () => {
  it('that never led gives nothing back', async () => {
    await using at = await stage();
    await at.client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease,
      spec: other,
    });
    at.start();
    await at.clock.advance(1_000);
    at.asked();
    at.stop();
    await at.clock.advance(1_000);
    expect([at.asked().filter(writes), at.end(), at.changes]).toEqual([[], 'ended', [false]]);
  });

  it.each([
    [0, 2_000],
    [0.5, 3_200],
    [1, 4_400],
  ])('that may not watch asks again after a while, with jitter: %d', async (random, everyMs) => {
    await using at = await stage({ random: () => random });
    await at.client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease,
      spec: other,
    });
    const fault = { kind: 'status', code: 403 } as const;
    at.faults.inject({ when: ({ path }) => path.endsWith('/leases'), times: Infinity, fault });
    at.start();
    const gets = (): number =>
      at.asked().filter((request) => isGet(request) && request.path.endsWith('/leader')).length;
    await at.clock.settle();
    expect(gets()).toBe(1);
    await at.clock.advance(everyMs - 1);
    expect(gets()).toBe(0);
    await at.clock.advance(1);
    expect(gets()).toBe(1);
  });

  it('that is stopped while it waits for an answer waits no longer, and leaves no timer', async () => {
    await using at = await stage();
    const pending = at.clock.pending;
    at.faults.inject({ when: () => true, times: Infinity, fault: { kind: 'silence' } });
    at.start();
    await at.clock.settle();
    at.stop();
    await at.clock.settle();
    expect([at.end(), at.clock.pending - pending]).toEqual(['ended', 0]);
  });

  it('watches its own lease and no other', async () => {
    await using at = await stage();
    at.start();
    await at.clock.settle();
    const watched = at.asked().filter(({ method, path }) => method === 'GET' && path.endsWith('/leases'));
    expect(watched.length).toBeGreaterThan(0);
    for (const { path, query } of watched) {
      expect(path).toBe('/apis/coordination.k8s.io/v1/namespaces/default/leases');
      expect(query?.['fieldSelector']).toBe('metadata.name=leader');
    }
  });

  it('sleeps until the lease runs out once it watches it, and no shorter', async () => {
    const clock = createFakeClock();
    const sleeps: number[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => (sleeps.push(ms), clock.sleep(ms, signal));
    await using at = await stage({ random: () => 0.5 }, { ...clock, sleep });
    await at.client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease,
      spec: other,
    });
    at.start();
    await clock.settle();
    await clock.advance(15_249);
    expect([sleeps, at.elector.holds()]).toEqual([[3_200, 12_050], false]);
    await clock.advance(1);
    expect(at.elector.holds()).toBe(true);
  });

  it('waits for its own time where the record does not say how long a lease lasts', async () => {
    await using at = await stage({ random: () => 0 });
    await at.client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease,
      spec: { holderIdentity: 'other' },
    });
    at.start();
    await at.clock.settle();
    await at.clock.advance(14_999);
    expect(at.elector.holds()).toBe(false);
    await at.clock.advance(1);
    expect(at.elector.holds()).toBe(true);
  });

  it('takes over just after the lease ran out that it watched, and no sooner', async () => {
    await using at = await stage();
    await at.client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease,
      spec: other,
    });
    at.start();
    await at.clock.settle();
    await at.clock.advance(14_999);
    expect(at.elector.holds()).toBe(false);
    await at.clock.advanceUntil(at.elector.holds, 2_000);
    expect(await at.record()).toMatchObject({ holderIdentity: 'one', leaseTransitions: 2 });
  });

  it('takes a lease at once that is deleted or given back while it waits', async () => {
    for (const free of ['delete', 'release'] as const) {
      await using at = await stage();
      const spec = { ...other, leaseDurationSeconds: 3_600 };
      await at.client.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: lease, spec });
      at.start();
      await at.clock.advance(20_000);
      expect(at.elector.holds()).toBe(false);
      if (free === 'delete') await at.client.delete(LEASES, lease);
      else await at.take({ ...spec, holderIdentity: '', leaseDurationSeconds: 1 });
      await at.clock.advance(1);
      expect(at.elector.holds()).toBe(true);
    }
  });
});

describe('the times of an election', () => {
  it.each([
    [{ leaseDurationMs: 10_000 }, 'leaseDurationMs must be greater than renewDeadlineMs'],
    [{ leaseDurationMs: 10_001 }, undefined],
    [{ renewDeadlineMs: 2_400 }, 'renewDeadlineMs must be greater than retryPeriodMs * 1.2'],
    [{ renewDeadlineMs: 2_401 }, undefined],
    [{ retryPeriodMs: 0 }, 'retryPeriodMs must be greater than zero'],
    [{ retryPeriodMs: 1 }, undefined],
    [{ leaseDurationMs: 999, renewDeadlineMs: 400, retryPeriodMs: 100 }, 'leaseDurationMs must be a second at least'],
    [{ leaseDurationMs: 1_000, renewDeadlineMs: 400, retryPeriodMs: 100 }, undefined],
  ])('fit together or are refused: %j', (times, message) => {
    const clock = createFakeClock();
    const transport = { request: () => Promise.reject(new Error('x')), close: async () => undefined };
    const client = createClient({ transport, clock });
    const make = (): unknown =>
      createLeaderElector({ client, clock, log: silentLog, lease, identity: 'one', ...times });
    if (message === undefined) expect(make).not.toThrow();
    else expect(make).toThrow(new RangeError(message));
  });
});
