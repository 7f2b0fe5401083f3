import type { ApiServer, ApiServerOptions } from '@cartographer/apiserver';
import type { Client } from '@cartographer/kube';
import { createClient, createInProcessTransport, systemClock } from '@cartographer/kube';
import type { Clock, KubeObject, Log, Transport } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';

/** How the embedded server of a test is to be. */
export type EmbeddedOptions = {
  /** Definitions that are established when the promise resolves. */
  readonly crds?: readonly KubeObject[];
  /** `AlwaysAllow` by default; tests about permissions ask for `RBAC`. */
  readonly authorization?: ApiServerOptions['authorization'];
  readonly admission?: ApiServerOptions['admission'];
  /** A folder makes it persistent. */
  readonly data?: string;
  readonly clock?: Clock;
  readonly log?: Log;
};

/** A started API server with a client of its admin, in this process. */
export type Embedded = {
  readonly server: ApiServer;
  /** Requests as the admin, unless they bring another token. */
  readonly adminTransport: Transport;
  readonly client: Client;
  close(): Promise<void>;
};

/** Starts an embedded API server for one test; close it at the end. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  const { crds, authorization = 'AlwaysAllow', clock = systemClock, log = silentLog, ...rest } = options;
  // Loaded here, so that a test that needs only a clock does not load a server.
  const { createApiServer } = await import('@cartographer/apiserver');
  const server = await createApiServer({ ...rest, customResources: crds, authorization, clock, log });
  const adminTransport = createInProcessTransport((request) => server.request(request), server.adminToken);
  return {
    server,
    adminTransport,
    // A name of its own: the controller takes over what a manager `cartographer` wrote.
    client: createClient({ transport: adminTransport, clock, userAgent: 'testkit' }),
    close: () => server.close(),
  };
}
