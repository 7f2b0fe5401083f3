import type { Clock, Log, Transport, WireRequest } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';
import type { FakeClock, FaultTransport } from '@cartographer/testkit';
import { createFakeClock, createFaultTransport, startEmbedded, writes } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { Client } from '../client/client.ts';
import { createClient } from '../client/client.ts';
import { fenced } from './fenced-transport.ts';
import type { LeaderElector, LeaderElectorOptions } from './leader-elector.ts';
import { createLeaderElector } from './leader-elector.ts';
import { LEASES, leaseSpecOf } from './lease.ts';

const lease = { namespace: 'default', name: 'leader' };
const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };

type Candidate = {
  readonly elector: LeaderElector;
  readonly faults: FaultTransport;
  /** Writes only while the lease is held. */
  readonly writer: Client;
  readonly changes: boolean[];
  /** Warnings, as `text: error`. */
  readonly warnings: string[];
  /** `running`, `ended`, or the text of the error that ended it. */
  readonly end: () => string;
  stop(): void;
  /** Freezes the process, as SIGSTOP does; time goes on without it. */
  pause(): void;
  /** What was due meanwhile happens now. */
  resume(): void;
};

async function stage() {
  const clock = createFakeClock();
  const { server, client, adminTransport } = await startEmbedded({ clock });
  const stops: (() => void)[] = [];

  /** `prepare` makes things go wrong from the first request on. */
  function candidate(
    identity: string,
    options: Partial<LeaderElectorOptions> = {},
    prepare: (faults: FaultTransport) => void = () => undefined,
  ): Candidate {
    const process = freezable(clock);
    const faults = createFaultTransport(process.through(adminTransport), { clock });
    prepare(faults);
    const changes: boolean[] = [];
    const warnings: string[] = [];
    const elector = createLeaderElector({
      client: createClient({ transport: faults, clock: process.clock, userAgent: identity }),
      clock: process.clock,
      log: logInto(warnings),
      lease,
      identity,
      random: () => 0.5,
      monotonicMs: () => clock.now(),
      onChange: (leads) => changes.push(leads),
      ...options,
    });
    const stop = new AbortController();
    let end = 'running';
    elector.run(stop.signal).then(
      () => (end = 'ended'),
      (error: unknown) => (end = (error as Error).message),
    );
    stops.push(() => stop.abort());
    const writer = createClient({ transport: fenced(faults, elector), clock: process.clock });
    return { elector, faults, writer, changes, warnings, end: () => end, stop: () => stop.abort(), ...process };
  }

  return {
    clock,
    client,
    candidate,
    record: async () => leaseSpecOf(await client.get(LEASES, lease)),
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop();
      await clock.advance(5_000);
      await server.close();
    },
  };
}

function logInto(warnings: string[]): Log {
  const log: Log = {
    ...silentLog,
    child: () => log,
    warn: (fields, text) => warnings.push(`${text}: ${(fields as { error?: string }).error}`),
  };
  return log;
}

/** The clock and the network of a process that can be stopped and continued. */
function freezable(clock: FakeClock) {
  let frozen: (() => void)[] | undefined;
  const whenRunning = (task: () => void): void => void (frozen === undefined ? task() : frozen.push(task));
  const schedule: Clock['schedule'] = (afterMs, task) => clock.schedule(afterMs, () => whenRunning(task));
  return {
    clock: {
      ...clock,
      now: () => clock.now(),
      schedule,
      sleep: (ms: number, signal?: AbortSignal) =>
        clock.sleep(ms, signal).then(() => new Promise<void>((resolve) => whenRunning(resolve))),
    } satisfies Clock,
    through: (inner: Transport): Transport => ({
      request: (request) =>
        inner.request(request).then((answer) => new Promise((resolve) => whenRunning(() => resolve(answer)))),
      close: () => inner.close(),
    }),
    pause: () => void (frozen ??= []),
    resume() {
      const due = frozen ?? [];
      frozen = undefined;
      for (const task of due) task();
    },
  };
}

describe('leader election', () => {
  it('writes the record that client-go writes', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    expect(await at.record()).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-02T03:04:05.000000Z',
      renewTime: '2026-01-02T03:04:05.000000Z',
      leaseTransitions: 0,
    });
    await at.clock.advance(4_000);
    expect(await at.record()).toMatchObject({
      acquireTime: '2026-01-02T03:04:05.000000Z',
      renewTime: '2026-01-02T03:04:09.000000Z',
    });
  });

  it('lets one of two lead, and the other wait without asking', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const two = at.candidate('two');
    await at.clock.advance(60_000);
    expect([one.elector.holds(), two.elector.holds()]).toEqual([true, false]);
    expect(two.elector.holder()).toBe('one');
    const asked = two.faults.requests.filter(({ method, query }) => method === 'GET' && query?.['watch'] === undefined);
    expect(asked.length).toBe(2);
  });

  it('hands over within two seconds when the leader stops', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const two = at.candidate('two');
    await at.clock.advance(20_000);
    one.stop();
    await at.clock.advanceUntil(two.elector.holds, 2_000, 50);
    expect([one.elector.holds(), one.end(), one.changes]).toEqual([false, 'ended', [true, false]]);
    expect(await at.record()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1, leaseDurationSeconds: 15 });
  });

  it('gives the lease back although its last renewal was cut off', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    at.clock.schedule(1_900, () => {
      one.faults.inject({ when: writes, times: 1, fault: { kind: 'delay', ms: 500 } });
    });
    await at.clock.advance(2_200);
    const { metadata, ...rest } = await at.client.get(LEASES, lease);
    await at.client.update(LEASES, { ...rest, metadata: { ...metadata, labels: { seen: 'yes' } } });
    one.stop();
    await at.clock.advance(100);
    expect(await at.record()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  });

  it('takes over a lease that is no longer renewed, but not before it ran out', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const two = at.candidate('two');
    await at.clock.advance(10_000);
    one.pause();
    await at.clock.advance(13_000);
    expect(two.elector.holds()).toBe(false);
    await at.clock.advanceUntil(two.elector.holds, 5_000);
    expect(one.elector.holds()).toBe(false);
  });

  it('judges a holder by what it sees, not by the times in the record', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const skewed = {
      ...(await at.client.get(LEASES, lease)),
      spec: { ...(await at.record()), renewTime: '2001-01-01T00:00:00.000000Z' },
    };
    await at.client.update(LEASES, skewed);
    const two = at.candidate('two');
    await at.clock.advance(1_000);
    expect(two.elector.holds()).toBe(false);
  });

  it('a leader that was paused past its lease writes nothing when it wakes up', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const two = at.candidate('two');
    await at.clock.advance(5_000);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'late' } };
    one.pause();
    await at.clock.advanceUntil(two.elector.holds, 60_000);
    // The very first thing the woken process does is a write.
    await expect(one.writer.create(CONFIG_MAPS, object)).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
    one.resume();
    await at.clock.advance(3_000);
    expect(one.end()).toBe('lease default/leader: lost the lead, as two holds it');
    expect(one.changes).toEqual([true, false]);
    await expect(one.writer.list(CONFIG_MAPS)).resolves.toBeDefined();
    await expect(two.writer.create(CONFIG_MAPS, object)).resolves.toBeDefined();
  });

  it.each([
    ['the machine was suspended, so its monotonic clock stood still', 'monotonic'],
    ['its wall clock was set back', 'wall'],
  ])('a leader whose lease is too old by one of its clocks writes nothing: %s', async (_what, stopped) => {
    await using at = await stage();
    const started = at.clock.now();
    const passedMs = (): number => at.clock.now() - started;
    const clock = { ...at.clock, now: () => (stopped === 'wall' ? started - passedMs() : at.clock.now()) };
    const one = at.candidate('one', { clock, monotonicMs: () => (stopped === 'wall' ? passedMs() : 0) });
    await at.clock.advanceUntil(one.elector.holds);
    one.faults.inject({ when: writes, times: Infinity, fault: { kind: 'silence' } });
    await at.clock.advance(9_000);
    expect(one.elector.holds()).toBe(true);
    await at.clock.advance(1_000);
    expect(one.elector.holds()).toBe(false);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'late' } };
    await expect(one.writer.create(CONFIG_MAPS, object)).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
  });

  it('a candidate whose wall clock runs ahead does not take over early', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    let aheadMs = 0;
    const { now } = at.clock;
    const two = at.candidate('two', { clock: { ...at.clock, now: () => now() + aheadMs }, monotonicMs: now });
    await at.clock.advance(1_000);
    one.pause();
    aheadMs = 3_600_000;
    await at.clock.advance(13_000);
    expect(two.elector.holds()).toBe(false);
    await at.clock.advanceUntil(two.elector.holds, 5_000);
  });

  it('counts its lead from when it asked for the lease, not from the answer', async () => {
    await using at = await stage();
    const slow = { when: writes, fault: { kind: 'delay', ms: 4_000 } } as const;
    const one = at.candidate('one', {}, (faults) => void faults.inject(slow));
    await at.clock.advanceUntil(one.elector.holds);
    one.pause();
    await at.clock.advance(6_000);
    expect(one.elector.holds()).toBe(false);
  });

  it('a leader that was stalled goes on when nobody took over', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    one.pause();
    await at.clock.advance(30_000);
    expect(one.elector.holds()).toBe(false);
    one.resume();
    await at.clock.advance(100);
    expect([one.elector.holds(), one.end()]).toEqual([true, 'running']);
  });

  it('gives up when it cannot renew in time, before another may lead', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const two = at.candidate('two');
    await at.clock.advance(4_000);
    one.faults.inject({ when: () => true, times: Infinity, fault: { kind: 'silence' } });
    await at.clock.advance(12_500);
    expect(one.end()).toBe('lease default/leader: lost the lead, as it was not renewed within 10000 ms');
    expect(two.elector.holds()).toBe(false);
    await at.clock.advanceUntil(two.elector.holds, 5_000);
  });

  it('outlives failures that are shorter than its deadline', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    one.faults.inject({ when: writes, times: 3, fault: { kind: 'status', code: 503 } });
    await at.clock.advance(12_000);
    expect([one.elector.holds(), one.end()]).toEqual([true, 'running']);
  });

  it('polls when it may not watch', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    const two = at.candidate('two');
    two.faults.inject({
      when: ({ path }) => path.endsWith('/leases'),
      times: Infinity,
      fault: { kind: 'status', code: 403 },
    });
    await at.clock.advance(10_000);
    one.stop();
    await at.clock.advanceUntil(two.elector.holds, 5_000);
  });

  it.each([
    { leaseDurationMs: 10_000 },
    { renewDeadlineMs: 2_400 },
    { retryPeriodMs: 0 },
    { leaseDurationMs: 500, renewDeadlineMs: 400, retryPeriodMs: 100 },
  ])('refuses times that do not fit together: $0', async (times) => {
    await using at = await stage();
    expect(() => at.candidate('one', times)).toThrow(RangeError);
  });
});

describe('a candidate that cannot have the lease', () => {
  const REFUSED = 'the lease could not be taken or renewed';
  const isLease = ({ path }: WireRequest): boolean => path.includes('/leases');

  it('tells when its namespace is missing, again each minute, and no more once it is there', async () => {
    await using at = await stage();
    const one = at.candidate('one', { lease: { namespace: 'nosuch', name: 'leader' } });
    await at.clock.advance(59_000);
    const missing = 'namespaces "nosuch" not found';
    expect(one.warnings).toEqual([`${REFUSED}: ${missing}`]);
    expect(one.elector.trouble()).toEqual({ message: missing, sinceMs: expect.any(Number) });
    await at.clock.advance(5_000);
    expect(one.warnings).toEqual([`${REFUSED}: ${missing}`, `${REFUSED}: ${missing}`]);
    const namespaces = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false };
    await at.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nosuch' } });
    await at.clock.advanceUntil(one.elector.holds, 10_000);
    expect(one.elector.trouble()).toBeUndefined();
  });

  it.each([
    ['may not read it', 'GET', 403, 'leases is forbidden'],
    ['may not write it', 'POST', 403, 'leases is forbidden'],
    ['finds no server', 'GET', 503, 'apiserver not ready'],
  ])('tells when it %s', async (_what, method, code, message) => {
    await using at = await stage();
    const fault = { kind: 'status', code, message } as const;
    const when = (request: WireRequest): boolean => isLease(request) && request.method === method;
    const one = at.candidate('one', {}, (faults) => void faults.inject({ when, times: 1_000, fault }));
    await at.clock.advance(30_000);
    expect(one.warnings.filter((line) => line.startsWith(REFUSED))).toEqual([`${REFUSED}: ${message}`]);
    expect(one.elector.trouble()?.message).toBe(message);
    expect(one.elector.holds()).toBe(false);
  });

  it('tells when nobody answers', async () => {
    await using at = await stage();
    const rule = { when: isLease, times: 1_000, fault: { kind: 'silence' } } as const;
    const one = at.candidate('one', {}, (faults) => void faults.inject(rule));
    await at.clock.advance(15_000);
    expect(one.elector.trouble()?.message).toBe('no answer about the lease within 10000 ms');
    expect(one.warnings).toContain(`${REFUSED}: no answer about the lease within 10000 ms`);
  });

  it('tells as leader why it could not renew', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    await at.clock.advanceUntil(one.elector.holds);
    one.faults.inject({ when: isLease, times: 1_000, fault: { kind: 'silence' } });
    await at.clock.advance(15_000);
    expect(one.warnings.some((line) => line.startsWith('the lease could not be taken or renewed: no answer'))).toBe(
      true,
    );
    expect(one.end()).toContain('lost the lead');
  });

  it('has no trouble when another holds it, or was faster', async () => {
    await using at = await stage();
    const one = at.candidate('one');
    const two = at.candidate('two');
    await at.clock.advance(60_000);
    expect([one.elector.trouble(), two.elector.trouble()]).toEqual([undefined, undefined]);
    expect([...one.warnings, ...two.warnings]).toEqual([]);
  });
});
