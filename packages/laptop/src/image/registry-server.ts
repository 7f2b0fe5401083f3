import type { Log } from '@cartographer/machinery';
import { answerRegistryRequest, type OciLayout, type RegistryRefusal, refuseRegistryRequest } from '@cartographer/oci';
import { isLoopbackHost, MISDIRECTED } from '@cartographer/runtime';
import { serveOnLoopback } from '../serve-on-loopback.ts';

/** A registry of the images that were built here: what the OCI distribution specification asks of one for reading. */
export interface RegistryServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;

const NOT_HERE: RegistryRefusal = { status: 421, code: 'DENIED', message: MISDIRECTED };

/** Starts the registry on loopback, without authentication: everyone on this machine may read. */
export async function startRegistryServer(options: {
  /** The repository `NAMESPACE/NAME`; undefined when there is none. */
  readonly layoutOf: (repository: string) => Promise<OciLayout | undefined>;
  readonly portFile: string;
  readonly log: Log;
  /** 256 unless a test wants fewer. */
  readonly maxConnections?: number;
}): Promise<RegistryServer> {
  const { layoutOf, portFile, log } = options;
  const { port, close } = await serveOnLoopback({
    what: 'the registry of images',
    portFile,
    log,
    times: { requestTimeout: 30_000, headersTimeout: 10_000 },
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    async answer(request, response) {
      if (isLoopbackHost(request.headers.host)) await answerRegistryRequest(layoutOf, request, response);
      else refuseRegistryRequest(response, NOT_HERE);
    },
  });
  return { host: `127.0.0.1:${port}`, close };
}
