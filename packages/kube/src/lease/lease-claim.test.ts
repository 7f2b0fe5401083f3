import type { JsonObject, KubeObject, Transport, WireRequest } from '@cartographer/machinery';
import { CartoError, silentLog } from '@cartographer/machinery';
import { createFakeClock, createFaultTransport, startEmbedded, writes } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import { createTroubleLog } from '../transport/trouble.ts';
import { LEASES, leaseSpecOf } from './lease.ts';
import { createLeaseClaim } from './lease-claim.ts';
import { createLeaseProof } from './lease-proof.ts';

const key = { namespace: 'default', name: 'leader' };
const HOUR_MS = 3_600_000;

const leaseOf = (holderIdentity: string, resourceVersion: string, fields: JsonObject = {}): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { ...key, resourceVersion },
  spec: { holderIdentity, leaseDurationSeconds: 20, renewTime: '2001-01-01T00:00:00.000000Z', ...fields },
});

/** A candidate `me` with two clocks of its own, and the network to the server under the test's hand. */
async function setUp() {
  const time = { wallMs: 5 * HOUR_MS, monotonicMs: 700 };
  const clock = { ...createFakeClock(), now: () => time.wallMs };
  const { server, client: others, adminTransport } = await startEmbedded({ clock });
  const faults = createFaultTransport(adminTransport, { clock });
  const network = { answered: (_request: WireRequest): void | Promise<void> => undefined };
  const transport: Transport = {
    async request(request) {
      const answer = await faults.request(request);
      await network.answered(request);
      return answer;
    },
    close: () => faults.close(),
  };
  const monotonicMs = (): number => time.monotonicMs;
  const proof = createLeaseProof({ clock, monotonicMs, validMs: 10_000 });
  const trouble = createTroubleLog({ clock, log: silentLog, text: 'trouble' });
  const client = createClient({ transport, clock });
  const claim = createLeaseClaim({
    client,
    clock,
    trouble,
    key,
    identity: 'me',
    leaseDurationMs: 15_000,
    monotonicMs,
    proof,
  });
  const signal = new AbortController().signal;
  const pass = (ms: number): void => {
    time.wallMs += ms;
    time.monotonicMs += ms;
  };
  const putRecord = async (spec: JsonObject): Promise<KubeObject> =>
    others.update(LEASES, { ...(await others.get(LEASES, key)), spec });
  let looked = 0;
  /** What was asked since the last look. */
  const asked = (): readonly string[] => {
    const since = faults.requests.slice(looked).map(({ method }) => method);
    looked = faults.requests.length;
    return since;
  };
  return {
    time,
    pass,
    faults,
    network,
    others,
    proof,
    trouble,
    claim,
    putRecord,
    asked,
    attempt: () => claim.attempt(signal),
    giveBack: () => claim.giveBack(signal),
    record: async () => leaseSpecOf(await others.get(LEASES, key)),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

describe('what a candidate sees of a lease', () => {
  it('is taken for as long as the holder said, counted from when it was seen, to the millisecond', async () => {
    await using at = await setUp();
    expect([at.claim.runsOutInMs(), at.claim.holder(), at.claim.isTaken()]).toEqual([0, undefined, false]);
    at.claim.observe(leaseOf('other', '5'));
    expect([at.claim.runsOutInMs(), at.claim.holder(), at.claim.isTaken()]).toEqual([20_000, 'other', true]);
    at.pass(19_999);
    expect([at.claim.runsOutInMs(), at.claim.isTaken()]).toEqual([1, true]);
    at.pass(1);
    expect([at.claim.runsOutInMs(), at.claim.isTaken()]).toEqual([0, false]);
  });

  it.each([HOUR_MS, -HOUR_MS])('does not care for a wall clock that jumps by %d ms', async (jumpMs) => {
    await using at = await setUp();
    at.claim.observe(leaseOf('other', '5'));
    at.time.wallMs += jumpMs;
    expect([at.claim.runsOutInMs(), at.claim.isTaken()]).toEqual([20_000, true]);
  });

  it.each<[string, KubeObject | undefined, string | undefined, number]>([
    ['a renewal', leaseOf('other', '6', { renewTime: '2001-01-01T00:00:01.000000Z' }), 'other', 20_000],
    ['another holder', leaseOf('third', '6'), 'third', 20_000],
    ['another duration', leaseOf('other', '6', { leaseDurationSeconds: 30 }), 'other', 30_000],
    ['a change that leaves the record as it is', leaseOf('other', '6'), 'other', 12_000],
    ['the same version once more', leaseOf('other', '5'), 'other', 12_000],
    ['an older version, though another held it then', leaseOf('third', '4'), 'other', 12_000],
    ['that it is gone', undefined, undefined, 0],
  ])('counts from the last change of the record: %s', async (_what, next, holder, runsOutInMs) => {
    await using at = await setUp();
    at.claim.observe(leaseOf('other', '5'));
    at.pass(8_000);
    at.claim.observe(next);
    expect([at.claim.holder(), at.claim.runsOutInMs()]).toEqual([holder, runsOutInMs]);
    expect(at.claim.isTaken()).toBe(holder !== undefined);
  });

  it.each([
    ['its own', 'me'],
    ['one that was given back', ''],
  ])('is not taken when it is %s', async (_what, holder) => {
    await using at = await setUp();
    at.claim.observe(leaseOf(holder, '5'));
    expect([at.claim.isTaken(), at.claim.runsOutInMs()]).toEqual([false, 20_000]);
  });
});

describe('a try to take or renew a lease', () => {
  it('creates it, and later renews it on top of what it wrote, without looking', async () => {
    await using at = await setUp();
    expect(await at.attempt()).toBe('won');
    expect(at.asked()).toEqual(['GET', 'POST']);
    expect(at.claim.holder()).toBe('me');
    at.pass(2_000);
    expect(await at.attempt()).toBe('won');
    expect(at.asked()).toEqual(['PUT']);
    expect(at.proof.remainingMs()).toBe(10_000);
  });

  it.each(['first', 'later'])('proves the lead from when the request was sent (%s time)', async (when) => {
    await using at = await setUp();
    if (when === 'later') await at.attempt();
    at.network.answered = ({ method }) => {
      if (method !== 'GET') at.time.monotonicMs += 3_000;
    };
    expect(await at.attempt()).toBe('won');
    expect(at.proof.remainingMs()).toBe(7_000);
  });

  it('proves nothing by an answer that came too late', async () => {
    await using at = await setUp();
    at.network.answered = ({ method }) => void (method !== 'GET' && at.pass(10_000));
    expect(await at.attempt()).toBe('won');
    expect(at.proof.holds()).toBe(false);
  });

  it.each([409, 500, 403])('proves nothing when the write is answered with %d', async (code) => {
    await using at = await setUp();
    at.faults.inject({ when: writes, fault: { kind: 'status', code } });
    expect(await at.attempt()).toBe('failed');
    expect(at.proof.holds()).toBe(false);
  });

  it('writes nothing while another holds it, and takes it when it has seen nothing new for its time', async () => {
    await using at = await setUp();
    await at.others.create(LEASES, {
      ...leaseOf('other', ''),
      metadata: key,
      spec: { holderIdentity: 'other', leaseDurationSeconds: 20, leaseTransitions: 3 },
    });
    expect(await at.attempt()).toBe('held by another');
    at.pass(19_999);
    expect(await at.attempt()).toBe('held by another');
    expect([at.asked(), at.proof.holds()]).toEqual([['GET', 'GET'], false]);
    at.pass(1);
    expect(await at.attempt()).toBe('won');
    expect(at.asked()).toEqual(['GET', 'PUT']);
    expect(await at.record()).toMatchObject({ holderIdentity: 'me', leaseDurationSeconds: 15, leaseTransitions: 4 });
    expect([at.proof.remainingMs(), at.claim.holder()]).toEqual([10_000, 'me']);
  });

  it('does not take over what was renewed since it looked last', async () => {
    await using at = await setUp();
    await at.others.create(LEASES, { ...leaseOf('other', ''), metadata: key });
    await at.attempt();
    at.pass(20_000);
    await at.putRecord({ holderIdentity: 'other', leaseDurationSeconds: 20, leaseTransitions: 1 });
    expect(await at.attempt()).toBe('held by another');
    expect([at.asked().includes('PUT'), at.claim.runsOutInMs()]).toEqual([false, 20_000]);
  });

  it('forgets nothing that it has seen when it only lost a race: what has run out is taken at the next try', async () => {
    await using at = await setUp();
    await at.others.create(LEASES, { ...leaseOf('other', ''), metadata: key });
    await at.attempt();
    at.pass(20_000);
    at.faults.inject({ when: writes, fault: { kind: 'status', code: 409, reason: 'Conflict' } });
    expect([await at.attempt(), at.claim.holder()]).toEqual(['failed', 'other']);
    expect(await at.attempt()).toBe('won');
  });

  it('looks when its renewal is in conflict: it goes on if it is still the holder', async () => {
    await using at = await setUp();
    await at.attempt();
    const { metadata, ...rest } = await at.others.get(LEASES, key);
    await at.others.update(LEASES, { ...rest, metadata: { ...metadata, labels: { seen: 'yes' } } });
    at.asked();
    expect(await at.attempt()).toBe('won');
    expect(at.asked()).toEqual(['PUT', 'GET', 'PUT']);
  });

  it('looks when its renewal is in conflict: it steps back if another is the holder', async () => {
    await using at = await setUp();
    await at.attempt();
    await at.putRecord({ holderIdentity: 'other', leaseDurationSeconds: 20 });
    at.asked();
    expect(await at.attempt()).toBe('held by another');
    expect([at.asked(), at.claim.holder()]).toEqual([['PUT', 'GET'], 'other']);
    expect(await at.record()).toMatchObject({ holderIdentity: 'other' });
  });

  it.each([404, 409])('creates the lease anew that was deleted under it, told by a %d', async (code) => {
    await using at = await setUp();
    await at.attempt();
    await at.others.delete(LEASES, key);
    at.asked();
    const reason = code === 404 ? 'NotFound' : 'Conflict';
    at.faults.inject({ when: ({ method }) => method === 'PUT', fault: { kind: 'status', code, reason } });
    expect([await at.attempt(), at.trouble.current()]).toEqual(['won', undefined]);
    expect(at.asked()).toEqual(['PUT', 'GET', 'POST']);
  });

  it('has no trouble when another created the lease in the same moment', async () => {
    await using at = await setUp();
    at.network.answered = async ({ method }) => {
      if (method === 'GET') await at.others.create(LEASES, { ...leaseOf('other', ''), metadata: key });
    };
    expect(await at.attempt()).toBe('failed');
    expect([at.trouble.current(), at.proof.holds()]).toEqual([undefined, false]);
  });

  it('keeps its trouble when it only lost against another', async () => {
    await using at = await setUp();
    at.faults.inject({ when: () => true, fault: { kind: 'status', code: 500, message: 'etcd is away' } });
    expect([await at.attempt(), at.trouble.current()?.message]).toEqual(['failed', 'etcd is away']);
    at.network.answered = async ({ method }) => {
      if (method === 'GET') await at.others.create(LEASES, { ...leaseOf('other', ''), metadata: key });
    };
    expect([await at.attempt(), at.trouble.current()?.message]).toEqual(['failed', 'etcd is away']);
  });

  it('waits no longer for the answer to a create when it is stopped', async () => {
    await using at = await setUp();
    const abort = new AbortController();
    at.faults.inject({ when: writes, fault: { kind: 'silence' } });
    const sent = Promise.withResolvers<void>();
    at.network.answered = () => sent.resolve();
    const trying = at.claim.attempt(abort.signal);
    await sent.promise;
    setImmediate(() => abort.abort(new Error('stop')));
    expect(await trying).toBe('failed');
  });

  it('has trouble when its namespace is missing, until it worked', async () => {
    await using at = await setUp();
    const missing = 'namespaces "default" not found';
    at.faults.inject({ when: writes, fault: { kind: 'status', code: 404, message: missing } });
    expect(await at.attempt()).toBe('failed');
    expect(at.trouble.current()?.message).toBe(missing);
    expect(await at.attempt()).toBe('won');
    expect(at.trouble.current()).toBeUndefined();
  });

  it('has no more trouble once it sees that another holds the lease', async () => {
    await using at = await setUp();
    await at.others.create(LEASES, { ...leaseOf('other', ''), metadata: key });
    at.faults.inject({ when: () => true, fault: { kind: 'status', code: 500, message: 'etcd is away' } });
    expect([await at.attempt(), at.trouble.current()?.message]).toEqual(['failed', 'etcd is away']);
    expect([await at.attempt(), at.trouble.current()]).toEqual(['held by another', undefined]);
  });

  it.each([
    ['a time that is up', new CartoError('CARTO_TIMEOUT', 'no answer in time'), 'no answer in time'],
    ['a stop', new Error('stop'), undefined],
    ['a stop that has a code', new CartoError('CARTO_STOPPING', 'stop'), undefined],
  ])('tells the end of a try by %s as what it is', async (_what, reason, message) => {
    await using at = await setUp();
    const abort = new AbortController();
    at.faults.inject({ when: () => true, fault: { kind: 'silence' } });
    const trying = at.claim.attempt(abort.signal);
    abort.abort(reason);
    expect([await trying, at.trouble.current()?.message]).toEqual(['failed', message]);
  });
});

describe('giving a lease back', () => {
  it('frees it at once for others, and keeps the count', async () => {
    await using at = await setUp();
    await at.attempt();
    await at.giveBack();
    expect(await at.record()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
  });

  it('asks nothing of the server when it never had it, or sees that another holds it', async () => {
    await using at = await setUp();
    await at.giveBack();
    at.claim.observe(leaseOf('other', '5'));
    await at.giveBack();
    expect(at.asked()).toEqual([]);
  });

  it('leaves a lease alone that another took meanwhile', async () => {
    await using at = await setUp();
    await at.attempt();
    await at.putRecord({ holderIdentity: 'other', leaseDurationSeconds: 20 });
    at.asked();
    await at.giveBack();
    expect(at.asked()).toEqual(['PUT', 'GET']);
    expect(await at.record()).toMatchObject({ holderIdentity: 'other' });
  });

  it('tries a second time after a conflict, and no third time', async () => {
    await using at = await setUp();
    await at.attempt();
    at.asked();
    at.faults.inject({ when: writes, times: 2, fault: { kind: 'status', code: 409, reason: 'Conflict' } });
    await expect(at.giveBack()).rejects.toMatchObject({ status: { code: 409 } });
    expect(at.asked()).toEqual(['PUT', 'GET', 'PUT']);
  });

  it('looks no longer when it is stopped', async () => {
    await using at = await setUp();
    await at.attempt();
    const abort = new AbortController();
    at.faults.inject({ when: writes, fault: { kind: 'status', code: 409, reason: 'Conflict' } });
    at.faults.inject({ when: ({ method }) => method === 'GET', fault: { kind: 'silence' } });
    at.network.answered = () => void setImmediate(() => abort.abort(new Error('stop')));
    await expect(at.claim.giveBack(abort.signal)).rejects.toThrow('stop');
  });

  it('does not try again after another failure', async () => {
    await using at = await setUp();
    await at.attempt();
    at.asked();
    at.faults.inject({ when: writes, fault: { kind: 'status', code: 500 } });
    await expect(at.giveBack()).rejects.toMatchObject({ status: { code: 500 } });
    expect(at.asked()).toEqual(['PUT']);
  });

  it('is content when the lease was deleted meanwhile', async () => {
    await using at = await setUp();
    await at.attempt();
    at.faults.inject({ when: writes, fault: { kind: 'status', code: 409, reason: 'Conflict' } });
    await at.others.delete(LEASES, key);
    await expect(at.giveBack()).resolves.toBeUndefined();
  });
});
