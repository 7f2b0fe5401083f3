import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTrafficFront, type TrafficFront } from './traffic-front.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n';

describe('the address of a Service', () => {
  let folder: string;
  let front: TrafficFront;
  let servers: Server[];
  let sockets: Socket[];
  beforeEach(async () => {
    [servers, sockets] = [[], []];
    folder = await mkdtemp(join(tmpdir(), 'carto-front-'));
    front = await startTrafficFront({
      portFile: join(folder, 'port'),
      name: 'team/web',
      clock: systemClock,
      log: silentLog,
    });
  });
  afterEach(async () => {
    await front.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    await rm(folder, { recursive: true, force: true });
  });
  /** An app that does to each request, by its number, what a test says. */
  const app = async (answer: (socket: Socket, request: string, count: number) => void): Promise<number> => {
    let count = 0;
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => answer(socket, chunk.toString(), (count += 1)));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    return (server.address() as AddressInfo).port;
  };
  const ask = async (init?: RequestInit): Promise<string> => {
    const response = await fetch(front.url, init);
    return `${response.status} ${await response.text()}`;
  };

  it('lets requests wait for an app that is just starting', async () => {
    const answers = Promise.all([ask(), ask()]);
    front.route(await app((socket) => socket.write(`${OK}\r\nhi`)));
    expect(await answers).toEqual(['200 hi', '200 hi']);
  });

  it('asks again when a connection breaks before the answer, unless there was a body', async () => {
    front.route(
      await app((socket, _request, count) => (count % 2 === 1 ? socket.destroy() : socket.write(`${OK}\r\nhi`))),
    );
    expect(await ask()).toBe('200 hi');
    expect(await ask({ method: 'POST', body: 'x' })).toMatch(/^502 team\/web did not answer: /);
  });

  it('passes on who asked, and leaves out what speaks of one connection', async () => {
    let seen = '';
    const port = await app((socket, request) => {
      seen = request.toLowerCase();
      socket.write(`${OK}keep-alive: timeout=9\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\r\nhi`);
    });
    front.route(port);
    const response = await fetch(front.url, { headers: { te: 'trailers', 'x-mine': 'yes' } });
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('keep-alive')).not.toBe('timeout=9');
    const { host } = new URL(front.url);
    expect(seen).toContain(`\r\nhost: ${host}\r\n`);
    expect(seen).toContain(`\r\nx-forwarded-host: ${host}\r\n`);
    expect(seen).toContain('\r\nx-mine: yes\r\n');
    expect(seen).not.toContain('\r\nte: ');
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a status that HTTP does not know', 'HTTP/1.1 000 NO\r\ncontent-length: 0\r\n\r\n'],
  ])('survives an answer that is %s', async (_name, answer) => {
    front.route(await app((socket) => socket.end(answer)));
    expect(await ask()).toMatch(/^502 team\/web did not answer: /);
  });

  it('breaks off when the app breaks off in the middle of an answer', async () => {
    front.route(await app((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi')));
    await expect(ask()).rejects.toThrow();
  });

  it('knows when the last request to an old revision is answered', async () => {
    const asked = Promise.withResolvers<Socket>();
    const old = await app((socket) => asked.resolve(socket));
    front.route(old);
    const answer = ask();
    const waiting = await asked.promise;
    front.route(await app((socket) => socket.write(`${OK}\r\nyo`)));
    let isDrained = false;
    const drained = front.drained(old, 10_000).then(() => (isDrained = true));
    expect(await ask()).toBe('200 yo');
    expect(isDrained).toBe(false);
    waiting.write(`${OK}\r\nhi`);
    expect(await answer).toBe('200 hi');
    await drained;
  });

  it('survives a caller who wants a WebSocket and breaks off while there is no app', async () => {
    const { port } = new URL(front.url);
    const open = (): Socket => connect({ host: '127.0.0.1', port: Number(port) });
    /** What is no HTTP is answered at once, and after what came before it. */
    const untilRead = async (): Promise<void> => {
      const [answer] = await once(open().end('nonsense\r\n\r\n'), 'data');
      expect(String(answer)).toContain('400 Bad Request');
    };
    const caller = open();
    caller.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    await untilRead();
    caller.resetAndDestroy();
    await untilRead();
    front.route(await app((socket) => socket.write(`${OK}\r\nhi`)));
    expect(await ask()).toBe('200 hi');
  });
});
