import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { boundConnections, CartoError } from '@cartographer/machinery';
import { isLoopbackHost, MISDIRECTED } from './loopback-host.ts';
import type { ControllerMetrics } from './metrics.ts';

/** One named question: an empty answer means well, a text says what is wrong. */
export type Check = { readonly name: string; readonly ask: () => string | undefined };

/** Settings of {@link serveHealth}. */
export type HealthOptions = {
  readonly host: string;
  readonly port: number;
  /** Asked by `/healthz`: is the process worth keeping? */
  readonly live: readonly Check[];
  /** Asked by `/readyz`: does it do its work now? */
  readonly ready: readonly Check[];
  readonly metrics?: ControllerMetrics;
  /** 100 unless a test wants fewer. */
  readonly maxConnections?: number;
};

const MAX_CONNECTIONS = 100;
const TIMES = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_000 } as const;
/** Then a connection has to be made anew: nobody sends thousands of requests ahead on one. */
const MAX_REQUESTS_PER_CONNECTION = 100;

/**
 * Serves `/healthz`, `/readyz` (200 `ok` or 503 with the failing checks) and `/metrics`.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function serveHealth(options: HealthOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer(TIMES, (request, response) => {
    connections.use(request.socket, response);
    const path = (request.url ?? '').split('?')[0];
    // In a cluster it is asked under the pod's address; on loopback only by who is on this machine.
    if (isLoopbackHost(options.host) && !isLoopbackHost(request.headers.host))
      return void response.writeHead(421, { 'content-type': 'text/plain' }).end(`${MISDIRECTED}\n`);
    if (path === '/healthz') return answer(response, options.live);
    if (path === '/readyz') return answer(response, options.ready);
    if (path === '/metrics' && options.metrics !== undefined) {
      exposeMetrics(response, options.metrics).catch(() => response.destroy());
      return;
    }
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found: try /healthz, /readyz or /metrics\n');
  });
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  const connections = boundConnections(server, {
    max: options.maxConnections ?? MAX_CONNECTIONS,
    onDrop: (reason) => options.metrics?.dropped('metrics', reason),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  // A connection that cannot be taken is one lost asker and no reason to end.
  server.on('error', () => options.metrics?.dropped('metrics', 'limit'));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        connections.closeAll();
      }),
  };
}

function answer(response: ServerResponse, checks: readonly Check[]): void {
  const failing = checks.flatMap(({ name, ask }) => {
    const wrong = ask();
    return wrong === undefined ? [] : [`${name}: ${wrong}`];
  });
  response
    .writeHead(failing.length === 0 ? 200 : 503, { 'content-type': 'text/plain' })
    .end(failing.length === 0 ? 'ok' : `${failing.join('\n')}\n`);
}

async function exposeMetrics(response: ServerResponse, metrics: ControllerMetrics): Promise<void> {
  const { contentType, text } = await metrics.expose();
  response.writeHead(200, { 'content-type': contentType }).end(text);
}

function bindError(error: NodeJS.ErrnoException, { host, port }: HealthOptions): Error {
  return error.code === 'EADDRINUSE'
    ? new CartoError(
        'CARTO_PORT_IN_USE',
        `port ${port} on ${host} is in use; stop what listens there or choose another port`,
        { cause: error, retry: 'never' },
      )
    : error;
}
