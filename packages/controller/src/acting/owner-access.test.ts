import { createClient, TokenError } from '@cartographer/kube';
import { failure, silentLog, type WireRequest, type WireResponse } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createOwnerAccess } from './owner-access.ts';

const { signal } = new AbortController();
const builder = { namespace: 'team', name: 'builder', uid: 'b1' };
const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const key = { namespace: 'team', name: 'made' };

/** What a server says to a read that comes with this token. */
type Read = (token: string) => WireResponse;

const found: Read = () => ({ status: 200, headers: {}, body: { kind: 'ConfigMap', metadata: key } });
const refuse = (code: number): WireResponse => ({ status: code, headers: {}, body: failure(code, undefined, 'no') });

/** Access by way of a server that gives out tokens `ACCOUNT-1`, `ACCOUNT-2`, …; `asked` is what came, with whose token. */
function accessing(read: Read = found, issue: () => WireResponse | undefined = () => undefined) {
  const asked: string[] = [];
  const issued = new Map<string, number>();
  const request = async ({ path, headers }: WireRequest): Promise<WireResponse> => {
    const token = (headers?.['authorization'] ?? 'nobody').replace('Bearer ', '');
    const account = /\/serviceaccounts\/(.*)\/token$/.exec(path)?.[1];
    asked.push(`${account === undefined ? 'read' : `token of ${account}`} as ${token}`);
    if (account === undefined) return read(token);
    const count = (issued.get(account) ?? 0) + 1;
    issued.set(account, count);
    const status = { token: `${account}-${count}`, expirationTimestamp: '1970-01-01T02:00:00Z' };
    return issue() ?? { status: 201, headers: {}, body: { status } };
  };
  const clock = createFakeClock(0);
  const client = createClient({ transport: { request, close: async () => undefined }, clock, token: 'controller' });
  const access = createOwnerAccess({ client, clock, log: silentLog });
  const asRead = (account = builder) => access.as(account, signal, (own) => own.get(configMaps, key));
  return { asked, access, asRead };
}

describe('what is done as the account of an owner', () => {
  it('carries the token of that account, asked for once with the rights of the controller', async () => {
    const { asked, asRead } = accessing();
    expect(await asRead()).toMatchObject({ metadata: key });
    await asRead();
    await asRead({ ...builder, name: 'other', uid: 'o1' });
    expect(asked).toEqual([
      'token of builder as controller',
      'read as builder-1',
      'read as builder-1',
      'token of other as controller',
      'read as other-1',
    ]);
  });

  it('uses one client as long as the token is the same, and another for another', async () => {
    const { access } = accessing((token) => (token === 'builder-2' ? found(token) : refuse(401)));
    const clients: unknown[] = [];
    const use = () =>
      access.as(builder, signal, (own) => {
        clients.push(own);
        return own.get(configMaps, key);
      });
    await use();
    await use();
    expect(clients).toHaveLength(3);
    expect([clients[0] === clients[1], clients[1] === clients[2]]).toEqual([false, true]);
  });

  it('is never done with the token of an account of that name which was deleted', async () => {
    const { asked, asRead } = accessing();
    await asRead();
    await asRead({ ...builder, uid: 'b2' });
    expect(asked.filter((line) => line.startsWith('read'))).toEqual(['read as builder-1', 'read as builder-2']);
  });

  it('is tried once more with a new token when the server does not know the old one, and no third time', async () => {
    const { asked, asRead } = accessing(() => refuse(401));
    await expect(asRead()).rejects.toMatchObject({ status: { code: 401 } });
    expect(asked).toEqual([
      'token of builder as controller',
      'read as builder-1',
      'token of builder as controller',
      'read as builder-2',
    ]);
  });

  it.each([403, 404, 409, 500])(
    'is not tried again when the server answers %i, and the token is kept',
    async (code) => {
      const answers = [refuse(code)];
      const { asked, asRead } = accessing((token) => answers.shift() ?? found(token));
      await expect(asRead()).rejects.toMatchObject({ status: { code } });
      await asRead();
      expect(asked).toEqual(['token of builder as controller', 'read as builder-1', 'read as builder-1']);
    },
  );

  it('is not done at all without a token', async () => {
    const { asked, asRead } = accessing(found, () => refuse(403));
    await expect(asRead()).rejects.toBeInstanceOf(TokenError);
    expect(asked).toEqual(['token of builder as controller']);
  });
});
