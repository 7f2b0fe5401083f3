import { lookup as lookupInDns } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, Pool } from 'undici';
import type { Destinations } from '../access/destinations.ts';

/** What {@link createGuardedAgent} needs. */
export type GuardedAgentOptions = {
  readonly destinations: Destinations;
  /** Authorities besides those that Node trusts, as PEM. */
  readonly caPem?: string;
  /** How names are resolved; DNS unless a test says otherwise. */
  readonly lookup?: LookupFunction;
};

const CONNECT_TIMEOUT_MS = 10_000;
/** How long a server may take to begin an answer, and to go on with it. */
const SILENCE_MS = 30_000;
const CONNECTIONS = 8;
const MAX_HEADER_BYTES = 32 * 1024;

/**
 * Opens connections, and asks of every address whether it may: after the name is resolved, so that no name leads where
 * addresses do not, and for each origin, so that it holds for redirects as well.
 */
export function createGuardedAgent({ destinations, caPem, lookup = lookupInDns }: GuardedAgentOptions): Agent {
  const ca = caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] };
  return new Agent({
    factory(origin) {
      const url = new URL(origin);
      const connect = buildConnector({
        ...ca,
        allowH2: false,
        timeout: CONNECT_TIMEOUT_MS,
        lookup: guarded(lookup, (address) => destinations.checkAddress(address, url)),
      });
      return new Pool(url.origin, {
        connections: CONNECTIONS,
        allowH2: false,
        headersTimeout: SILENCE_MS,
        bodyTimeout: SILENCE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        connect(options, callback) {
          // An address that is written out is never looked up.
          const address = options.hostname.replace(/^\[|\]$/g, '');
          try {
            if (isIP(address) !== 0) destinations.checkAddress(address, url);
          } catch (error) {
            callback(error as Error, null);
            return;
          }
          connect(options, callback);
        },
      });
    },
  });
}

/** A name counts as all of its addresses: one that may not be asked refuses it, since any of them could be taken. */
function guarded(lookup: LookupFunction, check: (address: string) => void): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      if (error === null) {
        try {
          for (const address of typeof found === 'string' ? [found] : found.map((one) => one.address)) check(address);
        } catch (refusal) {
          callback(refusal as NodeJS.ErrnoException, found, family);
          return;
        }
      }
      callback(error, found, family);
    });
  };
}
