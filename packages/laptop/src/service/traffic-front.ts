import { Buffer } from 'node:buffer';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as send,
  type ServerResponse,
} from 'node:http';
import { connect } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { Clock, Log } from '@cartographer/machinery';
import { listenOnStablePort } from '../stable-port.ts';

/** The address of a Service: passes requests on to the revision that answers. */
export interface TrafficFront {
  readonly url: string;
  /** New requests go to this port from now on; without one they wait for a while. */
  route(port: number | undefined): void;
  /** Resolves when no request is on its way to a port any more, or after the time. */
  drained(port: number, withinMs: number): Promise<void>;
  close(): Promise<void>;
}

type Target = { readonly port: number; readonly agent: Agent; inFlight: number; onIdle?: () => void };

/** How long a request waits for an app that is just starting, as Knative's activator lets it. */
const HOLD_MS = 10_000;
const MAX_WAITING = 200;
const MAX_ATTEMPTS = 5;
const RETRY_MS = 50;
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

/** Starts the front on loopback, on the port that it had the last time. */
export async function startTrafficFront(options: {
  readonly portFile: string;
  /** The Service, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<TrafficFront> {
  const { portFile, name, clock, log } = options;
  const targets = new Map<number, Target>();
  const waiting = new Set<() => void>();
  let current: Target | undefined;

  function nextTarget(): Promise<Target | undefined> {
    if (current !== undefined || waiting.size >= MAX_WAITING) return Promise.resolve(current);
    return new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        cancel();
        resolve(current);
      };
      const cancel = clock.schedule(HOLD_MS, wake);
      waiting.add(wake);
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // What has a body can be sent once only; everything else can be sent again as long as nothing came back.
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    for (let attempt = 1; !response.destroyed; attempt += 1) {
      const target = await nextTarget();
      if (target === undefined)
        return refuse(response, 503, `${name} does not run right now; see the conditions of the Service`);
      const end = await forward(target, request, response, hasBody);
      if (end === 'done') return;
      if (hasBody || attempt === MAX_ATTEMPTS) return refuse(response, 502, `${name} did not answer: ${end.message}`);
      await clock.sleep(RETRY_MS);
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.debug({ err: error, service: name }, 'request not passed on');
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy()); // Node leaves it to us, and the caller may go while it waits
    nextTarget().then(
      (target) => tunnel(target, request, socket, head),
      () => socket.destroy(),
    );
  });
  const port = await listenOnStablePort(server, { portFile, log, what: `the address of Service ${name}` });

  return {
    url: `http://127.0.0.1:${port}`,
    route(to) {
      if (current?.port === to) return;
      if (to === undefined && current !== undefined) {
        current.agent.destroy(); // the app is gone, and its connections with it
        targets.delete(current.port);
      }
      const known = to === undefined ? undefined : targets.get(to);
      current =
        to === undefined
          ? undefined
          : (known ?? { port: to, agent: new Agent({ keepAlive: true, timeout: 60_000 }), inFlight: 0 });
      if (current === undefined) return;
      targets.set(current.port, current);
      for (const wake of waiting) wake();
    },
    async drained(of, withinMs) {
      const target = targets.get(of);
      if (target === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      target.onIdle = resolve;
      const cancel = clock.schedule(withinMs, resolve);
      if (target.inFlight > 0) await promise;
      cancel();
      target.agent.destroy();
      if (current !== target) targets.delete(of);
    },
    close: () =>
      new Promise((resolve) => {
        for (const wake of waiting) wake();
        for (const { agent } of targets.values()) agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Passes one request on. Answers with the error when nothing has been sent to the caller yet. */
function forward(
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
  hasBody: boolean,
): Promise<'done' | Error> {
  target.inFlight += 1;
  return new Promise<'done' | Error>((resolve) => {
    const { method, url: path, rawHeaders } = request;
    const headers = withForwarded(request, endToEnd(rawHeaders));
    // A kept connection may be closed by the app at this very moment, and a body cannot be sent again.
    const agent = hasBody ? false : target.agent;
    const out = send({ host: '127.0.0.1', port: target.port, agent, method, path, headers });
    const abandon = (): void => void out.destroy();
    response.once('close', abandon);
    out.once('error', (error) => {
      response.off('close', abandon);
      if (response.headersSent) response.destroy();
      resolve(response.headersSent || response.destroyed ? 'done' : error);
    });
    out.once('response', (answer) => {
      try {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
      } catch (error) {
        out.destroy(error as Error); // an answer that HTTP does not know, such as status 000
        return;
      }
      pipeline(answer, response, () => resolve('done'));
    });
    if (hasBody) request.pipe(out);
    else out.end();
  }).finally(() => {
    target.inFlight -= 1;
    if (target.inFlight === 0) target.onIdle?.();
  });
}

/** WebSockets and the like: bytes both ways, from the first one on. */
function tunnel(target: Target | undefined, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (socket.destroyed) return;
  if (target === undefined) {
    socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
    return;
  }
  const out = connect({ host: '127.0.0.1', port: target.port });
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`];
  for (let at = 0; at < request.rawHeaders.length; at += 2)
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
  out.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  pipeline(socket, out, socket, () => {
    socket.destroy();
    out.destroy();
  });
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

function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
}
