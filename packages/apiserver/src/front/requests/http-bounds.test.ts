import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { failure, silentLog, type WireRequest, type WireResponse } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { type Credentials, loadCredentials, type ServerCertificate } from '../auth/credentials.ts';
import { statusAnswer } from '../wire/respond.ts';
import { type HttpServer, type HttpServerOptions, listenHttps } from './http-server.ts';

/** More than the buffers of two sockets hold. */
const LARGE = 'x'.repeat(16 * 1024 * 1024);

let credentials: Credentials;
let certificate: ServerCertificate;
beforeAll(async () => {
  credentials = await loadCredentials(undefined, Date.now());
  certificate = await credentials.serverCertificate();
});

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

type Started = { readonly server: HttpServer; readonly clock: FakeClock; readonly seen: WireRequest[] };

/** A server that lets in whoever brings credentials; `/large` is answered with {@link LARGE}. */
async function serve(limits: HttpServerOptions['limits'] = {}): Promise<Started> {
  const seen: WireRequest[] = [];
  const clock = createFakeClock();
  const answer = (body: string): WireResponse => ({ status: 200, headers: {}, body });
  const admit: HttpServerOptions['admit'] = async (head) => {
    if (head.headers?.['authorization'] === undefined)
      return statusAnswer(failure(401, 'Unauthorized', 'Unauthorized'));
    return async (body) => {
      seen.push({ ...head, body });
      return answer(head.path === '/large' ? LARGE : 'ok');
    };
  };
  const { serverCertPem: certPem, serverKeyPem: keyPem } = certificate;
  const server = await listenHttps({ certPem, keyPem, admit, clock, log: silentLog, limits }, { port: 0 });
  cleanUp.push(() => server.close());
  return { server, clock, seen };
}

/** A client that sends what it is told to and reads when it is told to. */
type Peer = { readonly text: () => string; readonly ended: () => boolean; readonly read: () => void };

function peer({ port }: HttpServer, text: string): Promise<Peer> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: credentials.caPem });
  let received = '';
  let ended = false;
  const read = (): void => void socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (ended = true));
  cleanUp.push(() => socket.destroy());
  return new Promise((resolve) => {
    socket.on('secureConnect', () =>
      socket.write(text, () => resolve({ text: () => received, ended: () => ended, read })),
    );
  });
}

const AUTH = 'authorization: Bearer t\r\n';
/** The beginning of a request with a body of 1,000 bytes, of which `sent` come along. */
const half = (headers: string, sent = 1): string =>
  `POST /x HTTP/1.1\r\nhost: h\r\n${headers}content-length: 1000\r\n\r\n${'x'.repeat(sent)}`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: h\r\n${AUTH}\r\n`;

/** A whole request, as other clients send them. */
function send({ port }: HttpServer, method = 'POST', path = '/x'): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer t' };
    const options = { host: '127.0.0.1', port, path, method, headers, ca: credentials.caPem, agent: false };
    const outgoing = httpsRequest(options, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end(method === 'GET' ? undefined : '{}');
  });
}

describe('who sends half a request', () => {
  test('is refused before its body is there when it brings no credentials', async () => {
    const { server } = await serve({ writesInFlight: 1 });
    const peers = await Promise.all(Array.from({ length: 5 }, () => peer(server, half(''))));
    for (const one of peers) one.read();
    await expect.poll(() => peers.every((one) => one.text().startsWith('HTTP/1.1 401'))).toBe(true);
    expect(await send(server)).toBe(200);
  });

  test('holds no place with credentials, either', async () => {
    const { server, seen } = await serve({ writesInFlight: 1 });
    await Promise.all(Array.from({ length: 5 }, () => peer(server, half(AUTH))));
    expect(await send(server)).toBe(200);
    expect(seen).toHaveLength(1);
  });

  test('loses its room to others, longest waiting first', async () => {
    const { server } = await serve({ bodyBytes: 1000 });
    const first = await peer(server, half(AUTH, 600));
    first.read();
    expect(await send(server)).toBe(200);
    const second = await peer(server, half(AUTH, 600));
    second.read();
    await expect.poll(first.ended).toBe(true);
    expect(first.text()).toMatch(/^HTTP\/1\.1 429 /);
    expect(await send(server)).toBe(200);
    expect(second.ended()).toBe(false);
  });
});

describe('who does not read the answer', () => {
  test('holds no place', async () => {
    const { server, seen } = await serve({ readsInFlight: 1 });
    await peer(server, get('/large'));
    await expect.poll(() => seen.length).toBe(1);
    expect(await send(server, 'GET')).toBe(200);
  });

  test('gets it, if it begins to read within a minute', async () => {
    const { server, clock, seen } = await serve();
    const slow = await peer(server, get('/large'));
    await expect.poll(() => seen.length).toBe(1);
    await clock.advance(59_999);
    slow.read();
    await expect.poll(() => slow.text().length).toBeGreaterThan(LARGE.length);
    await expect.poll(() => clock.pending).toBe(0);
  });

  test('is cut off after a minute', async () => {
    const { server, clock, seen } = await serve();
    const slow = await peer(server, get('/large'));
    await expect.poll(() => seen.length).toBe(1);
    await clock.advance(60_000);
    slow.read();
    await expect.poll(slow.ended).toBe(true);
    expect(slow.text().length).toBeLessThan(LARGE.length);
  });

  test('loses its room to others, longest waiting first', async () => {
    const { server, seen } = await serve({ answerBytes: 2 * LARGE.length });
    const peers: Peer[] = [];
    for (let i = 1; i <= 2; i += 1) {
      peers.push(await peer(server, get('/large')));
      await expect.poll(() => seen.length).toBe(i);
    }
    for (const one of peers) one.read();
    await expect.poll(() => peers[0]?.ended()).toBe(true);
    expect(peers[0]?.text().length).toBeLessThan(LARGE.length);
    await expect.poll(() => peers[1]?.text().length).toBeGreaterThan(LARGE.length);
  });

  test('is answered one request after the other, in turn, and may not send on for ever', async () => {
    const { server, seen } = await serve();
    const patient = await peer(server, get('/large') + get('/a') + get('/b'));
    await expect.poll(() => seen.length).toBe(1);
    expect(await send(server)).toBe(200);
    expect(seen.map(({ path }) => path)).toEqual(['/large', '/x']);
    patient.read();
    await expect.poll(() => seen.map(({ path }) => path)).toEqual(['/large', '/x', '/a', '/b']);
    const flood = await peer(server, get('/large') + get('/a').repeat(200));
    flood.read();
    await expect.poll(flood.ended).toBe(true);
  });
});

describe('who opens connections and says nothing', () => {
  const mute = ({ port }: HttpServer): Socket => {
    const socket = connectTcp({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    socket.resume();
    cleanUp.push(() => socket.destroy());
    return socket;
  };

  test('pushes out himself, and nobody who works', async () => {
    const { server } = await serve({ connections: 4 });
    const kept = await peer(server, get('/x'));
    kept.read();
    await expect.poll(kept.text).toMatch(/ok/);
    const sockets = Array.from({ length: 20 }, () => mute(server));
    await expect.poll(() => sockets.filter((socket) => socket.closed).length).toBe(17);
    expect(await send(server)).toBe(200);
    expect(kept.ended()).toBe(false);
  });

  test('has ten seconds for the TLS handshake', async () => {
    const { server, clock } = await serve();
    const kept = await peer(server, '');
    const socket = mute(server);
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(9_999);
    expect(socket.closed).toBe(false);
    await clock.advance(1);
    await expect.poll(() => socket.closed).toBe(true);
    expect(kept.ended()).toBe(false);
  });
});
