import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  boundConnections,
  CartoError,
  type Clock,
  createRoom,
  type DropReason,
  jsonTextNestsTooDeep,
  type Log,
  type Place,
  parseJson,
  stringifyJson,
} from '@cartographer/machinery';
import { answerReview, kindAtPath } from './admission-review.ts';

/** A certificate with its key, as PEM texts. */
export type KeyPair = { readonly certPem: string; readonly keyPem: string };

/** What {@link createWebhookServer} needs. */
export type WebhookServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of every connection that had to go: others needed its room, or it was too slow. */
  readonly onDrop: (reason: DropReason) => void;
  readonly limits?: Partial<typeof limits>;
};

/** The HTTPS server that an API server asks about objects of ours. */
export interface WebhookServer {
  readonly port: number;
  /** Serves with this certificate from the next connection on. */
  use(pair: KeyPair): void;
  /** Says why nobody can be answered, or undefined. */
  notReady(): string | undefined;
  close(): Promise<void>;
}

/** An object of 1.5 MB, etcd's limit, comes twice in an update, and escaped. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** An API server waits 30 s at most, ours is configured for 5. */
const REQUEST_TIMEOUT_MS = 10_000;
const HANDSHAKE_MS = 10_000;
/** An API server keeps idle connections for 90 s: this side must not hang up first. */
const KEEP_ALIVE_MS = 120_000;
const CHECK_MS = 2_000;
/** The bounds of the server, as long as a test gives no others. */
const limits = {
  connections: 500,
  /** What has come of bodies that are not whole yet. */
  bodyBytes: 64 * 1024 * 1024,
};
const CLOSE_GRACE_MS = 2_000;
const TIMES = {
  minVersion: 'TLSv1.2',
  headersTimeout: REQUEST_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
} as const;

/** What a request takes up: room for what has come of its body, and its connection once all of it is there. */
type Taking = { readonly roomFor: () => Place; readonly use: () => void };

/**
 * Serves the validating webhooks. Until it has a certificate, no connection can be made.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function createWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { host, port, clock, log, onDrop } = options;
  const max = { ...limits, ...options.limits };
  let hasCertificate = false;
  const bodies = createRoom({ max: max.bodyBytes });
  const server = createServer(TIMES, (request, response) => {
    const roomFor = (): Place =>
      bodies.enter(() => {
        request.destroy();
        onDrop('limit');
      });
    const { socket } = request;
    const use = (): void => connections.use(socket, response);
    handle(request, response, { roomFor, use }).catch((error: unknown) => {
      // Whoever asked waits no longer, or their time was up.
      if (response.destroyed || !request.complete) {
        log.debug({ err: error }, 'review given up by the one who asked for it');
        return;
      }
      log.error({ err: error }, 'review failed');
      if (!response.headersSent) text(response, 500, 'the review failed; the log of the controller says why');
    });
  });
  const handshake = { ms: HANDSHAKE_MS, clock };
  const connections = boundConnections(server, { max: max.connections, handshake, onDrop });
  await listening(server, host, port);
  // A connection that cannot be taken, for want of file handles say, is one lost review and no reason to end.
  server.on('error', (error) => log.warn({ err: error }, 'a connection could not be taken'));
  return {
    port: (server.address() as AddressInfo).port,
    use({ certPem, keyPem }) {
      server.setSecureContext({ cert: certPem, key: keyPem });
      hasCertificate = true;
    },
    notReady: () => (hasCertificate ? undefined : 'there is no certificate to serve webhooks with yet'),
    close: () => closed(server, clock, () => connections.closeAll()),
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, { roomFor, use }: Taking): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const kind = kindAtPath(path);
  if (kind === undefined) return text(response, 404, 'not found');
  if (request.method !== 'POST') return text(response, 405, 'only POST');
  const body = await bodyOf(request, roomFor());
  if (body === undefined) return text(response, 413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
  use();
  if (jsonTextNestsTooDeep(body)) return text(response, 400, 'the body nests too deep');
  let review;
  try {
    review = parseJson(body);
  } catch (error) {
    return text(response, 400, `the body is not JSON: ${(error as Error).message}`);
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(stringifyJson(answerReview(review, kind)));
}

/** The whole body, or undefined if it is too large; the rest of it is not read then. */
async function bodyOf(request: IncomingMessage, place: Place): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk as Buffer);
      place.grow((chunk as Buffer).length);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    place.leave();
  }
}

function text(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${message}\n`);
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(bindError(error, host, port));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  const message = `port ${port} on ${host} is in use; stop what listens there or choose another with --webhooks-address`;
  return new CartoError('CARTO_PORT_IN_USE', message, { cause: error, retry: 'never' });
}

/** Answers what has been asked; an idle or stuck connection does not hold up the end. */
async function closed(server: Server, clock: Clock, closeAll: () => void): Promise<void> {
  const end = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const cancel = clock.schedule(CLOSE_GRACE_MS, closeAll);
  await end;
  cancel();
}
