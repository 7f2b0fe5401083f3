import { allEnded } from '@cartographer/machinery';
import { type Dispatcher, Pool } from 'undici';
import type { ClusterAccess, Credential } from './cluster-access.ts';

/** Bounds of the HTTP transport; the defaults suit a production API server. */
export type HttpTransportOptions = {
  /** How many requests run at once; more wait their turn. Watches have connections of their own. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** How long the server may take to begin an answer, and how long it may pause within one. */
  readonly requestTimeoutMs?: number;
  readonly maxAnswerBytes?: number;
  readonly maxWatchLineBytes?: number;
};

/** The connections of one transport, apart for requests and watches and by client certificate. */
export interface ConnectionPools {
  /** The dispatcher also understands {@link Guarded}. */
  take(certificate: Credential['certificate'], watch: boolean): Dispatcher;
  close(): Promise<void>;
}

/** An option of a request: called when its first byte is about to be sent; what it throws fails the request unsent. */
export type Guarded = { readonly beforeSend?: () => void };

type Pair = {
  readonly certPem: string | undefined;
  readonly requests: Pool;
  readonly guarded: Dispatcher;
  readonly watches: Pool;
};

// Go's HTTP server closes a connection that idles for 90 s; leave well before that.
const KEEP_ALIVE_MS = 30_000;

/**
 * Opens pools as they are needed. There are at most two pairs: one without a client certificate, and one with the
 * current certificate; a rotated certificate replaces its pair.
 */
export function createConnectionPools(access: ClusterAccess, bounds: Required<HttpTransportOptions>): ConnectionPools {
  let bare: Pair | undefined;
  let certified: Pair | undefined;

  const open = (certificate: Credential['certificate']): Pair => {
    const make = (connections: number | null): Pool =>
      new Pool(new URL(access.server).origin, {
        connections,
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS * 2,
        headersTimeout: bounds.requestTimeoutMs,
        bodyTimeout: bounds.requestTimeoutMs,
        connect: { timeout: bounds.connectTimeoutMs, ...tlsOptions(access, certificate) },
        // A watch has no end; its lines are bounded one by one.
        maxResponseSize: connections === null ? -1 : bounds.maxAnswerBytes,
      });
    const requests = make(bounds.connections);
    return { certPem: certificate?.certPem, requests, guarded: requests.compose(guard), watches: make(null) };
  };

  const pairFor = (certificate: Credential['certificate']): Pair => {
    if (certificate === undefined) return (bare ??= open(undefined));
    if (certified?.certPem === certificate.certPem) return certified;
    const outdated = certified;
    certified = open(certificate);
    // Whoever uses the outdated pair finishes on it. It ends by itself; nobody waits for that, and nothing can be done about a failure.
    if (outdated !== undefined) closeBehind(outdated);
    return certified;
  };

  return {
    take(certificate, watch) {
      const pair = pairFor(certificate);
      return watch ? pair.watches : pair.guarded;
    },
    async close() {
      const pairs = [bare, certified].filter((pair) => pair !== undefined);
      await allEnded(pairs.flatMap((pair) => [pair.requests.destroy(), pair.watches.destroy()]));
    },
  };
}

/** undici starts a request once it has a connection, and drops it when its handler throws at that moment. */
function guard(dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch {
  return (options, handler) => {
    const { beforeSend } = options as Guarded;
    if (beforeSend === undefined) return dispatch(options, handler);
    const start = handler.onRequestStart;
    handler.onRequestStart = function onRequestStart(controller, context) {
      beforeSend();
      start?.call(handler, controller, context);
    };
    return dispatch(options, handler);
  };
}

function closeBehind(pair: Pair): void {
  const ignore = (): void => undefined;
  pair.requests.close().catch(ignore);
  pair.watches.close().catch(ignore);
}

/** How TLS is spoken with an API server: whom it is known by, and what is shown to it. */
export function tlsOptions(access: ClusterAccess, certificate: Credential['certificate']): object {
  return {
    ...(access.caPem === undefined ? {} : { ca: access.caPem }),
    ...(access.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
    ...(certificate === undefined ? {} : { cert: certificate.certPem, key: certificate.keyPem.reveal() }),
  };
}
