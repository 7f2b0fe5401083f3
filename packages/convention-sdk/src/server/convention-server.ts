import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Convention } from '../convention.ts';
import { answerRequest } from './answer-request.ts';
import { checkPair, followCertificate } from './certificate-folder.ts';
import { type LogSink, logToStderr, machineClock, type ServerClock } from './ports.ts';
import { type BodyLimits, createRequestBodies, type RequestBodies } from './request-body.ts';

/** How a server identifies itself: by the files of a folder, which are read again when they change, or by texts. */
export type ServerCertificate =
  | { readonly certDir: string; readonly cert?: never; readonly key?: never }
  | { readonly certDir?: never; readonly cert: string; readonly key: string };

/** What {@link createConventionServer} needs. */
export type ConventionServerOptions = ServerCertificate & {
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on; all of them if not given. */
  readonly host?: string;
  /** They are applied in this order. */
  readonly conventions: readonly Convention[];
  /** Takes the log; one JSON object a line on standard error if not given. */
  readonly log?: LogSink;
  readonly clock?: ServerClock;
  /** Of each body 64 MiB, of all that are under way 256 MiB, if not given. */
  readonly limits?: Partial<BodyLimits>;
};

/** A convention server that listens. */
export interface ConventionServer {
  readonly port: number;
  /** Takes no more requests, and answers those that are under way; after 10 s what is left is cut off. */
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const LIMITS: BodyLimits = { bodyBytes: 64 * MEBIBYTE, allBodiesBytes: 256 * MEBIBYTE };
const MAX_CONNECTIONS = 256;
const CLOSE_GRACE_MS = 10_000;
const TIMES = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  // Controllers keep idle connections for less: this side must not hang up first.
  keepAliveTimeout: 120_000,
} as const;

/**
 * Serves conventions over HTTPS with TLS 1.3: what the controller posts is answered at every path, `/healthz` says that the
 * server is there.
 *
 * @throws Error when two conventions have one id, the certificate cannot be used, or the port cannot be listened on.
 */
export async function createConventionServer(options: ConventionServerOptions): Promise<ConventionServer> {
  const { port, host, conventions, log = logToStderr, clock = machineClock, limits } = options;
  checkIds(conventions);
  const bodies = createRequestBodies({ ...LIMITS, ...limits });
  const server = createServer({ ...TIMES, minVersion: 'TLSv1.3' }, (request, response) => {
    respond(request, response, { conventions, bodies, log }).catch((error: unknown) => {
      log({ level: 'error', message: 'a request was not answered', error });
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const unfollow = await withCertificate(server, options, { log, clock });
  try {
    await listening(server, port, host);
  } catch (error) {
    unfollow();
    throw error;
  }
  server.on('error', (error) => log({ level: 'warn', message: 'a connection could not be taken', error }));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      unfollow();
      const ended = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeIdleConnections();
      const cancel = clock.schedule(CLOSE_GRACE_MS, () => server.closeAllConnections());
      await ended;
      cancel();
    },
  };
}

function checkIds(conventions: readonly Convention[]): void {
  const ids = conventions.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new Error(`two conventions have the id "${twice}"; rename one`);
  if (ids.includes('')) throw new Error('a convention has no id; give it one');
}

async function withCertificate(
  server: Server,
  { certDir, cert, key }: ServerCertificate,
  { log, clock }: { readonly log: LogSink; readonly clock: ServerClock },
): Promise<() => void> {
  if (certDir !== undefined) {
    return followCertificate({
      folder: certDir,
      clock,
      log,
      use: (pair) => server.setSecureContext({ ...pair, minVersion: 'TLSv1.3' }),
    });
  }
  checkPair({ cert, key }, 'the options');
  server.setSecureContext({ cert, key, minVersion: 'TLSv1.3' });
  return () => undefined;
}

async function listening(server: Server, port: number, host: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

type Parts = { readonly conventions: readonly Convention[]; readonly bodies: RequestBodies; readonly log: LogSink };

async function respond(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const { conventions, bodies, log } = parts;
  const [path] = (request.url ?? '/').split('?');
  if (path === '/healthz') return send(response, 200, '');
  if (request.method !== 'POST') return send(response, 400, '');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let body: Awaited<ReturnType<RequestBodies['read']>>;
  try {
    body = await bodies.read(request);
  } catch {
    return; // Whoever asked has hung up.
  }
  if ('refused' in body) {
    response.setHeader('connection', 'close');
    return send(response, body.refused, '');
  }
  try {
    const { status, body: text } = await answerRequest(body.text, conventions, gone.signal);
    send(response, status, text);
  } catch (error) {
    log({ level: 'error', message: 'a request failed; its template stays as it was', error });
    send(response, 500, '');
  }
}

/** As Go writes them: a type where there is a body, and its length. */
function send(response: ServerResponse, status: number, body: string): void {
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(body) }).end(body);
}
