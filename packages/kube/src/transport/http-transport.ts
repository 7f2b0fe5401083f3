import type { Json, Transport, WireRequest, WireResponse } from '@cartographer/machinery';
import { parseJson, stringifyJson, yamlSafeJson } from '@cartographer/machinery';
import type { Dispatcher } from 'undici';
import { TransportError } from './api-error.ts';
import type { ClusterAccess, Credential } from './cluster-access.ts';
import type { Guarded, HttpTransportOptions } from './connection-pools.ts';
import { createConnectionPools } from './connection-pools.ts';
import { transportErrorOf } from './transport-failure.ts';
import { watchEvents } from './watch-stream.ts';

const DEFAULTS: Required<HttpTransportOptions> = {
  connections: 64,
  connectTimeoutMs: 10_000,
  // kube-apiserver ends a request itself after 60 s; what is still silent then will not answer.
  requestTimeoutMs: 65_000,
  maxAnswerBytes: 256 * 1024 * 1024,
  // etcd refuses objects above 1.5 MB; escaping may multiply that.
  maxWatchLineBytes: 16 * 1024 * 1024,
};

/**
 * Talks to an API server over HTTP/1.1 with kept-alive, pooled connections. HTTP/2 is left out on purpose: it is
 * slower with one connection, and pins a client to one API server.
 */
export function createHttpTransport(access: ClusterAccess, options: HttpTransportOptions = {}): Transport {
  const bounds = { ...DEFAULTS, ...options };
  const pools = createConnectionPools(access, bounds);
  const prefix = new URL(access.server).pathname.replace(/\/+$/, '');

  const dispatch = async (request: WireRequest, watch: boolean): Promise<WireResponse> => {
    const endless = watch || request.stream === true;
    const { headers, pool } = await prepare(request, endless);
    const options: Dispatcher.RequestOptions & Guarded = {
      method: request.method,
      path: `${prefix}${request.path}${queryText(request.query)}`,
      headers,
      body: bodyOf(request),
      signal: request.signal,
      beforeSend: request.beforeSend,
      ...(endless ? { bodyTimeout: 0 } : {}),
    };
    const answer = await pool.request(options);
    if (answer.statusCode === 401 && request.headers?.['authorization'] === undefined) access.credentials.refused();
    if (watch && answer.statusCode === 200) return watching(answer, request);
    if (request.stream === true && answer.statusCode === 200) return streaming(answer, request);
    return { status: answer.statusCode, headers: flat(answer.headers), body: await readBody(answer) };
  };

  /** A request with an identity of its own must not show our client certificate: the server would believe that first. */
  const prepare = async (
    request: WireRequest,
    endless: boolean,
  ): Promise<{ headers: Record<string, string>; pool: Dispatcher }> => {
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
    if (request.body !== undefined && !(request.body instanceof Uint8Array)) {
      headers['content-type'] ??= 'application/json';
    }
    if (headers['authorization'] !== undefined) return { headers, pool: pools.take(undefined, endless) };
    const current = access.credentials.current(request.signal);
    const credential: Credential = current instanceof Promise ? await current : current;
    if (credential.authorization !== undefined) headers['authorization'] = credential.authorization.reveal();
    return { headers, pool: pools.take(credential.certificate, endless) };
  };

  const watching = (answer: Dispatcher.ResponseData, request: WireRequest): WireResponse => ({
    status: answer.statusCode,
    headers: flat(answer.headers),
    events: watchEvents(answer.body, {
      maxLineBytes: bounds.maxWatchLineBytes,
      close: () => answer.body.on('error', () => undefined).destroy(),
      signal: request.signal,
      wrap: (error) => transportErrorOf(error, access, request),
    }),
  });

  const streaming = (answer: Dispatcher.ResponseData, request: WireRequest): WireResponse => ({
    status: answer.statusCode,
    headers: flat(answer.headers),
    chunks: chunksOf(answer.body, (error) => transportErrorOf(error, access, request)),
  });

  return {
    async request(request) {
      request.signal?.throwIfAborted();
      const watch = isWatch(request);
      try {
        return await dispatch(request, watch);
      } catch (error) {
        const failure = transportErrorOf(error, access, request);
        // A kept-alive connection that the server closed while idle says nothing about the server: one more try.
        const lost = failure instanceof TransportError && failure.code === 'CARTO_CONNECTION_LOST';
        if (!lost || request.method !== 'GET' || watch) throw failure;
      }
      try {
        return await dispatch(request, watch);
      } catch (error) {
        throw transportErrorOf(error, access, request);
      }
    },
    close: () => pools.close(),
  };
}

async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  wrap: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw wrap(error);
  }
}

/** Tells a watch from a read by its query, as the server does. */
function isWatch(request: WireRequest): boolean {
  const watch = request.query?.['watch'];
  return request.method === 'GET' && (watch === 'true' || watch === '1');
}

function bodyOf(request: WireRequest): string | Uint8Array | null {
  if (request.body === undefined) return null;
  // An apply patch is sent as JSON and read as YAML.
  return request.body instanceof Uint8Array ? request.body : yamlSafeJson(stringifyJson(request.body));
}

async function readBody(answer: Dispatcher.ResponseData): Promise<Json | Uint8Array> {
  const type = answer.headers['content-type'];
  if (typeof type !== 'string' || !/^application\/([\w.-]+\+)?json\b/.test(type)) return answer.body.bytes();
  const text = await answer.body.text();
  try {
    return parseJson(text);
  } catch (error) {
    throw new TransportError('CARTO_ANSWER_MALFORMED', 'the server sent an answer that is not JSON', error);
  }
}

function queryText(query: WireRequest['query']): string {
  if (query === undefined) return '';
  let text = '';
  for (const [key, value] of Object.entries(query)) {
    text += `${text === '' ? '?' : '&'}${encodeURIComponent(key)}=${encodeURIComponent(value)}`;
  }
  return text;
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}
