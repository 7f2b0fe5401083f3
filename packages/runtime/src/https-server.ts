import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { boundConnections, CartoError, type Clock, type DropReason, type Log } from '@cartographer/machinery';

/** A certificate with its key, as PEM texts. */
export type KeyPair = { readonly certPem: string; readonly keyPem: string };

/** What {@link createHttpsServer} needs. */
export type HttpsServerOptions = {
  readonly host: string;
  readonly port: number;
  /** The flag by which an operator chooses another address. */
  readonly flag: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of every connection that had to go: others needed its room, or it was too slow. */
  readonly onDrop: (reason: DropReason) => void;
  /** At once; beyond that a new one takes the place of another. */
  readonly maxConnections: number;
  /**
   * Answers a request. What it throws is a bug: it is logged, and the request answered with 500. `use` says that the
   * connection is in use until its answer is sent: all of the request is there.
   */
  readonly handle: (request: IncomingMessage, response: ServerResponse, use: () => void) => Promise<void>;
};

/** An HTTPS server, bounded in time and connections. */
export interface HttpsServer {
  readonly port: number;
  /** Serves with this certificate from the next connection on. */
  use(pair: KeyPair): void;
  /** Whether it was given a certificate: until then no connection can be made. */
  hasCertificate(): boolean;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const HANDSHAKE_MS = 10_000;
/** API servers keep idle connections for 90 s: this side must not hang up first. */
const KEEP_ALIVE_MS = 120_000;
const CHECK_MS = 2_000;
const CLOSE_GRACE_MS = 2_000;
const TIMES = {
  minVersion: 'TLSv1.2',
  headersTimeout: REQUEST_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
} as const;

/**
 * Listens. Until it has a certificate, no connection can be made.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function createHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const { clock, log, onDrop, maxConnections: max } = options;
  let hasCertificate = false;
  const server = createServer(TIMES, (request, response) => {
    const use = (): void => connections.use(request.socket, response);
    options.handle(request, response, use).catch((error: unknown) => {
      // Whoever asked waits no longer, or their time was up.
      if (response.destroyed || !request.complete) {
        log.debug({ err: error }, 'request given up by the one who asked');
        return;
      }
      log.error({ err: error }, 'request failed');
      if (!response.headersSent) sendText(response, 500, 'the request failed; the log says why');
    });
  });
  const connections = boundConnections(server, { max, handshake: { ms: HANDSHAKE_MS, clock }, onDrop });
  await listening(server, options);
  // A connection that cannot be taken, for want of file handles say, is one lost request and no reason to end.
  server.on('error', (error) => log.warn({ err: error }, 'a connection could not be taken'));
  return {
    port: (server.address() as AddressInfo).port,
    use({ certPem, keyPem }) {
      server.setSecureContext({ cert: certPem, key: keyPem });
      hasCertificate = true;
    },
    hasCertificate: () => hasCertificate,
    close: () => closed(server, clock, () => connections.closeAll()),
  };
}

/** Answers in plain text, after which the connection ends. */
export function sendText(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${message}\n`);
}

async function listening(server: Server, options: Pick<HttpsServerOptions, 'host' | 'port' | 'flag'>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(bindError(error, options));
    server.once('error', refuse);
    server.listen(options.port, options.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function bindError(
  error: NodeJS.ErrnoException,
  { host, port, flag }: Pick<HttpsServerOptions, 'host' | 'port' | 'flag'>,
): Error {
  if (error.code !== 'EADDRINUSE') return error;
  const message = `port ${port} on ${host} is in use; stop what listens there or choose another with ${flag}`;
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
