import type { Transport, WatchEvent, WireRequest, WireResponse } from '@cartographer/machinery';
import { Secret } from '@cartographer/machinery';

/**
 * Hands requests to a server in the same process: no socket, no serialising, the same pipeline. Objects are shared,
 * so both sides treat what they send and get as frozen.
 */
export function createInProcessTransport(
  handler: (request: WireRequest) => Promise<WireResponse>,
  token?: string,
): Transport {
  const authorization = token === undefined ? undefined : new Secret(`Bearer ${token}`);
  return {
    async request(request) {
      request.signal?.throwIfAborted();
      const response = await handler(identified(request, authorization));
      const { events } = response;
      if (events === undefined || request.signal === undefined) return response;
      return { ...response, events: untilAborted(events, request.signal) };
    },
    close: () => Promise.resolve(),
  };
}

function identified(request: WireRequest, authorization: Secret | undefined): WireRequest {
  if (authorization === undefined || request.headers?.['authorization'] !== undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: authorization.reveal() } };
}

/** Ends an event stream at once when the signal fires, whatever its source is waiting for. */
function untilAborted(events: AsyncIterable<WatchEvent>, signal: AbortSignal): AsyncIterable<WatchEvent> {
  return {
    [Symbol.asyncIterator]() {
      const source = events[Symbol.asyncIterator]();
      const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
      let wake: ((result: IteratorResult<WatchEvent>) => void) | undefined;
      const finish = async (): Promise<IteratorReturnResult<undefined>> => {
        signal.removeEventListener('abort', onAbort);
        await source.return?.();
        return end;
      };
      const onAbort = (): void => {
        wake?.(end);
        finish().catch(() => undefined); // The consumer has its end; a source that fails to close concerns nobody any more.
      };
      signal.addEventListener('abort', onAbort, { once: true });
      return {
        next() {
          if (signal.aborted) return Promise.resolve(end);
          return new Promise<IteratorResult<WatchEvent>>((resolve, reject) => {
            wake = resolve;
            source.next().then((result) => {
              if (result.done === true) signal.removeEventListener('abort', onAbort);
              resolve(result);
            }, reject);
          });
        },
        return: finish,
      };
    },
  };
}
