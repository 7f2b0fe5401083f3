import type { Log, Transport, WireRequest } from '@cartographer/machinery';
import { failure, rfc3339, silentLog } from '@cartographer/machinery';
import { createFakeClock, createFaultTransport } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import { createTokenCache } from './token-cache.ts';

const account = { namespace: 'team', name: 'default', uid: 'u1' };
const HOUR_MS = 3_600_000;

function setup({ lifeMs = 2 * HOUR_MS, random = 0.5, expiry = rfc3339 } = {}) {
  const clock = createFakeClock();
  const requests: WireRequest[] = [];
  const transport: Transport = {
    request(request) {
      requests.push(request);
      const status = { token: `token-${requests.length}`, expirationTimestamp: expiry(clock.now() + lifeMs) };
      return Promise.resolve({ status: 201, headers: {}, body: { status } });
    },
    close: () => Promise.resolve(),
  };
  const faults = createFaultTransport(transport, { clock });
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (fields) => warnings.push(fields) };
  const tokens = createTokenCache({
    client: createClient({ transport: faults, clock }),
    clock,
    log,
    random: () => random,
  });
  return { clock, tokens, requests, faults, warnings };
}

describe('token cache', () => {
  it('asks once for a token, for two hours, however many want it at once', async () => {
    const { tokens, requests } = setup();
    const got = await Promise.all([tokens.tokenFor(account), tokens.tokenFor(account), tokens.tokenFor(account)]);
    expect(got).toEqual(['token-1', 'token-1', 'token-1']);
    expect(await tokens.tokenFor(account)).toBe('token-1');
    expect(requests.map(({ path, body }) => [path, body])).toEqual([
      [
        '/api/v1/namespaces/team/serviceaccounts/default/token',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } },
      ],
    ]);
  });

  it.each([
    ['uid', { uid: 'u2' }],
    ['name', { name: 'builder' }],
    ['namespace', { namespace: 'other' }],
  ])('keeps the tokens of accounts apart that differ in their %s', async (_what, difference) => {
    const { tokens, requests } = setup();
    const other = { ...account, ...difference };
    expect([await tokens.tokenFor(account), await tokens.tokenFor(other)]).toEqual(['token-1', 'token-2']);
    tokens.forget(other);
    expect([await tokens.tokenFor(account), await tokens.tokenFor(other)]).toEqual(['token-1', 'token-3']);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['half its life', { random: 0 }, HOUR_MS],
    ['half its life, up to ten seconds early', { random: 0.5 }, HOUR_MS - 5_000],
    ['half a short life, up to a quarter of it early', { random: 0.5, lifeMs: 24_000 }, 9_000],
    ['two hours, however long it lives', { random: 0, lifeMs: 48 * HOUR_MS }, 2 * HOUR_MS],
    ['an hour when the server’s time makes no sense', { random: 0, expiry: () => 'soon' }, HOUR_MS],
  ])('replaces a token at %s, to the millisecond', async (_what, options, afterMs) => {
    const { tokens, clock } = setup(options);
    await tokens.tokenFor(account);
    await clock.advance(afterMs - 1);
    expect(await tokens.tokenFor(account)).toBe('token-1');
    await clock.advance(1);
    expect(await Promise.all([tokens.tokenFor(account), tokens.tokenFor(account)])).toEqual(['token-2', 'token-2']);
    await clock.advance(afterMs - 1);
    expect(await tokens.tokenFor(account)).toBe('token-2');
  });

  it('tries a failed refresh again after five seconds, and is well when it works', async () => {
    const { tokens, clock, faults } = setup({ random: 0 });
    await tokens.tokenFor(account);
    faults.inject({ when: () => true, fault: { kind: 'status', code: 500 } });
    await clock.advance(HOUR_MS);
    expect(await tokens.tokenFor(account)).toBe('token-1');
    await clock.advance(4_999);
    expect(await tokens.tokenFor(account)).toBe('token-1');
    expect(faults.requests).toHaveLength(2);
    await clock.advance(1);
    expect(await tokens.tokenFor(account)).toBe('token-2');
  });

  it.each([
    [1, 'token-1'],
    [0, 'expired and refresh failed'],
  ])('serves the old token %d ms before its end: %s', async (leftMs, expected) => {
    const { tokens, clock, faults } = setup();
    await tokens.tokenFor(account);
    faults.inject({ when: () => true, fault: { kind: 'status', code: 500 } });
    await clock.advance(2 * HOUR_MS - leftMs);
    const got = await tokens.tokenFor(account).catch((error: unknown) => (error as Error).message);
    expect(got).toContain(expected);
  });

  it('keeps what is still good while it throws out what is not', async () => {
    const { tokens, clock, requests } = setup({ random: 0 });
    await tokens.tokenFor(account);
    await clock.advance(0.9 * HOUR_MS);
    await tokens.tokenFor({ ...account, name: 'builder' });
    expect(await tokens.tokenFor(account)).toBe('token-1');
    expect(requests).toHaveLength(2);
  });

  it('asks anew for an account that was recreated', async () => {
    const { tokens } = setup();
    expect(await tokens.tokenFor(account)).toBe('token-1');
    expect(await tokens.tokenFor({ ...account, uid: 'u2' })).toBe('token-2');
  });

  it('replaces a token at half its life, a few seconds early', async () => {
    const { tokens, clock } = setup();
    await tokens.tokenFor(account);
    await clock.advance(HOUR_MS - 11_000);
    expect(await tokens.tokenFor(account)).toBe('token-1');
    await clock.advance(11_000);
    expect(await tokens.tokenFor(account)).toBe('token-2');
  });

  it('keeps serving the old token while a refresh fails, until it expires', async () => {
    const { tokens, clock, faults, warnings } = setup();
    await tokens.tokenFor(account);
    faults.inject({ when: () => true, times: 1_000, fault: { kind: 'status', code: 500, message: 'etcd is away' } });
    await clock.advance(1.5 * HOUR_MS);
    const before = faults.requests.length;
    for (let i = 0; i < 20; i++) expect(await tokens.tokenFor(account)).toBe('token-1');
    expect(faults.requests.length - before).toBe(1);
    expect(warnings).toEqual([{ account: expect.stringContaining('team'), error: 'etcd is away' }]);
    await clock.advance(0.6 * HOUR_MS);
    await expect(tokens.tokenFor(account)).rejects.toMatchObject({
      message: 'token "default"/"team"/"u1" expired and refresh failed: etcd is away',
      cause: { status: { code: 500 } },
    });
  });

  it('says why there is no token, and tries again next time', async () => {
    const { tokens, faults } = setup();
    const body = failure(404, 'NotFound', 'serviceaccounts "default" not found');
    faults.inject({ when: () => true, fault: { kind: 'status', code: 404, body } });
    await expect(tokens.tokenFor(account)).rejects.toMatchObject({
      message: 'fetch token: serviceaccounts "default" not found',
      code: 'CARTO_TOKEN',
      cause: { status: { code: 404 } },
    });
    expect(await tokens.tokenFor(account)).toBe('token-1');
  });

  it('forgets every ten minutes what has expired, and nothing else', async () => {
    const { tokens, clock, faults } = setup({ lifeMs: 300_000 });
    const others = ['a', 'b', 'c', 'd'].map((name) => ({ ...account, name }));
    const ask = (i: number): Promise<string> => tokens.tokenFor(others[i] ?? account);
    /** Whether the token of an account was kept although it has expired. */
    const isKept = async (): Promise<boolean> => {
      faults.inject({ when: () => true, fault: { kind: 'status', code: 500 } });
      const failure = await tokens.tokenFor(account).catch((error: unknown) => (error as Error).message);
      return failure.includes('expired and refresh failed');
    };
    await tokens.tokenFor(account);
    await clock.advance(599_999);
    await ask(0);
    expect(await isKept()).toBe(true);
    await clock.advance(1);
    await ask(1);
    expect(await isKept()).toBe(false);
    expect(await ask(0)).toBe('token-2');
    await tokens.tokenFor(account);
    await clock.advance(599_999);
    await ask(2);
    expect(await isKept()).toBe(true);
    await clock.advance(1);
    await ask(3);
    expect(await isKept()).toBe(false);
  });

  it('forgets a token in the millisecond of its end', async () => {
    const { tokens, clock, faults } = setup({ lifeMs: 600_000 });
    await tokens.tokenFor(account);
    await clock.advance(600_000);
    await tokens.tokenFor({ ...account, name: 'builder' });
    faults.inject({ when: () => true, fault: { kind: 'status', code: 500 } });
    await expect(tokens.tokenFor(account)).rejects.toThrow('fetch token: ');
  });

  it('keeps twenty thousand tokens, and forgets the one unused for longest', async () => {
    const { tokens, requests } = setup();
    const other = (i: number) => ({ ...account, name: `n${i}` });
    await tokens.tokenFor(account);
    for (let i = 1; i < 20_000; i += 1) await tokens.tokenFor(other(i));
    expect(await tokens.tokenFor(account)).toBe('token-1');
    await tokens.tokenFor(other(20_000));
    expect(await tokens.tokenFor(account)).toBe('token-1');
    expect(await tokens.tokenFor(other(2))).toBe('token-3');
    expect(requests).toHaveLength(20_001);
    expect(await tokens.tokenFor(other(1))).toBe('token-20002');
  });

  it('forgets a token that the server refused', async () => {
    const { tokens } = setup();
    await tokens.tokenFor(account);
    tokens.forget(account);
    expect(await tokens.tokenFor(account)).toBe('token-2');
  });

  it('lets one caller give up without disturbing the others', async () => {
    const { tokens, faults, clock } = setup();
    faults.inject({ when: () => true, fault: { kind: 'delay', ms: 1_000 } });
    const abort = new AbortController();
    const impatient = tokens.tokenFor(account, abort.signal);
    const patient = tokens.tokenFor(account);
    abort.abort(new Error('no time'));
    await expect(impatient).rejects.toThrow('no time');
    await clock.advance(1_000);
    expect(await patient).toBe('token-1');
  });
});
