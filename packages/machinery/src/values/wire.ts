import type { Json } from './json.ts';
import type { WatchEvent } from './kube-object.ts';

/** A request to an API server, free of any transport: the HTTP front parses into it, the in-process transport passes it on. */
export type WireRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query: `/api/v1/namespaces/team/configmaps`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case: `authorization`, `accept`, `content-type`, `user-agent`, `impersonate-user`, … */
  readonly headers?: Readonly<Record<string, string>>;
  /** Parsed JSON (an object must not be changed afterwards), or the raw bytes of any other content type. */
  readonly body?: Json | Uint8Array;
  readonly signal?: AbortSignal;
  /** The body is wanted as it comes, for it may have no end: the log of a pod. */
  readonly stream?: boolean;
  /** Called just before the request leaves this process, after any wait for a connection; what it throws keeps the request back. */
  readonly beforeSend?: () => void;
};

/** The answer: a whole body, for a watch the stream of events, or what was asked for as it comes. Exactly one is set. */
export type WireResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json | Uint8Array;
  /** Ends when the server ends the watch; ends at once when the request's signal is aborted. */
  readonly events?: AsyncIterable<WatchEvent>;
  /**
   * The bytes of a body that was asked for with `stream`; a refusal, and a transport that has all of it at once, give `body`.
   * Breaks off with an error when the connection does, and at once when the request's signal is aborted.
   */
  readonly chunks?: AsyncIterable<Uint8Array>;
};

/** Carries requests to one API server; throws only when no answer could be had (never for an HTTP error status). */
export interface Transport {
  request(request: WireRequest): Promise<WireResponse>;
  close(): Promise<void>;
}
