import type { Clock } from '@cartographer/machinery';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';

import { loadCredentials } from './credentials.ts';
import { createServiceAccountTokens, ISSUER } from './service-account-tokens.ts';

let signingKeyPem: string;
let otherKeyPem: string;
beforeAll(async () => {
  ({ signingKeyPem } = await loadCredentials(undefined, Date.now()));
  ({ signingKeyPem: otherKeyPem } = await loadCredentials(undefined, Date.now()));
});

function clockAt(start: number): Clock & { at: number } {
  const clock = {
    at: start,
    now: () => clock.at,
    monotonicMs: () => clock.at,
    schedule: () => () => undefined,
    sleep: () => Promise.resolve(),
  };
  return clock;
}

const START = 1_700_000_000_000;
const account = { namespace: 'team', name: 'sa', uid: 'u-1', audiences: [ISSUER] };

describe('a service account token', () => {
  test('carries the claims of a real one and is verified', async () => {
    const tokens = createServiceAccountTokens(signingKeyPem, clockAt(START));
    const token = await tokens.sign({ ...account, expiresAtMs: START + 600_000 });
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256' });
    expect(decodeJwt(token)).toMatchObject({
      aud: [ISSUER],
      iss: ISSUER,
      exp: START / 1000 + 600,
      iat: START / 1000,
      nbf: START / 1000,
      sub: 'system:serviceaccount:team:sa',
      'kubernetes.io': { namespace: 'team', serviceaccount: { name: 'sa', uid: 'u-1' } },
    });
    expect(await tokens.verify(token)).toMatchObject({ namespace: 'team', name: 'sa', uid: 'u-1' });
  });

  test('once verified is known without waiting, until it expires', async () => {
    const clock = clockAt(START);
    const tokens = createServiceAccountTokens(signingKeyPem, clock);
    const token = await tokens.sign({ ...account, expiresAtMs: START + 600_000 });
    await tokens.verify(token);
    expect(tokens.verify(token)).not.toBeInstanceOf(Promise);
    clock.at += 600_001;
    expect(tokens.verify(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  test('of another key, changed, or no token at all is refused', async () => {
    const clock = clockAt(START);
    const tokens = createServiceAccountTokens(signingKeyPem, clock);
    const foreign = await createServiceAccountTokens(otherKeyPem, clock).sign({
      ...account,
      expiresAtMs: START + 600_000,
    });
    const own = await tokens.sign({ ...account, expiresAtMs: START + 600_000 });
    const [head, body, signature] = own.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    for (const text of [foreign, `${head}.${body}x.${signature}`, unsigned, 'a.b.c', '']) {
      expect(await tokens.verify(text)).toBeUndefined();
    }
  });
});
