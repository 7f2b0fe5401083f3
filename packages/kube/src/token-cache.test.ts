import { failure, rfc3339, silentLog } from '@cartographer/machinery';
import type { Log, Transport, WireRequest } from '@cartographer/machinery';
import { createFakeClock, createFaultTransport } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { createTokenCache } from './token-cache.ts';

const account = { namespace: 'team', name: 'default', uid: 'u1' };
const HOUR_MS = 3_600_000;

function setup() {
  const clock = createFakeClock();
  const requests: WireRequest[] = [];
  const transport: Transport = {
    request(request) {
      requests.push(request);
      const status = { token: `token-${requests.length}`, expirationTimestamp: rfc3339(clock.now() + 2 * HOUR_MS) };
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
    random: () => 0.5,
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
    await expect(tokens.tokenFor(account)).rejects.toThrow(
      'token "default"/"team"/"u1" expired and refresh failed: etcd is away',
    );
  });

  it('says why there is no token, and tries again next time', async () => {
    const { tokens, faults } = setup();
    const body = failure(404, 'NotFound', 'serviceaccounts "default" not found');
    faults.inject({ when: () => true, fault: { kind: 'status', code: 404, body } });
    await expect(tokens.tokenFor(account)).rejects.toThrow('fetch token: serviceaccounts "default" not found');
    expect(await tokens.tokenFor(account)).toBe('token-1');
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
