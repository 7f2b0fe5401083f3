import type { LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import type { ConventionEndpoint } from './endpoint.ts';

/** The connections to convention servers, kept open between calls. */
export interface EndpointAgents {
  /** The way to an endpoint: the same as long as its address and authorities are. */
  of(endpoint: ConventionEndpoint): Dispatcher;
  /** Ends all of them, those in use as well. */
  close(): Promise<void>;
}

const CONNECTIONS = 16;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 32 * 1024;
/** Endpoints whose authorities change leave their old connections behind: the way unused for longest ends. */
const MAX_AGENTS = 64;

/** Makes {@link EndpointAgents}. */
export function createEndpointAgents(lookup?: LookupFunction): EndpointAgents {
  const agents = new Map<string, Agent>();
  return {
    of(endpoint) {
      const key = JSON.stringify([endpoint.url.origin, endpoint.serverName, endpoint.caPem]);
      const agent = agents.get(key) ?? createAgent(endpoint, lookup);
      agents.delete(key);
      agents.set(key, agent);
      const [oldest] = agents;
      if (agents.size > MAX_AGENTS && oldest !== undefined) {
        agents.delete(oldest[0]);
        // What is under way on it is finished first.
        oldest[1].close().catch(() => undefined);
      }
      return agent;
    },
    async close() {
      const all = [...agents.values()];
      agents.clear();
      await Promise.allSettled(all.map((agent) => agent.destroy()));
    },
  };
}

/** HTTP/1.1 over TLS, without a certificate of ours; how long an answer may take is the caller's to say. */
function createAgent({ serverName, caPem }: ConventionEndpoint, lookup: LookupFunction | undefined): Agent {
  const secureContext = createSecureContext({
    // Each certificate of the bundle is trusted for itself, as Go has it: where a self-signed one is being replaced, old and
    // new have the same subject, and OpenSSL would try the first alone.
    allowPartialTrustChain: true,
    ...(caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] }),
  });
  return new Agent({
    connections: CONNECTIONS,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      secureContext,
      ...(lookup === undefined ? {} : { lookup }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    },
  });
}
