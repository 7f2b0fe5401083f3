import type { ServerResponse } from 'node:http';
import { Secret } from '@cartographer/machinery';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransportStage } from '../testing/transport-stage.ts';
import { TransportError } from './api-error.ts';
import { bearer, staticCredentials } from './cluster-access.ts';
import { createHttpTransport } from './http-transport.ts';

const stage = createTransportStage();
const { start } = stage;
afterEach(() => stage.close());

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

describe('the bounds and credentials of the HTTP transport', () => {
  it('lets a watch be silent and long, where an answer may neither pause nor be larger than its bound', async () => {
    let tell = (_text: string): void => undefined;
    const transport = await start(
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
        if (request.url?.includes('watch') === true) tell = (text) => void response.write(text);
        else response.write('"half an answer');
      },
      { requestTimeoutMs: 300, maxAnswerBytes: 100 },
    );
    const { events } = await transport.request({ method: 'GET', path: '/x', query: { watch: 'true' } });
    const watched = events?.[Symbol.asyncIterator]();
    // The watch is older than this answer, so it was silent for longer.
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toMatchObject({ code: 'CARTO_TIMEOUT' });
    for (let n = 0; n < 10; n += 1) {
      tell(`{"type":"ADDED","object":{"n":${n},"text":"${'x'.repeat(50)}"}}\n`);
      expect(await watched?.next()).toMatchObject({ done: false, value: { object: { n } } });
    }
    await watched?.return?.();
  });

  it('lets a stream be silent and long, too', async () => {
    let tell = (_text: string): void => undefined;
    const transport = await start(
      (request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        if (request.url === '/log') tell = (text) => void response.write(text);
        response.write('half');
      },
      { requestTimeoutMs: 300, maxAnswerBytes: 100 },
    );
    const { chunks } = await transport.request({ method: 'GET', path: '/log', stream: true });
    const pieces = chunks?.[Symbol.asyncIterator]();
    expect(Buffer.from((await pieces?.next())?.value ?? []).toString()).toBe('half');
    // The stream is older than this answer, so it was silent for longer.
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toMatchObject({ code: 'CARTO_TIMEOUT' });
    tell('x'.repeat(200));
    expect(Buffer.from((await pieces?.next())?.value ?? []).toString()).toBe('x'.repeat(200));
    await pieces?.return?.(undefined);
  });

  it('has 64 connections at most, and lets more requests wait', async () => {
    const open: ServerResponse[] = [];
    const transport = await start((_request, response) => void open.push(response));
    let sent = 0;
    const answers = Array.from({ length: 65 }, () =>
      transport.request({ method: 'POST', path: '/x', body: {}, beforeSend: () => (sent += 1) }),
    );
    await expect.poll(() => open.length).toBe(64);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
    expect([sent, open.length]).toEqual([64, 64]);
    json(open[0] as ServerResponse, {});
    await expect.poll(() => open.length).toBe(65);
    for (const response of open.slice(1)) json(response, {});
    await Promise.all(answers);
  });

  it('asks for the credential of each request anew, with its signal, and for none when it brings its own', async () => {
    const asked: unknown[] = [];
    const seen: unknown[] = [];
    const transport = await start(
      (request, response) => {
        seen.push(request.headers.authorization);
        json(response, {});
      },
      {},
      {
        credentials: {
          current: (signal) => (asked.push(signal), { authorization: bearer(`token-${asked.length}`) }),
          refused: () => undefined,
        },
      },
    );
    const { signal } = new AbortController();
    await transport.request({ method: 'GET', path: '/x', signal });
    await transport.request({ method: 'POST', path: '/x' });
    await transport.request({ method: 'GET', path: '/x', headers: { authorization: 'Bearer other' } });
    expect([asked, seen]).toEqual([
      [signal, undefined],
      ['Bearer token-1', 'Bearer token-2', 'Bearer other'],
    ]);
  });

  it('sends nothing when there is no credential, and says why', async () => {
    let seen = 0;
    const refusal = new TransportError('CARTO_CREDENTIALS', 'no token');
    const transport = await start(
      (_request, response) => {
        seen += 1;
        json(response, {});
      },
      {},
      { credentials: { current: () => Promise.reject(refusal), refused: () => undefined } },
    );
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toBe(refusal);
    expect(seen).toBe(0);
  });

  it.each([200, 403, 500])('is content with its credential when it is answered with %d', async (status) => {
    let refused = 0;
    const credentials = { current: () => ({}), refused: () => void refused++ };
    const transport = await start((_request, response) => json(response, {}, status), {}, { credentials });
    await transport.request({ method: 'GET', path: '/x' });
    expect(refused).toBe(0);
  });

  it('checks the right to be sent of each write just before its first byte, once', async () => {
    const transport = await start((_request, response) => json(response, {}));
    let checks = 0;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      await transport.request({ method, path: '/x', body: {}, beforeSend: () => (checks += 1) });
    }
    expect(checks).toBe(4);
  });

  it('reads JSON by its type, with or without parameters and suffixes, and nothing else', async () => {
    const types = ['application/json', 'application/json; charset=utf-8', 'application/apply-patch+json'];
    const others = ['text/json', 'application/jsonx', 'application/yaml', 'x-application/json'];
    const transport = await start((request, response) => {
      response.writeHead(200, { 'content-type': decodeURIComponent(request.url?.slice(1) ?? '') }).end('{"a":1}');
    });
    for (const type of [...types, ...others]) {
      const { body } = await transport.request({ method: 'GET', path: `/${encodeURIComponent(type)}` });
      if (types.includes(type)) expect(body).toEqual({ a: 1 });
      else expect(body).toBeInstanceOf(Uint8Array);
    }
  });

  it('sends what cannot be written as JSON not at all', async () => {
    const transport = await start((_request, response) => json(response, {}));
    const body = {
      get a(): never {
        throw new RangeError('no value');
      },
    };
    await expect(transport.request({ method: 'POST', path: '/x', body })).rejects.toThrow('no value');
  });

  it('is closed for good', async () => {
    const transport = await start((_request, response) => json(response, {}));
    await transport.request({ method: 'GET', path: '/x' });
    await transport.close();
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toBeInstanceOf(TransportError);
  });

  it.each([
    ['a request', {}, {}, 'TLS could not be set up'],
    ['a watch', { watch: 'true' }, {}, 'TLS could not be set up'],
    ['a request with an identity of its own', {}, { authorization: 'Bearer other' }, 'is the API server running?'],
    ['such a watch', { watch: 'true' }, { authorization: 'Bearer other' }, 'is the API server running?'],
  ])('shows its certificate, and not beside another identity: %s', async (_what, query, headers, expected) => {
    // A certificate that is none fails before anything is sent, so who shows it is told that, and nobody else is.
    const certificate = { certPem: 'no certificate', keyPem: new Secret('no key') };
    const credentials = staticCredentials({ authorization: bearer('mine'), certificate });
    const transport = createHttpTransport({ server: 'https://127.0.0.1:1', credentials, namespace: 'default' });
    await expect(transport.request({ method: 'GET', path: '/x', query, headers })).rejects.toMatchObject({
      code: 'CARTO_CONNECT_FAILED',
      message: expect.stringContaining(expected) as string,
    });
    await transport.close();
  });
});
