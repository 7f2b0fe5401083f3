import { Buffer } from 'node:buffer';
import { createDeadline } from '@cartographer/kube';
import { CartoError, type Clock, failureCode, messageOf } from '@cartographer/machinery';
import { RegistryError } from '@cartographer/oci';
import type { ServerTrouble } from '../kinds/reasons.ts';

/** The least of `fetch` that is needed: whoever gives it decides which addresses may be asked, and with what certificates. */
export type Fetch = (
  url: URL,
  init: {
    readonly method: 'GET' | 'POST';
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
) => Promise<Response>;

/** One request and what may be read of its answer. */
export type Ask = {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** More than this many bytes of the answer are not read. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
};

/** What became of a request. */
export type Exchange =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Headers; readonly body: Body }
  /** Not a byte was sent: it may be sent again. */
  | { readonly kind: 'unsent'; readonly reason: ServerTrouble; readonly message: string }
  /** Whether it arrived is not known. */
  | { readonly kind: 'lost'; readonly message: string };

/** An answer's bytes, and whether there were more. */
type Body = { readonly bytes: Buffer; readonly isWhole: boolean };

/** From the first byte of the question to the last of the answer. */
const REQUEST_LIMIT_MS = 30_000;

/** Sends a request, and reads the answer as far as it may. Never throws but for the caller's signal. */
export async function exchange(fetch: Fetch, clock: Clock, ask: Ask): Promise<Exchange> {
  const { method, url, headers, body, maxBytes, signal } = ask;
  const deadline = createDeadline({
    clock,
    limitMs: REQUEST_LIMIT_MS,
    parent: signal,
    expire: () => new CartoError('CARTO_TIMEOUT', `no answer in ${REQUEST_LIMIT_MS / 1000} s`),
  });
  try {
    const init = { method, redirect: 'manual', signal: deadline.signal, headers } as const;
    const response = await fetch(url, body === undefined ? init : { ...init, body });
    return {
      kind: 'answered',
      status: response.status,
      headers: response.headers,
      body: await read(response, maxBytes),
    };
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(deadline.expired ?? error, url);
  } finally {
    deadline.end();
  }
}

async function read(response: Response, maxBytes: number): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const left = maxBytes - size;
    chunks.push(chunk.length > left ? chunk.subarray(0, left) : chunk);
    size += chunk.length;
    if (size > maxBytes) return { bytes: Buffer.concat(chunks), isWhole: false };
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}

/** Failures of name resolution and of opening a connection, by undici's and Node's codes. */
const UNCONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Failures of a handshake by OpenSSL's and Node's codes. */
const TLS = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

function failureOf(error: unknown, { host }: URL): Exchange {
  const inner = innermost(error);
  const code = failureCode(inner);
  const said = `${host}: ${messageOf(inner)}`;
  if (inner instanceof RegistryError) return { kind: 'unsent', reason: 'DestinationRefused', message: inner.message };
  if (TLS.test(code)) return { kind: 'unsent', reason: 'TlsFailed', message: said };
  if (UNCONNECTED.has(code)) return { kind: 'unsent', reason: 'ServerUnavailable', message: said };
  return { kind: 'lost', message: said };
}

function innermost(error: unknown): unknown {
  let inner = error;
  while (inner instanceof Error && (inner instanceof AggregateError || inner.cause instanceof Error)) {
    inner = inner instanceof AggregateError ? inner.errors[0] : inner.cause;
  }
  return inner;
}
