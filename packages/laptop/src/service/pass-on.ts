import { Buffer } from 'node:buffer';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  request as send,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { RequestTimeouts } from './request-timeouts.ts';

/** Headers that speak of one connection, not of the message: RFC 9110, section 7.6.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Connects to a port on loopback. Rejects when there is no connection: nobody has been sent anything then. */
export function openConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', reject); // stays, so that a later one is never left to nobody
    socket.once('connect', () => resolve(socket));
  });
}

/** Idempotent methods: RFC 9110, section 9.2.2. A proxy must not repeat the others by itself. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether a request may be sent once more: its method allows that, and it has no body, which can be read only once. */
export function mayRepeat({ method = '', headers }: IncomingMessage): boolean {
  return IDEMPOTENT.has(method) && !hasBody(headers);
}

/**
 * Whether a connection was reset rather than ended. An app that ends while a connection still waits to be taken resets
 * it, and has not read what was sent; one that ends with a request at work ends its connection in order.
 */
export function wasReset(error: Error): boolean {
  return (error as NodeJS.ErrnoException).syscall !== undefined;
}

/**
 * Sends one request over a connection of its own, and the answer back. Resolves when it is over, with the error when
 * nothing has been sent to the caller yet. Breaks off when a limit is passed or the caller goes.
 */
export async function passOn(
  app: Socket,
  request: IncomingMessage,
  response: ServerResponse,
  timeouts: RequestTimeouts,
): Promise<Error | undefined> {
  try {
    if (timeouts.signal.aborted) return timeouts.signal.reason as Error; // it waited too long, or its caller did
    return await exchange(app, request, response, timeouts);
  } finally {
    app.destroy();
  }
}

function exchange(
  app: Socket,
  request: IncomingMessage,
  response: ServerResponse,
  { signal, answered }: RequestTimeouts,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const { method, url: path, rawHeaders } = request;
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    const headers = {
      ...withForwarded(request, endToEnd(rawHeaders)),
      // Said outright: left to Node, the body of a GET would follow without a frame and be read as another request.
      ...(isChunked ? { 'transfer-encoding': 'chunked' } : {}),
    };
    const out = send({ host: '127.0.0.1', createConnection: () => app, method, path, headers });
    signal.addEventListener('abort', () => out.destroy(signal.reason as Error), { once: true });
    const fail = (error: Error): void => {
      if (response.headersSent) response.destroy();
      resolve(response.headersSent || response.destroyed ? undefined : error);
    };
    out.on('error', fail);
    out.once('upgrade', (_answer, socket) => {
      socket.destroy();
      fail(new Error('it switched protocols without being asked to'));
    });
    out.once('response', (answer) => {
      answered();
      answer.on('data', answered);
      try {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
      } catch (error) {
        out.destroy(error as Error); // an answer that HTTP does not know, such as status 000
        return;
      }
      pipeline(answer, response, () => resolve(undefined));
    });
    if (hasBody(request.headers)) request.pipe(out);
    else out.end();
  });
}

/** Node warns of more than ten on one socket; both ends of a pipeline, the server and we listen for its end. */
const MOST_LISTENERS = 20;

/** WebSockets and the like: bytes both ways, from the first one on, until one side has ended or a limit is passed. */
export function tunnel(
  app: Socket,
  request: IncomingMessage,
  { caller, head, timeouts }: { readonly caller: Duplex; readonly head: Buffer; readonly timeouts: RequestTimeouts },
): Promise<void> {
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`];
  for (let at = 0; at < request.rawHeaders.length; at += 2)
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
  app.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  app.on('data', timeouts.answered);
  timeouts.signal.addEventListener('abort', () => app.destroy(), { once: true });
  caller.setMaxListeners(MOST_LISTENERS);
  return new Promise((resolve) => {
    pipeline(caller, app, caller, () => {
      caller.destroy();
      app.destroy();
      resolve();
    });
  });
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function endToEnd(rawHeaders: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (!HOP_BY_HOP.has(name)) (headers[name] ??= []).push(rawHeaders[at + 1] ?? '');
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function withForwarded(
  { headers: { host }, socket }: IncomingMessage,
  headers: OutgoingHttpHeaders,
): OutgoingHttpHeaders {
  const from = socket.remoteAddress ?? '127.0.0.1';
  return {
    'x-forwarded-for': from,
    'x-forwarded-proto': 'http',
    ...(host === undefined ? {} : { 'x-forwarded-host': host }),
    ...headers,
  };
}
