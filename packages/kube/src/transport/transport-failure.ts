import type { WireRequest } from '@cartographer/machinery';
import { CartoError, failureCode } from '@cartographer/machinery';
import type { TransportErrorCode } from './api-error.ts';
import { TransportError } from './api-error.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** Turns what undici and sockets throw into an error that names the server, the request and the next step. */
export function transportErrorOf(error: unknown, access: ClusterAccess, request: WireRequest): unknown {
  if (request.signal?.aborted === true) return request.signal.reason;
  if (error instanceof CartoError) return error;
  if (!(error instanceof Error)) return error;
  const code = failureCode(error);
  const { kind, advice } = classify(code);
  const what = `${request.method} ${access.server}${request.path}`;
  return new TransportError(kind, `${what}: ${detailOf(error, code)}${advice === '' ? '' : `; ${advice}`}`, error);
}

type Class = { readonly kind: TransportErrorCode; readonly advice: string };

const CONNECT: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'is the API server running?'],
  ['ENOTFOUND', 'check the server name in the kubeconfig'],
  ['EAI_AGAIN', 'the name service does not answer'],
  ['EHOSTUNREACH', ''],
  ['ENETUNREACH', ''],
  ['UND_ERR_CONNECT_TIMEOUT', 'is the address reachable from here?'],
  ['ETIMEDOUT', 'is the address reachable from here?'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'set tls-server-name if the certificate names another host'],
  ['CERT_HAS_EXPIRED', 'the certificate has expired'],
]);
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+)$/;

function classify(code: string): Class {
  const advice = CONNECT.get(code);
  if (advice !== undefined) return { kind: 'CARTO_CONNECT_FAILED', advice };
  if (UNTRUSTED.test(code)) {
    return { kind: 'CARTO_CONNECT_FAILED', advice: 'check certificate-authority in the kubeconfig' };
  }
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.startsWith('ERR_OSSL')) {
    return { kind: 'CARTO_CONNECT_FAILED', advice: 'TLS could not be set up' };
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return { kind: 'CARTO_TIMEOUT', advice: '' };
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return { kind: 'CARTO_ANSWER_TOO_LARGE', advice: 'ask for smaller pages' };
  }
  return { kind: 'CARTO_CONNECTION_LOST', advice: '' };
}

function detailOf(error: Error, code: string): string {
  if (error.message !== '') return error.message;
  return code === '' ? error.name : code;
}
