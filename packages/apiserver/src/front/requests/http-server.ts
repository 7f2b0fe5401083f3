import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import {
  boundConnections,
  CartoError,
  type Clock,
  type Connections,
  createRoom,
  type DropReason,
  type Log,
  type Room,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';

import { StatusError } from '../../status-error.ts';
import { createInFlightLimit, type InFlightLimit } from '../wire/in-flight-limit.ts';
import { readBody } from '../wire/read-body.ts';
import { statusAnswer } from '../wire/respond.ts';
import { isTrue } from '../wire/route.ts';
import { createTurns } from '../wire/turns.ts';
import { methodNotAllowed } from '../wire/wire-errors.ts';
import { awaitReader, serialize, streamEvents } from '../wire/write-response.ts';
import type { Pipeline, RequestHead } from './pipeline.ts';

/** Largest request body, as on a real server. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

const KEEP_ALIVE_MS = 180_000; // client-go keeps idle connections for 90 s: the server must not hang up first
const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 10_000;
const RECEIVE_MS = 60_000; // for a whole request
const ANSWER_MS = 60_000; // for an answer to be taken, as a real server has it
const TELL_MS = 60_000;
const CHECK_MS = 2000; // how often Node looks whether a request is late
/** The bounds of the server, as long as a test gives no others. */
const limits = {
  readsInFlight: 400,
  writesInFlight: 200,
  /** Well below the 4,096 file handles that some systems give a process. */
  connections: 2000,
  /** What has come of bodies that are not whole yet. */
  bodyBytes: 128 * 1024 * 1024,
  /** What is left of answers that are not taken yet. */
  answerBytes: 256 * 1024 * 1024,
};

/** What the HTTPS server stands on. */
export type HttpServerOptions = {
  readonly certPem: string;
  readonly keyPem: string;
  readonly admit: Pipeline['admit'];
  readonly clock: Clock;
  readonly log: Log;
  /** Requests in flight are those that are carried out; beyond them others get 429. Watches do not count. */
  readonly limits?: Partial<typeof limits>;
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
  const { log } = options;
  const server = createServer(
    {
      cert: options.certPem,
      key: options.keyPem,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: RECEIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    (incoming, response) => {
      void serve(entrance, incoming, response).catch((error: unknown) => {
        log.error({ err: error, path: incoming.url }, 'answering a request failed');
        response.destroy();
      });
    },
  );
  const entrance = createEntrance(server, options, stopped.signal);
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'));
  await bind(server, host, port);
  // A connection that cannot be taken, for want of file handles say, is one lost client and no reason to end.
  server.on('error', (error) => log.warn({ err: error }, 'a connection could not be taken'));
  const address = server.address() as AddressInfo;
  return {
    host,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        stopped.abort();
        server.close(() => resolve());
        entrance.connections.closeAll();
      }),
  };
}

/** One line for all drops of a minute: who floods the server does not flood its log. */
function tellOfDrops(clock: Clock, log: Log): (reason: DropReason) => void {
  let drops: Partial<Record<DropReason, number>> = {};
  return (reason) => {
    if (Object.keys(drops).length === 0) {
      clock.schedule(TELL_MS, () => {
        log.warn({ drops }, 'connections were dropped: there were too many, or their TLS handshake took too long');
        drops = {};
      });
    }
    drops[reason] = (drops[reason] ?? 0) + 1;
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
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

/** What all requests share. */
type Entrance = {
  readonly admit: Pipeline['admit'];
  readonly stopped: AbortSignal;
  readonly turns: ReturnType<typeof createTurns>;
  readonly connections: Connections;
  readonly reads: InFlightLimit;
  readonly writes: InFlightLimit;
  readonly bodies: Room;
  readonly answers: Room;
};

function createEntrance(
  server: Server,
  { admit, clock, log, ...options }: HttpServerOptions,
  stopped: AbortSignal,
): Entrance {
  const max = { ...limits, ...options.limits };
  const handshake = { ms: HANDSHAKE_MS, clock };
  return {
    admit,
    stopped,
    turns: createTurns(),
    connections: boundConnections(server, { max: max.connections, handshake, onDrop: tellOfDrops(clock, log) }),
    reads: createInFlightLimit(max.readsInFlight),
    writes: createInFlightLimit(max.writesInFlight),
    bodies: createRoom({ max: max.bodyBytes }),
    answers: createRoom({ max: max.answerBytes, limit: { ms: ANSWER_MS, clock } }),
  };
}

/**
 * A place among those in flight is held from when all of the request is there, and its sender may send it, until its
 * answer is made: neither who sends nor who reads can hold it.
 */
async function serve(entrance: Entrance, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!(await entrance.turns(incoming, response))) return;
  const { socket } = incoming;
  const { path, query } = splitUrl(incoming.url ?? '/');
  const reply = (answer: WireResponse): void => send(entrance.answers, response, answer, isTrue(query?.['pretty']));
  const method = incoming.method === 'HEAD' ? 'GET' : incoming.method;
  if (method === undefined || !METHODS.has(method)) return reply(statusAnswer(methodNotAllowed().status));
  const isWatch = method === 'GET' && isTrue(query?.['watch']);
  const head: RequestHead = {
    method: method as WireRequest['method'],
    path,
    ...(query === undefined ? {} : { query }),
    headers: incoming.headers as Readonly<Record<string, string>>,
    ...(isWatch ? { signal: AbortSignal.any([entrance.stopped, closed(response)]) } : {}),
  };
  try {
    const admitted = await entrance.admit(head);
    if (typeof admitted !== 'function') return reply(admitted);
    const body = method === 'GET' ? undefined : await readBody(incoming, MAX_BODY_BYTES, entrance.bodies);
    entrance.connections.use(socket, response);
    const answer = await inFlight(isWatch ? undefined : method === 'GET' ? entrance.reads : entrance.writes, () =>
      admitted(body),
    );
    if (answer.events === undefined) reply(answer);
    else await streamEvents(response, answer, answer.events, entrance.answers);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (!incoming.complete) response.setHeader('connection', 'close'); // the rest of the body is not waited for
    reply(statusAnswer(error.status));
  }
}

/** Carries something out while it holds a place. */
async function inFlight<T>(limit: InFlightLimit | undefined, work: () => Promise<T>): Promise<T> {
  const release = limit === undefined ? () => undefined : limit.enter();
  if (limit !== undefined && release === undefined) throw limit.refusal;
  try {
    return await work();
  } finally {
    release?.();
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

function send(answers: Room, response: ServerResponse, answer: WireResponse, pretty: boolean): void {
  if (response.destroyed) return;
  const body = serialize(answer, pretty);
  const size = Buffer.byteLength(body);
  const headers: Record<string, string | number> = {};
  let ascii = true;
  for (const [name, value] of Object.entries(answer.headers)) {
    ascii &&= ASCII.test(value);
    headers[name] = ASCII.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1');
  }
  if (answer.status !== 304) headers['content-length'] = size;
  response.writeHead(answer.status, headers);
  // Text is joined with the headers and written in their encoding: Latin-1 unless they are plain ASCII.
  response.end(ascii || typeof body !== 'string' ? body : Buffer.from(body));
  awaitReader(answers, response, size);
}

/** Node writes other header text as Latin-1; giving it the UTF-8 bytes as such makes it send what Go sends and expects. */
const ASCII = /^[\x20-\x7e]*$/;
