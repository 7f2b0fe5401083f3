import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePodPort } from '../testing/pod-port-server.ts';
import { bearer, type ClusterAccess, staticCredentials } from './cluster-access.ts';
import { forwardPort } from './port-forward.ts';

const MANY = 300_000;
const never = new AbortController().signal;
const TO = { namespace: 'cartographer-system', pod: 'scanner-1', port: 9444 };

/** Says back what it hears, as many times as it says, and ends when it has heard an x. */
const echo = createServer((socket) => {
  socket.on('data', (chunk) => {
    const text = chunk.toString();
    socket.write(text === 'many' ? 'y'.repeat(MANY) : text);
    if (text.endsWith('x')) socket.end();
  });
});

let port: number;
beforeAll(async () => {
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  ({ port } = echo.address() as AddressInfo);
});
afterAll(() => void echo.close());

const access = (server: string): ClusterAccess => ({
  server,
  credentials: staticCredentials({ authorization: bearer('a-token') }),
  namespace: 'default',
});

describe('a forwarded port of a pod', () => {
  it('is asked for with the credentials of the cluster, and carries both ways what is said', async () => {
    await using server = await servePodPort({ port });
    const stream = await forwardPort(access(`${server.url}/prefix/`), TO, never);
    expect(server.asked).toEqual([
      {
        path: '/prefix/api/v1/namespaces/cartographer-system/pods/scanner-1/portforward?ports=9444',
        authorization: 'Bearer a-token',
      },
    ]);
    stream.write('one ');
    expect(String((await once(stream, 'data'))[0])).toBe('one ');
    const long = 'z'.repeat(70_000);
    stream.write(`${long}x`);
    expect((await buffer(stream)).toString()).toBe(`${long}x`);
  });

  it('gives much in order, and ends where the pod ends', async () => {
    await using server = await servePodPort({ port });
    const stream = await forwardPort(access(server.url), TO, never);
    stream.write('many');
    let heard = 0;
    for await (const chunk of stream) {
      heard += (chunk as Buffer).length;
      if (heard === MANY) stream.write('x');
    }
    expect(heard).toBe(MANY + 1);
  });

  it.each([
    ['that the API server refuses', { refuse: 403 }],
    ['that the kubelet cannot open', { fail: 'error forwarding port 9444 to pod: connection refused' }],
  ])('%s ends in an error that says which', async (_what, how) => {
    await using server = await servePodPort({ port, ...how });
    const failed = forwardPort(access(server.url), TO, never).then((stream) => buffer(stream));
    await expect(failed).rejects.toMatchObject({
      code: 'CARTO_CONNECT_FAILED',
      message: expect.stringMatching(/^port 9444 of pod cartographer-system\/scanner-1 cannot be reached: /) as string,
    });
  });

  it('of a server that is away ends in an error, and a given up one in its reason', async () => {
    await expect(forwardPort(access('http://127.0.0.1:1'), TO, never)).rejects.toThrow('cannot be reached');
    const reason = new Error('nobody waits any more');
    await expect(forwardPort(access('http://127.0.0.1:1'), TO, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
