import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { CartoError, parseYamlDocuments } from '@cartographer/machinery';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransportStage, urlOf } from '../testing/transport-stage.ts';
import { TransportError } from './api-error.ts';
import { bearer, staticCredentials } from './cluster-access.ts';
import { createHttpTransport } from './http-transport.ts';

const stage = createTransportStage();
const { start } = stage;
afterEach(() => stage.close());

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

describe('HTTP transport', () => {
  it('holds back a request whose right to be sent ended while it waited for a connection', async () => {
    const seen: string[] = [];
    const answers: (() => void)[] = [];
    const transport = await start(
      (request, response) => {
        seen.push(request.url ?? '');
        answers.push(() => json(response, {}));
      },
      { connections: 1 },
    );
    let may = true;
    const beforeSend = (): void => {
      if (!may) throw new CartoError('CARTO_NOT_LEADER', 'no longer');
    };
    const first = transport.request({ method: 'POST', path: '/first', beforeSend });
    const second = transport.request({ method: 'POST', path: '/second', beforeSend });
    await expect.poll(() => answers.length).toBe(1);
    may = false;
    answers[0]?.();
    expect((await first).status).toBe(200);
    await expect(second).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
    may = true;
    const third = transport.request({ method: 'POST', path: '/third', beforeSend });
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.();
    expect((await third).status).toBe(200);
    expect(seen).toEqual(['/first', '/third']);
  });

  it('carries method, path, query, headers and JSON there and back', async () => {
    const transport = await start((request, response) => {
      void textOf(request).then((body) =>
        json(response, { method: request.method, url: request.url, type: request.headers['content-type'], body }, 201),
      );
    });
    const answer = await transport.request({
      method: 'POST',
      path: '/api/v1/things',
      query: { labelSelector: 'a=b,c in (d)' },
      body: { big: 9007199254740993n, name: 'ü' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      method: 'POST',
      url: '/api/v1/things?labelSelector=a%3Db%2Cc%20in%20(d)',
      type: 'application/json',
      body: '{"big":9007199254740993,"name":"ü"}',
    });
  });

  it('hands on a body as it comes where a stream is asked for, and says so when it breaks off', async () => {
    const answers: ServerResponse[] = [];
    const transport = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('one');
      answers.push(response);
    });
    const { chunks, body } = await transport.request({ method: 'GET', path: '/log', stream: true });
    const pieces = chunks?.[Symbol.asyncIterator]();
    expect(body).toBeUndefined();
    expect(Buffer.from((await pieces?.next())?.value ?? []).toString()).toBe('one');
    answers[0]?.write('two');
    expect(Buffer.from((await pieces?.next())?.value ?? []).toString()).toBe('two');
    answers[0]?.destroy();
    await expect(pieces?.next()).rejects.toMatchObject({ code: 'CARTO_CONNECTION_LOST' });
  });

  it('gives the refusal of a stream as a whole body', async () => {
    const transport = await start((_request, response) => json(response, { kind: 'Status' }, 403));
    const answer = await transport.request({ method: 'GET', path: '/log', stream: true });
    expect(answer).toMatchObject({ status: 403, body: { kind: 'Status' } });
    expect(answer.chunks).toBeUndefined();
  });

  it('keeps integers beyond 2^53 exact', async () => {
    const transport = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"n":9007199254740993}');
    });
    expect((await transport.request({ method: 'GET', path: '/x' })).body).toEqual({ n: 9007199254740993n });
  });

  it('sends texts that JSON and YAML read alike, since a server reads an apply patch as YAML', async () => {
    const body = { a: 'x\u2028  y\u0085z\u007f', n: 9007199254740993n };
    let sent = '';
    const transport = await start((request, response) => {
      void textOf(request).then((text) => {
        sent = text;
        json(response, {});
      });
    });
    await transport.request({ method: 'PATCH', path: '/x', body });
    expect(sent).toBe('{"a":"x\\u2028  y\\u0085z\\u007f","n":9007199254740993}');
    expect(parseYamlDocuments(sent)).toEqual([body]);
  });

  it('gives bytes for what is not JSON', async () => {
    const transport = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    });
    const { body } = await transport.request({ method: 'GET', path: '/readyz' });
    expect(Buffer.from(body as Uint8Array).toString()).toBe('ok');
  });

  it('shows its credential, unless the request brings its own', async () => {
    const transport = await start((request, response) => json(response, request.headers.authorization), undefined, {
      credentials: staticCredentials({ authorization: bearer('mine') }),
    });
    expect((await transport.request({ method: 'GET', path: '/x' })).body).toBe('Bearer mine');
    const headers = { authorization: 'Bearer other' };
    expect((await transport.request({ method: 'GET', path: '/x', headers })).body).toBe('Bearer other');
  });

  it('tells the credential source about a 401', async () => {
    let refused = 0;
    const transport = await start((_request, response) => json(response, {}, 401), undefined, {
      credentials: { current: () => Promise.resolve({}), refused: () => void refused++ },
    });
    await transport.request({ method: 'GET', path: '/x' });
    expect(refused).toBe(1);
  });

  it('refuses an answer beyond its bound', async () => {
    const transport = await start((_request, response) => json(response, 'x'.repeat(10_000)), {
      maxAnswerBytes: 1_000,
    });
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'CARTO_ANSWER_TOO_LARGE',
    });
  });

  it('names the server and the cause when nobody listens, without the credential', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = urlOf(server);
    await new Promise((resolve) => {
      server.close(resolve);
    });
    const credentials = staticCredentials({ authorization: bearer('s3cret') });
    const transport = createHttpTransport({ server: url, credentials, namespace: 'default' });
    const error = await transport.request({ method: 'GET', path: '/version' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as TransportError).code).toBe('CARTO_CONNECT_FAILED');
    expect((error as TransportError).message).toContain(`GET ${url}/version`);
    expect((error as TransportError).message).toContain('is the API server running?');
    expect(JSON.stringify(error)).not.toContain('s3cret');
    await transport.close();
  });

  it('retries a read once when a kept-alive connection broke, and never a write', async () => {
    const seen: string[] = [];
    const transport = await start((request, response) => {
      seen.push(request.method ?? '');
      if (seen.length % 2 === 1) request.socket.resetAndDestroy();
      else json(response, 'fine');
    });
    expect((await transport.request({ method: 'GET', path: '/x' })).body).toBe('fine');
    expect(seen).toEqual(['GET', 'GET']);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      seen.length = 0;
      await expect(transport.request({ method, path: '/x', body: {} })).rejects.toMatchObject({
        code: 'CARTO_CONNECTION_LOST',
      });
      expect(seen).toEqual([method]);
    }
  });

  it('repeats a read once and no more', async () => {
    let seen = 0;
    const transport = await start((request) => {
      seen += 1;
      request.socket.resetAndDestroy();
    });
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'CARTO_CONNECTION_LOST',
      message: expect.stringContaining('/x'),
    });
    expect(seen).toBe(2);
  });

  it.each(['true', '1'])('does not repeat a watch (%s): who watches must know that it broke', async (watch) => {
    let seen = 0;
    const transport = await start((request) => {
      seen += 1;
      request.socket.resetAndDestroy();
    });
    await expect(transport.request({ method: 'GET', path: '/x', query: { watch } })).rejects.toMatchObject({
      code: 'CARTO_CONNECTION_LOST',
    });
    expect(seen).toBe(1);
  });

  it.each([
    ['an answer that is no JSON', 200, '{', 'CARTO_ANSWER_MALFORMED'],
    ['an answer that is too long', 200, JSON.stringify('x'.repeat(2_000)), 'CARTO_ANSWER_TOO_LARGE'],
    ['a failure of the server', 500, '{}', undefined],
  ])('does not repeat a read for %s', async (_what, status, body, code) => {
    let seen = 0;
    const transport = await start(
      (_request, response) => {
        seen += 1;
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      },
      { maxAnswerBytes: 1_000 },
    );
    const answer = await transport.request({ method: 'GET', path: '/x' }).catch((error: unknown) => error);
    expect(answer).toMatchObject(code === undefined ? { status } : { code });
    expect(seen).toBe(1);
  });

  it('sends nothing for a signal that has fired, and asks for no credential', async () => {
    let [seen, asked] = [0, 0];
    const credentials = { current: () => ((asked += 1), {}), refused: () => undefined };
    const listener: RequestListener = (_request, response) => {
      seen += 1;
      json(response, {});
    };
    const transport = await start(listener, {}, { credentials });
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(transport.request({ method: 'POST', path: '/x', signal })).rejects.toThrow('too late');
    expect([seen, asked]).toEqual([0, 0]);
  });

  it('takes a write for no watch, whatever its query says, and a refused watch for an answer', async () => {
    const transport = await start((request, response) => json(response, 'fine', request.method === 'GET' ? 410 : 200));
    const query = { watch: 'true' };
    const written = await transport.request({ method: 'POST', path: '/x', query });
    expect([written.status, written.body, written.events]).toEqual([200, 'fine', undefined]);
    const refused = await transport.request({ method: 'GET', path: '/x', query });
    expect([refused.status, refused.body, refused.events]).toEqual([410, 'fine', undefined]);
    const read = await transport.request({ method: 'GET', path: '/x', query: { watch: 'false' } });
    expect([read.status, read.body]).toEqual([410, 'fine']);
  });

  it.each([
    ['', ''],
    ['/', ''],
    ['/k8s/one//', '/k8s/one'],
  ])('asks below the path %s of the server, with each parameter of the query', async (path, prefix) => {
    const seen: unknown[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push(request.url, request.headers.accept, request.headers['content-type']);
      response.setHeader('warning', ['299 - "a"', '299 - "b"']);
      json(response, {});
    };
    const transport = await start(listener, {}, {}, path);
    const answer = await transport.request({ method: 'GET', path: '/x', query: { a: '1', b: 'x&y' } });
    expect(seen).toEqual([`${prefix}/x?a=1&b=x%26y`, 'application/json', undefined]);
    expect(answer.headers['warning']).toBe('299 - "a", 299 - "b"');
  });

  it('keeps the type that a body brings, and gives bytes none', async () => {
    const seen: unknown[] = [];
    const transport = await start((request, response) => {
      void textOf(request).then((text) => {
        seen.push([request.headers['content-type'], text]);
        json(response, {});
      });
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    await transport.request({ method: 'PATCH', path: '/x', body: { a: 1 }, headers });
    await transport.request({ method: 'POST', path: '/x', body: Buffer.from('raw') });
    expect(seen).toEqual([
      ['application/merge-patch+json', '{"a":1}'],
      [undefined, 'raw'],
    ]);
  });

  it('does not tell the credential source about a 401 to an identity that the request brought', async () => {
    let refused = 0;
    const transport = await start((_request, response) => json(response, {}, 401), undefined, {
      credentials: { current: () => Promise.resolve({}), refused: () => void refused++ },
    });
    await transport.request({ method: 'GET', path: '/x', headers: { authorization: 'Bearer other' } });
    expect(refused).toBe(0);
  });

  it('gives up a request when its signal fires, with the signal’s reason', async () => {
    const transport = await start(() => undefined);
    const abort = new AbortController();
    const answer = transport.request({ method: 'GET', path: '/x', signal: abort.signal });
    abort.abort(new Error('no longer needed'));
    await expect(answer).rejects.toThrow('no longer needed');
  });

  it('says that the answer is late', async () => {
    const transport = await start(() => undefined, { requestTimeoutMs: 300 });
    await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toMatchObject({ code: 'CARTO_TIMEOUT' });
  });
});
