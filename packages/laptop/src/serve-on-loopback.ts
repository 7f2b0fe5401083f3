import type { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { boundConnections, type Log } from '@cartographer/machinery';
import { listenOnStablePort } from './stable-port.ts';

/** What {@link serveOnLoopback} needs. */
export type LoopbackOptions = {
  /** What it is, in messages: `the registry of images`. */
  readonly what: string;
  /** Where its port is remembered, see {@link listenOnStablePort}. */
  readonly portFile: string;
  readonly log: Log;
  readonly times?: Pick<ServerOptions, 'requestTimeout' | 'headersTimeout'>;
  readonly maxConnections: number;
  /** Whoever asks for what fails here is cut off. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Takes a connection over that is to speak something else; without it, such a request is one like any other. */
  readonly upgrade?: (request: IncomingMessage, caller: Duplex, head: Buffer) => Promise<void>;
};

/** A server on `127.0.0.1:PORT`. */
export type LoopbackServer = { readonly port: number; close(): Promise<void> };

/**
 * Serves HTTP on loopback, with bounded connections. Names that are not of this machine are for `answer` to refuse: each
 * server has words of its own for that.
 *
 * @throws CartoError `CARTO_PORT` when no port on loopback can be had.
 */
export async function serveOnLoopback(options: LoopbackOptions): Promise<LoopbackServer> {
  const { what, portFile, log, times = {}, maxConnections, answer, upgrade } = options;
  const server = createServer(times, (request, response) => {
    connections.use(request.socket, response);
    answer(request, response).catch((error: unknown) => {
      log.debug({ err: error, what }, 'a request was not answered');
      response.destroy();
    });
  });
  const connections = boundConnections(server, {
    max: maxConnections,
    onDrop: () => log.debug({ what }, 'a connection had to go for a new one'),
  });
  if (upgrade !== undefined) {
    server.on('upgrade', (request, caller, head) => {
      connections.use(request.socket, caller);
      caller.on('error', () => caller.destroy()); // Node leaves it to us, and the caller may go while it waits
      upgrade(request, caller, head).catch(() => caller.destroy());
    });
  }
  const port = await listenOnStablePort(server, { portFile, log, what });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        connections.closeAll();
      }),
  };
}
