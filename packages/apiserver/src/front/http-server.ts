import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { CartoError, type Log, type WireRequest, type WireResponse } from '@cartographer/machinery';

import { StatusError } from '../status-error.ts';
import { createInFlightLimit, type InFlightLimit } from './in-flight-limit.ts';
import { readBody } from './read-body.ts';
import { statusAnswer } from './respond.ts';
import { isTrue } from './route.ts';
import { serialize, streamEvents } from './write-response.ts';
import { methodNotAllowed } from './wire-errors.ts';

/** Largest request body, as on a real server. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

const KEEP_ALIVE_MS = 180_000; // client-go keeps idle connections for 90 s: the server must not hang up first
const RECEIVE_MS = 60_000; // for a whole request: one that trickles in must not hold its place for ever
const MAX_CONNECTIONS = 5000;
const MAX_READS_IN_FLIGHT = 400;
const MAX_WRITES_IN_FLIGHT = 200;

/** What the HTTPS server stands on. */
export type HttpServerOptions = {
  readonly certPem: string;
  readonly keyPem: string;
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
  readonly log: Log;
  /** Requests carried out at the same time before others get 429; watches do not count. */
  readonly maxReadsInFlight?: number;
  readonly maxWritesInFlight?: number;
};

/** A listening server. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** Stops listening and ends every connection, watches included. */
  close(): Promise<void>;
}

/**
 * Serves the pipeline over HTTPS (kubectl drops credentials over plain HTTP).
 * @throws CartoError when the port cannot be had; the message says which and what to do.
 */
export async function listenHttps(
  options: HttpServerOptions,
  { host = '127.0.0.1', port }: { readonly host?: string; readonly port: number },
): Promise<HttpServer> {
  const stopped = new AbortController();
  const reads = createInFlightLimit(options.maxReadsInFlight ?? MAX_READS_IN_FLIGHT);
  const writes = createInFlightLimit(options.maxWritesInFlight ?? MAX_WRITES_IN_FLIGHT);
  const server = createServer(
    {
      cert: options.certPem,
      key: options.keyPem,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: RECEIVE_MS,
      requestTimeout: RECEIVE_MS,
    },
    (incoming, response) => {
      const limit = incoming.method === 'GET' ? reads : writes;
      void serve(options, incoming, response, limit, stopped.signal).catch((error: unknown) => {
        options.log.error({ err: error, path: incoming.url }, 'answering a request failed');
        response.destroy();
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('tlsClientError', (error) => options.log.debug({ err: error }, 'TLS handshake failed'));
  await bind(server, host, port);
  // A connection that cannot be taken, for want of file handles say, is one lost client and no reason to end.
  server.on('error', (error) => options.log.warn({ err: error }, 'a connection could not be taken'));
  const address = server.address() as AddressInfo;
  return {
    host,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        stopped.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): CartoError {
  const options = { cause: error, retry: 'never' } as const;
  if (error.code === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use by another process; stop it or choose another port`;
    return new CartoError('CARTO_PORT_IN_USE', message, options);
  }
  if (error.code === 'EACCES') {
    const message = `this user may not listen on port ${port}; choose a port above 1023`;
    return new CartoError('CARTO_PORT_FORBIDDEN', message, options);
  }
  return new CartoError('CARTO_LISTEN_FAILED', `cannot listen on ${host}:${port}: ${error.message}`, options);
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

async function serve(
  { handle }: HttpServerOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
  limit: InFlightLimit,
  stopped: AbortSignal,
): Promise<void> {
  const { path, query } = splitUrl(incoming.url ?? '/');
  const isHead = incoming.method === 'HEAD';
  const method = isHead ? 'GET' : incoming.method;
  if (method === undefined || !METHODS.has(method))
    return send(response, statusAnswer(methodNotAllowed().status), query);
  const isWatch = method === 'GET' && isTrue(query?.['watch']);
  const release = isWatch ? () => undefined : limit.enter();
  if (release === undefined) {
    incoming.resume();
    return send(response, statusAnswer(limit.refusal.status), query);
  }
  try {
    const body = method === 'GET' ? undefined : await readBody(incoming, MAX_BODY_BYTES);
    const request: WireRequest = {
      method: method as WireRequest['method'],
      path,
      ...(query === undefined ? {} : { query }),
      headers: incoming.headers as Readonly<Record<string, string>>,
      ...(body === undefined ? {} : { body }),
      ...(isWatch ? { signal: AbortSignal.any([stopped, closed(response)]) } : {}),
    };
    const answer = await handle(request);
    if (answer.events === undefined) send(response, answer, query);
    else await streamEvents(response, answer, answer.events);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.status.code === 413) response.setHeader('connection', 'close');
    send(response, statusAnswer(error.status), query);
  } finally {
    release();
  }
}

/** Aborted when the client goes away. */
function closed(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function splitUrl(url: string): { readonly path: string; readonly query?: Readonly<Record<string, string>> } {
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url };
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of new URLSearchParams(url.slice(mark + 1))) query[key] ??= value;
  return { path: url.slice(0, mark), query };
}

function send(
  response: ServerResponse,
  answer: WireResponse,
  query: Readonly<Record<string, string>> | undefined,
): void {
  if (response.destroyed) return;
  const body = serialize(answer, isTrue(query?.['pretty']));
  const headers: Record<string, string | number> = {};
  let ascii = true;
  for (const [name, value] of Object.entries(answer.headers)) {
    ascii &&= ASCII.test(value);
    headers[name] = ASCII.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1');
  }
  if (answer.status !== 304) headers['content-length'] = Buffer.byteLength(body);
  response.writeHead(answer.status, headers);
  // Text is joined with the headers and written in their encoding: Latin-1 unless they are plain ASCII.
  response.end(ascii || typeof body !== 'string' ? body : Buffer.from(body));
}

/** Node writes other header text as Latin-1; giving it the UTF-8 bytes as such makes it send what Go sends and expects. */
const ASCII = /^[\x20-\x7e]*$/;
