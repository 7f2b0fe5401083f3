import { Secret } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { staticCredentials } from './cluster-access.ts';
import { createConnectionPools } from './connection-pools.ts';

const bounds = { connections: 4, connectTimeoutMs: 1, requestTimeoutMs: 1, maxAnswerBytes: 1, maxWatchLineBytes: 1 };
const access = { server: 'https://127.0.0.1:1', credentials: staticCredentials({}), namespace: 'default' };
const certificate = (certPem: string) => ({ certPem, keyPem: new Secret('key') });

describe('connection pools', () => {
  it('keep requests apart from watches, and our client certificate from other identities', async () => {
    const pools = createConnectionPools(access, bounds);
    const mine = certificate('one');
    const distinct = new Set([
      pools.take(mine, false),
      pools.take(mine, true),
      pools.take(undefined, false),
      pools.take(undefined, true),
    ]);
    expect(distinct.size).toBe(4);
    expect(pools.take(certificate('one'), false)).toBe(pools.take(mine, false));
    await pools.close();
  });

  it('replace the connections of a rotated certificate', async () => {
    const pools = createConnectionPools(access, bounds);
    const old = pools.take(certificate('one'), false);
    expect(pools.take(certificate('two'), false)).not.toBe(old);
    expect(old).toHaveProperty('closed', true);
    await pools.close();
  });

  it('end the watches of a rotated certificate as well, and leave alone those who show none', async () => {
    const pools = createConnectionPools(access, bounds);
    const old = pools.take(certificate('one'), true);
    const bare = [pools.take(undefined, false), pools.take(undefined, true)];
    pools.take(certificate('two'), true);
    expect(old).toHaveProperty('closed', true);
    expect([pools.take(undefined, false), pools.take(undefined, true)]).toEqual(bare);
    expect(bare[1]).toHaveProperty('closed', false);
    await pools.close();
  });

  it('are all closed at the end', async () => {
    const pools = createConnectionPools(access, bounds);
    const certificates = [undefined, certificate('one')];
    const all = certificates.flatMap((each) => [pools.take(each, false), pools.take(each, true)]);
    await pools.close();
    expect(all.map((pool) => (pool as { readonly destroyed?: boolean }).destroyed)).toEqual([true, true, true, true]);
    await createConnectionPools(access, bounds).close();
  });
});
