import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Transport } from '@cartographer/machinery';
import { type ClusterAccess, staticCredentials } from '../transport/cluster-access.ts';
import type { HttpTransportOptions } from '../transport/connection-pools.ts';
import { createHttpTransport } from '../transport/http-transport.ts';

/** Transports to servers of a test's own. */
export interface TransportStage {
  /** Starts a server that answers by `handler`, and gives a transport to it; `path` stands before each request's. */
  start(
    handler: RequestListener,
    options?: HttpTransportOptions,
    access?: Partial<ClusterAccess>,
    path?: string,
  ): Promise<Transport>;
  /** Ends all that was started. */
  close(): Promise<void>;
}

/** Makes a {@link TransportStage}. */
export function createTransportStage(): TransportStage {
  const cleanups: (() => Promise<void>)[] = [];
  return {
    async start(handler, options, access, path = '') {
      const server = createServer(handler);
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      const transport = createHttpTransport(
        { server: `${urlOf(server)}${path}`, credentials: staticCredentials({}), namespace: 'default', ...access },
        options,
      );
      cleanups.push(async () => {
        await transport.close();
        server.closeAllConnections();
        await new Promise((resolve) => {
          server.close(resolve);
        });
      });
      return transport;
    },
    async close() {
      for (const cleanup of cleanups.splice(0)) await cleanup();
    },
  };
}

/** Where a server listens on loopback. */
export function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
