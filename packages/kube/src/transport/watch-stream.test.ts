import type { WatchEvent } from '@cartographer/machinery';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransportStage } from '../testing/transport-stage.ts';
import type { TransportError } from './api-error.ts';

const stage = createTransportStage();
const { start } = stage;
afterEach(() => stage.close());

describe('a watch over HTTP', () => {
  const watch = { method: 'GET', path: '/api/v1/things', query: { watch: 'true' } } as const;
  const collect = async (events: AsyncIterable<WatchEvent> | undefined): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for await (const event of events ?? []) seen.push(event.object);
    return seen;
  };
  const line = (object: unknown): string => `${JSON.stringify({ type: 'ADDED', object })}\n`;

  it('gives one event a line, wherever the chunks are cut', async () => {
    const text = Buffer.from(`${line({ n: 'ä€' })}\n${line({ n: 2 })}${line({ n: 3 }).trimEnd()}`);
    const transport = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const cut = (from: number): void => {
        if (from >= text.length) response.end();
        else response.write(text.subarray(from, from + 3), () => setImmediate(cut, from + 3));
      };
      cut(0);
    });
    const { events } = await transport.request(watch);
    expect(await collect(events)).toEqual([{ n: 'ä€' }, { n: 2 }, { n: 3 }]);
  });

  it('fails on a line that is cut off, one that is no event, and one beyond the bound', async () => {
    const bodies = ['{"type":"ADDED","obj', '{"type":"ADDED"}\n', line('x'.repeat(2_000))];
    const transport = await start(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(`${line({ n: 1 })}${bodies.shift()}`);
      },
      { maxWatchLineBytes: 1_000 },
    );
    const codes: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const { events } = await transport.request(watch);
      codes.push(await collect(events).catch((error: unknown) => (error as TransportError).code));
    }
    expect(codes).toEqual(['CARTO_ANSWER_MALFORMED', 'CARTO_ANSWER_MALFORMED', 'CARTO_ANSWER_TOO_LARGE']);
  });

  it('fails when the connection is reset', async () => {
    const transport = await start((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(line({ n: 1 }), () => setTimeout(() => request.socket.resetAndDestroy(), 5));
    });
    const { events } = await transport.request(watch);
    await expect(collect(events)).rejects.toMatchObject({ code: 'CARTO_CONNECTION_LOST' });
  });

  it('ends quietly when the signal fires, and closes its connection', async () => {
    const { promise: gone, resolve: closed } = Promise.withResolvers<void>();
    const transport = await start((_request, response) => {
      response.on('close', closed);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(line({ n: 1 }));
    });
    const abort = new AbortController();
    const { events } = await transport.request({ ...watch, signal: abort.signal });
    const seen: unknown[] = [];
    for await (const event of events ?? []) {
      seen.push(event.object);
      abort.abort();
    }
    expect(seen).toEqual([{ n: 1 }]);
    await gone;
  });

  it('closes its connection when the reader stops', async () => {
    const { promise: gone, resolve: closed } = Promise.withResolvers<void>();
    const transport = await start((_request, response) => {
      response.on('close', closed);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(line({ n: 1 }));
    });
    const { events } = await transport.request(watch);
    for await (const event of events ?? []) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await gone;
  });

  it.each<[string, Record<string, string>]>([
    ['with the identity of the transport', {}],
    ['with one of its own', { authorization: 'Bearer other' }],
  ])('does not take a connection away from requests, %s', async (_whose, headers) => {
    const transport = await start(
      (request, response) => {
        if (request.url?.includes('watch') !== true)
          return void response.writeHead(200, { 'content-type': 'application/json' }).end('"fine"');
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
      },
      { connections: 1 },
    );
    const abort = new AbortController();
    await transport.request({ ...watch, headers, signal: abort.signal });
    await transport.request({ ...watch, headers, signal: abort.signal });
    expect((await transport.request({ method: 'GET', path: '/x', headers })).body).toBe('fine');
    abort.abort();
  });
});
