import { TransportError } from '@cartographer/kube';
import type { Clock, Json, Transport, WatchEvent, WireRequest, WireResponse } from '@cartographer/machinery';
import { failure, orAborted } from '@cartographer/machinery';
import type { WatchFault } from './fault-events.ts';
import { faultyEvents } from './fault-events.ts';

/** What goes wrong with one request. */
export type Fault =
  /** The connection breaks before the server sees the request. */
  | { readonly kind: 'reset' }
  /** The server answers with a failure status; a Status body is made unless one is given. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
      readonly body?: Json;
    }
  /** The request waits before it goes on. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer at all until the caller gives up: a black hole. */
  | { readonly kind: 'silence' }
  /** Ambiguous success: the server does it, and the caller hears a 504 or a broken connection. */
  | { readonly kind: 'applied-but'; readonly hear: 'reset' | 504 }
  /** Something else comes back: an older list, say. `forward` asks the real server. */
  | {
      readonly kind: 'answer';
      readonly answer: (request: WireRequest, forward: () => Promise<WireResponse>) => Promise<WireResponse>;
    }
  /** The watch opens, and something happens to its events. */
  | WatchFault;

/** Which requests a fault hits. */
export type FaultRule = {
  readonly when: (request: WireRequest) => boolean;
  /** Lets this many matching requests through first. */
  readonly after?: number;
  /** How many requests it hits; once by default. */
  readonly times?: number;
  readonly fault: Fault;
};

/** A transport on which a test can make things go wrong. */
export interface FaultTransport extends Transport {
  /** Adds a rule; the first rule that matches a request wins. Returns how to take it away. */
  inject(rule: FaultRule): () => void;
  /** Every request so far, faults included. */
  readonly requests: readonly WireRequest[];
  /** How many faults have happened. */
  readonly hits: number;
}

/** True for a watch. */
export const watches = (request: WireRequest): boolean => request.query?.['watch'] === 'true';
/** True for a list: a read of a collection that is no watch. */
export const lists = (request: WireRequest): boolean => request.method === 'GET' && !watches(request);
/** True for everything that changes something. */
export const writes = (request: WireRequest): boolean => request.method !== 'GET';

type Armed = FaultRule & { skipped: number; done: number };

/** Wraps a transport; without rules it passes everything on. */
export function createFaultTransport(inner: Transport, options: { readonly clock: Clock }): FaultTransport {
  const rules = new Set<Armed>();
  const requests: WireRequest[] = [];
  let hits = 0;

  const faultFor = (request: WireRequest): Fault | undefined => {
    for (const rule of rules) {
      if (!rule.when(request)) continue;
      if (rule.skipped < (rule.after ?? 0)) {
        rule.skipped++;
        continue;
      }
      if (rule.done >= (rule.times ?? 1)) continue;
      rule.done++;
      hits++;
      return rule.fault;
    }
    return undefined;
  };

  return {
    inject(rule) {
      const armed: Armed = { ...rule, skipped: 0, done: 0 };
      rules.add(armed);
      return () => void rules.delete(armed);
    },
    request(request) {
      requests.push(request);
      const fault = faultFor(request);
      return fault === undefined ? inner.request(request) : suffer(fault, request, inner, options.clock);
    },
    close: () => inner.close(),
    requests,
    get hits() {
      return hits;
    },
  };
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
async function suffer(fault: Fault, request: WireRequest, inner: Transport, clock: Clock): Promise<WireResponse> {
  request.signal?.throwIfAborted();
  switch (fault.kind) {
    case 'reset':
      throw connectionLost(request);
    case 'status':
      return refusal(fault);
    case 'delay':
      await clock.sleep(fault.ms, request.signal);
      return inner.request(request);
    case 'silence':
      return orAborted(new Promise<never>(() => undefined), request.signal);
    case 'applied-but':
      await inner.request(request);
      if (fault.hear === 'reset') throw connectionLost(request);
      return refusal({ code: 504, reason: 'Timeout', message: 'request did not complete within the allotted timeout' });
    case 'answer':
      return fault.answer(request, () => inner.request(request));
    case 'watch': {
      const response = await inner.request(request);
      if (response.events === undefined) return response;
      return { ...response, events: faultyEvents(response.events, fault, request.signal) };
    }
  }
}

function connectionLost(request: WireRequest): TransportError {
  return new TransportError('CARTO_CONNECTION_LOST', `${request.method} ${request.path}: read ECONNRESET`);
}

type Refusal = Omit<Extract<Fault, { kind: 'status' }>, 'kind'>;

function refusal({ code, reason, message, retryAfterSeconds, body }: Refusal): WireResponse {
  const status = failure(code, reason, message ?? `injected failure ${code}`);
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { status: code, headers, body: body ?? status };
}

/** Makes the ERROR event that a server sends in the middle of a watch. */
export function errorEvent(code: number, reason: string, message: string): WatchEvent {
  return { type: 'ERROR', object: failure(code, reason, message) };
}
