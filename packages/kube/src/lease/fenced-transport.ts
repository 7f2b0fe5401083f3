import type { Transport, WireRequest } from '@cartographer/machinery';
import { CartoError } from '@cartographer/machinery';
import type { LeaseHolder } from './leader-elector.ts';

/**
 * A transport that refuses every write unless the lease is held at that very moment: when the request is made, and
 * again just before its first byte is sent, as it may have waited for a connection. A process that was paused past its
 * lease therefore writes nothing when it wakes up, even before it learns that it no longer leads. Reads pass.
 * @throws CartoError `CARTO_NOT_LEADER`, from `request`.
 */
export function fenced(transport: Transport, lease: LeaseHolder): Transport {
  return {
    async request(request) {
      if (request.method === 'GET') return transport.request(request);
      const check = (): void => {
        request.beforeSend?.();
        if (!lease.holds()) throw notLeader(request);
      };
      check();
      return transport.request({ ...request, beforeSend: check });
    },
    close: () => transport.close(),
  };
}

function notLeader({ method, path }: WireRequest): CartoError {
  return new CartoError('CARTO_NOT_LEADER', `${method} ${path} was not sent: this process does not hold the lease`);
}
