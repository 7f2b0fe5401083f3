import { request as httpsRequest } from 'node:https';

import { silentLog, type WatchEvent, type WireRequest, type WireResponse } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { type Credentials, loadCredentials, type ServerCertificate } from '../auth/credentials.ts';
import { type HttpServer, type HttpServerOptions, listenHttps, MAX_BODY_BYTES } from './http-server.ts';

let credentials: Credentials;
let certificate: ServerCertificate;
beforeAll(async () => {
  credentials = await loadCredentials(undefined, Date.now());
  certificate = await credentials.serverCertificate();
});

const open: HttpServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

type Handle = (request: WireRequest) => Promise<WireResponse>;

function optionsFor(handle: Handle): HttpServerOptions {
  const { serverCertPem: certPem, serverKeyPem: keyPem } = certificate;
  const admit: HttpServerOptions['admit'] = async (head) => (body) => handle({ ...head, body });
  return { certPem, keyPem, admit, clock: createFakeClock(), log: silentLog };
}

async function serve(handle: Handle, more: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await listenHttps({ ...optionsFor(handle), ...more }, { port: 0 });
  open.push(server);
  return server;
}

type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly text: string };

function send(
  server: HttpServer,
  path: string,
  options: {
    method?: string;
    body?: string | Buffer;
    headers?: Record<string, string>;
    until?: (text: string) => boolean;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, until } = options;
    const target = { host: '127.0.0.1', port: server.port, path, method, headers, ca: credentials.caPem, agent: false };
    const outgoing = httpsRequest(target, (incoming) => {
      let text = '';
      const done = (): void => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      if (until?.('') === true) {
        done();
        incoming.destroy();
      }
      incoming.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (until?.(text) === true) {
          done();
          incoming.destroy();
        }
      });
      incoming.on('end', done);
      incoming.on('error', done);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const ok = (body: WireResponse['body']): WireResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body,
});

describe('the HTTPS entrance', () => {
  test('passes method, path, query, headers and body on, and answers with a length', async () => {
    let seen: WireRequest | undefined;
    const server = await serve(async (request) => {
      seen = request;
      return ok({ n: 1 });
    });
    const answer = await send(server, '/api/v1/x?a=1&a=2&b=%20c', { method: 'POST', body: '{"k":1}' });
    expect(answer).toMatchObject({ status: 200, text: '{"n":1}\n' });
    expect(answer.headers['content-length']).toBe('8');
    expect(seen).toMatchObject({ method: 'POST', path: '/api/v1/x' });
    expect({ ...seen?.query }).toEqual({ a: '1', b: ' c' });
    expect(Buffer.from(seen?.body as Uint8Array).toString()).toBe('{"k":1}');
  });

  test('writes integers beyond 2^53 with all their digits', async () => {
    const server = await serve(async () => ok({ n: 9007199254740993n }));
    expect((await send(server, '/')).text).toBe('{"n":9007199254740993}\n');
  });

  test('writes headers that hold more than ASCII as UTF-8', async () => {
    const server = await serve(async () => ({ ...ok({}), headers: { warning: '299 - "wörld ✓"' } }));
    const { headers } = await send(server, '/');
    expect(Buffer.from(String(headers['warning']), 'latin1').toString('utf8')).toBe('299 - "wörld ✓"');
  });

  test('refuses a body over the limit with 413, announced or not', async () => {
    const server = await serve(async () => ok({}));
    const body = Buffer.alloc(MAX_BODY_BYTES + 1, 0x20);
    const refusal = { status: 413, text: expect.stringContaining('Request entity too large: limit is 3145728') };
    expect(await send(server, '/', { method: 'POST', body })).toMatchObject(refusal);
    const headers = { 'transfer-encoding': 'chunked' };
    expect(await send(server, '/', { method: 'POST', body, headers })).toMatchObject(refusal);
    const whole = body.subarray(0, MAX_BODY_BYTES);
    expect(await send(server, '/', { method: 'POST', body: whole })).toMatchObject({ status: 200 });
  });

  test('refuses what exceeds the cap with 429 and a time to come again; watches do not count', async () => {
    const releases: (() => void)[] = [];
    const handle = (request: WireRequest): Promise<WireResponse> =>
      new Promise((resolve) => {
        if (request.query?.['watch'] === '1') resolve({ ...ok(undefined), events: nothing(request.signal) });
        else releases.push(() => resolve(ok({})));
      });
    const server = await serve(handle, { limits: { readsInFlight: 1 } });
    const first = send(server, '/slow');
    await expect.poll(() => releases.length).toBe(1);
    expect(await send(server, '/')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(await send(server, '/?watch=1', { until: () => true })).toMatchObject({ status: 200 });
    for (const release of releases.splice(0)) release();
    expect(await first).toMatchObject({ status: 200 });
    const second = send(server, '/');
    await expect.poll(() => releases.length).toBe(1);
    for (const release of releases.splice(0)) release();
    expect(await second).toMatchObject({ status: 200 });
  });

  test('refuses methods that Kubernetes does not know', async () => {
    const server = await serve(async () => ok({}));
    expect(await send(server, '/', { method: 'OPTIONS' })).toMatchObject({ status: 405 });
  });

  test('names the port that is taken and what to do', async () => {
    const server = await serve(async () => ok({}));
    const again = listenHttps(
      optionsFor(async () => ok({})),
      { port: server.port },
    );
    await expect(again).rejects.toMatchObject({
      code: 'CARTO_PORT_IN_USE',
      message: `port ${server.port} on 127.0.0.1 is in use by another process; stop it or choose another port`,
    });
  });
});

describe('a watch over HTTPS', () => {
  test('sends its headers before there is any event', async () => {
    const server = await serve(async ({ signal }) => ({ ...ok(undefined), events: nothing(signal) }));
    expect(await send(server, '/x?watch=true', { until: () => true })).toMatchObject({ status: 200, text: '' });
  });

  test('is one line an event, and ends its source when the client goes', async () => {
    let ended = false;
    async function* two(signal?: AbortSignal): AsyncGenerator<WatchEvent> {
      yield { type: 'ADDED', object: { n: 1 } };
      yield { type: 'DELETED', object: { n: 2n ** 60n } };
      yield* nothing(signal);
      ended = true;
    }
    const server = await serve(async ({ signal }) => ({ ...ok(undefined), events: two(signal) }));
    const { text } = await send(server, '/x?watch=true', { until: (so) => so.split('\n').length === 3 });
    expect(text).toBe('{"type":"ADDED","object":{"n":1}}\n{"type":"DELETED","object":{"n":1152921504606846976}}\n');
    await expect.poll(() => ended).toBe(true);
  });

  test('asks for no more while the client does not read', async () => {
    let produced = 0;
    async function* flood(): AsyncGenerator<WatchEvent> {
      while (produced < 2000) {
        produced += 1;
        yield { type: 'ADDED', object: { data: 'x'.repeat(50_000) } };
      }
    }
    const server = await serve(async () => ({ ...ok(undefined), events: flood() }));
    const target = { host: '127.0.0.1', port: server.port, path: '/x?watch=1', ca: credentials.caPem, agent: false };
    const outgoing = httpsRequest(target, (incoming) => incoming.pause());
    outgoing.on('error', () => undefined);
    outgoing.end();
    let before = -1;
    await expect
      .poll(() => {
        const still = produced > 0 && produced === before;
        before = produced;
        return still;
      })
      .toBe(true);
    expect(produced).toBeLessThan(2000);
    outgoing.destroy();
  });

  test('ends when the server closes', async () => {
    const server = await serve(async ({ signal }) => ({ ...ok(undefined), events: nothing(signal) }));
    let ended: unknown;
    const watching = send(server, '/x?watch=1').then(
      (answer) => (ended = answer),
      (error: unknown) => (ended = error),
    );
    await send(server, '/y?watch=1', { until: () => true });
    await server.close();
    await watching;
    expect(ended).toBeDefined();
  });
});

/** No events until the signal ends it. */
function nothing(signal: AbortSignal | undefined): AsyncIterable<WatchEvent> {
  const next = (): Promise<IteratorResult<WatchEvent>> =>
    new Promise((resolve) => {
      const done = (): void => resolve({ done: true, value: undefined });
      if (signal?.aborted === true) done();
      else signal?.addEventListener('abort', done, { once: true });
    });
  return { [Symbol.asyncIterator]: () => ({ next }) };
}
