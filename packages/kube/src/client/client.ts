import type {
  Clock,
  KubeList,
  KubeObject,
  ResourceType,
  Transport,
  WatchEvent,
  WireRequest,
  WireResponse,
} from '@cartographer/machinery';
import { isStatus, Secret } from '@cartographer/machinery';
import { errorOf } from '../transport/api-error.ts';
import { SERVICE_ACCOUNTS } from './core-types.ts';
import type { ObjectKey } from './resource-path.ts';
import { queryOf, resourcePath } from './resource-path.ts';
import type { ServerAnswer, Writes } from './writes.ts';
import { createWrites } from './writes.ts';

/** Which objects of a type. */
export type Selection = {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

/** Options of {@link Client.list}. Without `resourceVersion` the answer is consistent: nothing older than the call. */
export type ListOptions = Selection & {
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly signal?: AbortSignal;
};

/** Options of {@link Client.watch}. */
export type WatchOptions = Selection & {
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
};

/** What a TokenRequest gives. */
export type ServiceAccountToken = { readonly token: string; readonly expirationTimestamp: string };

/**
 * A Kubernetes client over any transport. Every method throws ApiError when the server refuses, TransportError
 * when there is no answer, and the signal's reason when it is aborted. It never retries and never limits its rate:
 * the caller's queue does both.
 */
export interface Client extends Writes<KubeObject> {
  /** The same writes for whom a refusal is an answer like another: it is given, not thrown. */
  readonly attempt: Writes<ServerAnswer>;
  get(
    type: ResourceType,
    key: ObjectKey,
    options?: { readonly signal?: AbortSignal; readonly resourceVersion?: string },
  ): Promise<KubeObject>;
  list(type: ResourceType, options?: ListOptions): Promise<KubeList>;
  /** Events until the server or the signal ends them; a refusal is thrown by the first `next()`. */
  watch(type: ResourceType, options?: WatchOptions): AsyncIterable<WatchEvent>;
  /** Asks for a token of a service account. */
  createToken(
    key: { readonly namespace: string; readonly name: string },
    options: {
      readonly expirationSeconds?: number;
      readonly audiences?: readonly string[];
      readonly signal?: AbortSignal;
    },
  ): Promise<ServiceAccountToken>;
  /** Sends a request as it is and gives the answer as it is; a failure status is not thrown. */
  raw(request: WireRequest): Promise<WireResponse>;
  /** A client with another identity on the same connections. */
  withToken(token: string): Client;
}

/** What {@link createClient} needs. */
export type ClientOptions = {
  readonly transport: Transport;
  readonly userAgent?: string;
  readonly clock: Clock;
  /** Overrides the transport's own identity. */
  readonly token?: string;
};

const DEFAULT_USER_AGENT = 'cartographer';
/** Makes a {@link Client}. */
export function createClient(options: ClientOptions): Client {
  const authorization = options.token === undefined ? undefined : new Secret(`Bearer ${options.token}`);
  const userAgent = options.userAgent ?? DEFAULT_USER_AGENT;

  const raw = (request: WireRequest): Promise<WireResponse> => {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent, ...request.headers };
    if (authorization !== undefined) headers['authorization'] ??= authorization.reveal();
    return options.transport.request({ ...request, headers });
  };
  const answered = async (request: WireRequest): Promise<ServerAnswer> => {
    const response = await raw(request);
    const { status, body } = response;
    if (isFailure(response))
      return { kind: 'refused', error: errorOf(response), ...(isStatus(body) ? { status: body } : {}) };
    return { kind: 'done', object: body as KubeObject, created: status === 201, warnings: warningsOf(response) };
  };
  const send = async <T>(request: WireRequest): Promise<T> => {
    const response = await raw(request);
    if (isFailure(response)) throw errorOf(response);
    return response.body as T;
  };

  return {
    ...createWrites<KubeObject>(send),
    attempt: createWrites(answered),
    get: (type, key, read = {}) =>
      send({
        method: 'GET',
        path: resourcePath(type, key),
        query: queryOf({ resourceVersion: read.resourceVersion }),
        signal: read.signal,
      }),
    list: (type, { namespace, signal, ...query } = {}) =>
      send({ method: 'GET', path: resourcePath(type, { namespace }), query: queryOf(query), signal }),
    watch: (type, { namespace, signal, ...query } = {}) =>
      lazily(async () => {
        const path = resourcePath(type, { namespace });
        const response = await raw({ method: 'GET', path, query: { watch: 'true', ...queryOf(query) }, signal });
        if (response.events === undefined) throw errorOf(response);
        return response.events;
      }),
    async createToken(key, { signal, ...spec }) {
      const made = await send<{ readonly status: ServiceAccountToken }>({
        method: 'POST',
        path: resourcePath(SERVICE_ACCOUNTS, key, 'token'),
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
        signal,
      });
      return made.status;
    },
    raw,
    withToken: (token) => createClient({ ...options, token }),
  };
}

/** Starts a stream at the first `next()` and then stands aside, so that no layer costs a promise per event. */
function lazily(open: () => Promise<AsyncIterable<WatchEvent>>): AsyncIterable<WatchEvent> {
  return {
    [Symbol.asyncIterator]() {
      let source: AsyncIterator<WatchEvent> | undefined;
      const begin = async (): Promise<IteratorResult<WatchEvent>> => {
        source = (await open())[Symbol.asyncIterator]();
        return source.next();
      };
      return {
        next: () => (source === undefined ? begin() : source.next()),
        return: async () => (await source?.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

function isFailure({ status }: WireResponse): boolean {
  return status < 200 || status > 299;
}

/** The texts of RFC 7234 warnings as Kubernetes sends them: `299 - "text"`, several in one header. */
function warningsOf(response: WireResponse): readonly string[] {
  const header = response.headers['warning'];
  if (header === undefined) return [];
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
}
