import type {
  Clock,
  Json,
  KubeList,
  KubeObject,
  ResourceType,
  Transport,
  WatchEvent,
  WireRequest,
  WireResponse,
} from '@cartographer/machinery';
import { errorOf } from '../transport/api-error.ts';
import { Secret } from '../transport/secret.ts';
import { resourcePath } from './resource-path.ts';

/** Names one object. */
export type ObjectKey = { readonly namespace?: string; readonly name: string };

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

/** Options of every write. */
export type WriteOptions = {
  readonly fieldManager?: string;
  /** The server does everything but store. */
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly signal?: AbortSignal;
};

/** A patch and how to read it. */
export type PatchOptions = WriteOptions & {
  readonly kind: 'merge' | 'json' | 'strategic';
  readonly body: Json;
  readonly subresource?: string;
};

/** Options of server-side apply. */
export type ApplyOptions = WriteOptions & {
  readonly fieldManager: string;
  /** Take over fields that other managers own, instead of failing with a conflict. */
  readonly force?: boolean;
  readonly subresource?: string;
};

/** Options of a delete. */
export type DeleteOptions = {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Deletes only this very object, or only this version of it. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
};

/** What a TokenRequest gives. */
export type ServiceAccountToken = { readonly token: string; readonly expirationTimestamp: string };

/**
 * A Kubernetes client over any transport. Every method throws ApiError when the server refuses, TransportError
 * when there is no answer, and the signal's reason when it is aborted. It never retries and never limits its rate:
 * the caller's queue does both.
 */
export interface Client {
  get(
    type: ResourceType,
    key: ObjectKey,
    options?: { readonly signal?: AbortSignal; readonly resourceVersion?: string },
  ): Promise<KubeObject>;
  list(type: ResourceType, options?: ListOptions): Promise<KubeList>;
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  update(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  updateStatus(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  patch(type: ResourceType, key: ObjectKey, options: PatchOptions): Promise<KubeObject>;
  /** Server-side apply: creates the object or changes the fields that this manager owns. */
  apply(type: ResourceType, object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  /** Answers with the object if it is still there (finalizers), else with a Status. */
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject>;
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
  /** Gets the text of each `Warning` header that the server sends (dropped fields, deprecated versions). */
  readonly onWarning?: (text: string) => void;
};

const DEFAULT_USER_AGENT = 'cartographer';
const SERVICE_ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
};
const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** Makes a {@link Client}. */
export function createClient(options: ClientOptions): Client {
  const authorization = options.token === undefined ? undefined : new Secret(`Bearer ${options.token}`);
  const userAgent = options.userAgent ?? DEFAULT_USER_AGENT;

  const raw = (request: WireRequest): Promise<WireResponse> => {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent, ...request.headers };
    if (authorization !== undefined) headers['authorization'] ??= authorization.reveal();
    return options.transport.request({ ...request, headers });
  };
  const send = async <T>(request: WireRequest): Promise<T> => {
    const response = await raw(request);
    if (response.status < 200 || response.status > 299) throw errorOf(response);
    if (options.onWarning !== undefined) warningsOf(response).forEach(options.onWarning);
    return response.body as T;
  };
  const write = (
    method: 'POST' | 'PUT',
    type: ResourceType,
    object: KubeObject,
    write: WriteOptions = {},
    subresource?: string,
  ): Promise<KubeObject> => {
    const { namespace, name } = object.metadata;
    const key = method === 'POST' ? { namespace } : { namespace, name: name ?? '' };
    const path = resourcePath(type, key, subresource);
    return send({ method, path, query: writeQuery(write), body: object, signal: write.signal });
  };

  return {
    get: (type, key, read = {}) =>
      send({
        method: 'GET',
        path: resourcePath(type, key),
        query: queryOf({ resourceVersion: read.resourceVersion }),
        signal: read.signal,
      }),
    list: (type, { namespace, signal, ...query } = {}) =>
      send({ method: 'GET', path: resourcePath(type, { namespace }), query: queryOf(query), signal }),
    create: (type, object, how) => write('POST', type, object, how),
    update: (type, object, how) => write('PUT', type, object, how),
    updateStatus: (type, object, how) => write('PUT', type, object, how, 'status'),
    patch: (type, key, { kind, body, subresource, ...how }) =>
      send({
        method: 'PATCH',
        path: resourcePath(type, key, subresource),
        query: writeQuery(how),
        headers: { 'content-type': PATCH_TYPES[kind] },
        body,
        signal: how.signal,
      }),
    apply: (type, object, { force, subresource, ...how }) =>
      send({
        method: 'PATCH',
        path: resourcePath(type, { ...object.metadata, name: object.metadata.name ?? '' }, subresource),
        query: { ...writeQuery(how), ...(force === true ? { force: 'true' } : {}) },
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: object,
        signal: how.signal,
      }),
    delete: (type, key, how = {}) =>
      send({ method: 'DELETE', path: resourcePath(type, key), body: deleteBody(how), signal: how.signal }),
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

function writeQuery({ fieldManager, dryRun, fieldValidation }: WriteOptions): Record<string, string> | undefined {
  return queryOf({ fieldManager, dryRun: dryRun === true ? 'All' : undefined, fieldValidation });
}

function queryOf(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): Record<string, string> | undefined {
  let query: Record<string, string> | undefined;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === '') continue;
    query ??= {};
    query[name] = String(value);
  }
  return query;
}

function deleteBody({ propagationPolicy, preconditions, gracePeriodSeconds, dryRun }: DeleteOptions): Json {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}

/** The texts of RFC 7234 warnings as Kubernetes sends them: `299 - "text"`, several in one header. */
export function warningsOf(response: WireResponse): readonly string[] {
  const header = response.headers['warning'];
  if (header === undefined) return [];
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
}
