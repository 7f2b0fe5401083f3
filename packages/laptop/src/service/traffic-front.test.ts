import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../stable-port.ts';
import { muteConnections } from '../testing/crowd.ts';
import { startTrafficFront, type TrafficFront } from './traffic-front.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n';

describe('the address of a Service', () => {
  let folder: string;
  let front: TrafficFront;
  let servers: Server[];
  let sockets: Socket[];
  /** Happens while the front waits before it looks for the app again. */
  let onSleep: () => void;
  /** What the front wants to do later, by the time until then. */
  let scheduled: Map<number, () => void>;
  beforeEach(async () => {
    [servers, sockets, onSleep, scheduled] = [[], [], () => undefined, new Map()];
    folder = await mkdtemp(join(tmpdir(), 'carto-front-'));
    front = await startTrafficFront({
      portFile: join(folder, 'port'),
      name: 'team/web',
      clock: {
        ...systemClock,
        sleep: async () => onSleep(),
        schedule(afterMs, run) {
          scheduled.set(afterMs, run);
          return () => void (scheduled.get(afterMs) === run && scheduled.delete(afterMs));
        },
      },
      log: silentLog,
      maxConnections: 3,
    });
  });
  afterEach(async () => {
    await front.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    await rm(folder, { recursive: true, force: true });
  });
  /** An app that does to each request, by its number, what a test says. */
  const app = async (
    answer: (socket: Socket, request: string, count: number) => void,
    onConnection?: () => void,
  ): Promise<number> => {
    let count = 0;
    const server = createServer((socket) => {
      sockets.push(socket);
      onConnection?.();
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => answer(socket, chunk.toString(), (count += 1)));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    return (server.address() as AddressInfo).port;
  };
  /** Resolves when the time of another request has begun; it is given 111 ms by the tests that use this. */
  const untilBegun = async (): Promise<void> => {
    const begun = scheduled.get(111);
    while (scheduled.get(111) === begun) await new Promise((resolve) => setImmediate(resolve));
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

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'POST'])(
    'sends a %s once, and says so when no answer comes',
    async (method) => {
      let count = 0;
      const port = await app((socket, _request, which) => {
        count = which;
        socket.destroy();
      });
      front.route(port);
      const response = await fetch(front.url, { method });
      expect([response.status, count]).toEqual([502, 1]);
      expect(await response.text()).toMatch(
        method === 'HEAD' ? /^$/ : /^team\/web did not answer: .*; the request had been sent and is not sent again/,
      );
    },
  );

  it('sends what is idempotent and without a body once more when the connection was reset, and no further', async () => {
    let seen: string[] = [];
    let resets = 1;
    const port = await app((socket, request) => {
      seen.push(request.split(' ', 1)[0] ?? '');
      if (seen.length <= resets) socket.resetAndDestroy();
      else socket.write(`${OK}\r\nhi`);
    });
    front.route(port);
    expect(await ask()).toBe('200 hi');
    expect(seen).toEqual(['GET', 'GET']);
    for (const [method, body, times] of [
      ['GET', undefined, 2],
      ['PUT', 'x', 1],
      ['POST', undefined, 1],
    ] as const) {
      [seen, resets] = [[], 9];
      expect(await ask({ method, ...(body === undefined ? {} : { body }) })).toMatch(/^502 .* is not sent again/);
      expect(seen).toEqual(Array(times).fill(method));
    }
  });

  it('sends nothing over a connection that was used before: the app may be closing it', async () => {
    let connections = 0;
    const port = await app(
      (socket) => socket.write(`${OK}\r\nhi`),
      () => (connections += 1),
    );
    front.route(port);
    expect([await ask(), await ask()]).toEqual(['200 hi', '200 hi']);
    expect(connections).toBe(2);
  });

  it('looks for the app again as long as nothing was sent, whatever the method', async () => {
    const live = await app((socket, request) => request.endsWith('x') && socket.write(`${OK}\r\nhi`));
    front.route(await findFreePort());
    onSleep = () => front.route(live);
    expect(await ask({ method: 'POST', body: 'x' })).toBe('200 hi');
  });

  it('says that nothing was sent when the app cannot be reached', async () => {
    front.route(await findFreePort());
    expect(await ask({ method: 'POST', body: 'x' })).toMatch(
      /^502 team\/web cannot be reached, and the request was not sent: /,
    );
    const caller = connect({ host: '127.0.0.1', port: Number(new URL(front.url).port) });
    caller.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    expect(String((await once(caller, 'data'))[0])).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  it('keeps a body that comes in chunks in the frame of its own request', async () => {
    let seen = '';
    front.route(
      await app((socket, request) => {
        seen += request;
        if (seen.endsWith('\r\n0\r\n\r\n')) socket.write(`${OK}\r\nhi`);
      }),
    );
    const caller = connect({ host: '127.0.0.1', port: Number(new URL(front.url).port) });
    caller.write('GET / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    expect(String((await once(caller, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen.toLowerCase()).toContain('\r\ntransfer-encoding: chunked\r\n');
    expect(seen.endsWith('\r\n\r\n3\r\nabc\r\n0\r\n\r\n')).toBe(true);
    caller.destroy();
  });

  it('answers while others hold connections and say nothing', async () => {
    front.route(await app((socket) => socket.write(`${OK}\r\nhi`)));
    const crowd = await muteConnections(new URL(front.url).host, 10);
    expect(await ask()).toBe('200 hi');
    await expect.poll(crowd.closed).toBe(8);
    crowd.leave();
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
    [
      'a switch of protocols that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    ],
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

  it('gives an app as many requests at a time as it takes, and lets the others wait', async () => {
    const seen: string[] = [];
    const first = Promise.withResolvers<Socket>();
    const knocked = Promise.withResolvers<void>();
    const port = await app((socket, request) => {
      seen.push(request.split(' ', 2).join(' '));
      if (request.startsWith('knock')) knocked.resolve();
      else if (seen.length === 1) first.resolve(socket);
      else socket.write(`${OK}\r\nhi`);
    });
    front.route(port, { timeoutMs: 111, concurrency: 1 });
    const answers = [fetch(`${front.url}/1`)];
    const socket = await first.promise;
    answers.push(fetch(`${front.url}/2`));
    await untilBegun();
    // Who comes after the second request without having to wait; had that been sent, it would have come first.
    connect({ host: '127.0.0.1', port }).end('knock');
    await knocked.promise;
    expect(seen).toEqual(['GET /1', 'knock']);
    socket.write(`${OK}\r\nhi`);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect(seen).toEqual(['GET /1', 'knock', 'GET /2']);
  });

  it.each([
    ['timeoutSeconds', { timeoutMs: 111, concurrency: 0 }],
    ['responseStartTimeoutSeconds', { timeoutMs: 999, responseStartMs: 111, concurrency: 0 }],
    ['idleTimeoutSeconds', { timeoutMs: 999, idleMs: 111, concurrency: 0 }],
  ])('gives up a request that takes longer than its %s', async (field, limits) => {
    const asked = Promise.withResolvers<Socket>();
    front.route(await app((socket) => asked.resolve(socket)), limits);
    const answer = ask();
    const socket = await asked.promise;
    const ended = once(socket, 'close');
    scheduled.get(111)?.();
    expect(await answer).toBe(`504 request timeout: team/web took longer than its ${field}\n`);
    await ended;
    expect([...scheduled.keys()]).toEqual([]);
  });

  it('gives up a request that waits for its turn, without a word to the app', async () => {
    let count = 0;
    const first = Promise.withResolvers<Socket>();
    front.route(
      await app((socket) => {
        count += 1;
        first.resolve(socket);
      }),
      { timeoutMs: 111, concurrency: 1 },
    );
    const served = ask();
    const socket = await first.promise;
    const waiting = ask();
    await untilBegun();
    scheduled.get(111)?.();
    expect(await waiting).toMatch(/^504 request timeout: /);
    socket.write(`${OK}\r\nhi`);
    expect([await served, count]).toEqual(['200 hi', 1]);
  });

  it('breaks off an answer that has begun and a WebSocket when their time is over', async () => {
    front.route(await app((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi')), {
      timeoutMs: 111,
      concurrency: 0,
    });
    const response = await fetch(front.url);
    scheduled.get(111)?.();
    await expect(response.text()).rejects.toThrow();

    const caller = connect({ host: '127.0.0.1', port: Number(new URL(front.url).port) });
    caller.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    await once(caller, 'data');
    const closed = once(caller, 'close');
    scheduled.get(111)?.();
    await closed;
  });

  it('answers to the names of this machine only, and passes nothing else on', async () => {
    let count = 0;
    front.route(
      await app((socket) => {
        count += 1;
        socket.write(`${OK}\r\nhi`);
      }),
    );
    for (const more of ['', 'connection: upgrade\r\nupgrade: websocket\r\n']) {
      const caller = connect({ host: '127.0.0.1', port: Number(new URL(front.url).port) });
      caller.write(`GET / HTTP/1.1\r\nhost: evil.example\r\n${more}\r\n`);
      expect(String((await once(caller, 'data'))[0])).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
      caller.destroy();
    }
    expect(await ask()).toBe('200 hi');
    expect(count).toBe(1);
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
    caller.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    await untilRead();
    caller.resetAndDestroy();
    await untilRead();
    front.route(await app((socket) => socket.write(`${OK}\r\nhi`)));
    expect(await ask()).toBe('200 hi');
  });
});
