import { failureCode, messageOf } from '@cartographer/machinery';
import { ConventionCallError } from './convention-call-error.ts';

/** What undici, sockets and OpenSSL throw, in words that name the URL and the next step. */
export function callFailure(error: unknown, href: string): ConventionCallError {
  if (error instanceof ConventionCallError) return error;
  const code = failureCode(error);
  if (isTrust(code)) {
    const why = UNTRUSTED.get(code) ?? `its certificate is not trusted (${code}); put its authority into caBundle`;
    return new ConventionCallError('untrusted', `POST ${href}: ${why}`, { cause: error });
  }
  const why = UNREACHED.get(code) ?? otherwise(code, error);
  return new ConventionCallError('unreachable', `POST ${href}: ${why}`, { cause: error });
}

function otherwise(code: string, error: unknown): string {
  if (/^(?:EPROTO$|ERR_SSL_|ERR_TLS_)/.test(code)) {
    return `TLS cannot be set up (${code}); is that the port of the convention server?`;
  }
  return code.startsWith('UND_ERR') || code === '' ? BROKEN : messageOf(error);
}

/** Whether the connection broke off without an answer, as one does that was kept open and whose server has restarted. */
export function isBrokenOff(error: unknown): boolean {
  return BROKEN_OFF.has(failureCode(error));
}

function isTrust(code: string): boolean {
  return UNTRUSTED.has(code) || /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_|HOSTNAME_)/.test(code);
}

const BROKEN = 'the connection broke off; look at the log of the convention server';
const BROKEN_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const UNTRUSTED: ReadonlyMap<string, string> = new Map([
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'its certificate is of another name (ERR_TLS_CERT_ALTNAME_INVALID); issue one for the host of the URL',
  ],
  ['CERT_HAS_EXPIRED', 'its certificate has expired (CERT_HAS_EXPIRED); renew it'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet (CERT_NOT_YET_VALID); compare the clocks'],
]);

const UNREACHED: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there (ECONNREFUSED); start the convention server, or correct its address'],
  ['ENOTFOUND', 'its name is not known (ENOTFOUND); correct the address, or create the Service'],
  ['EAI_AGAIN', 'the name service does not answer (EAI_AGAIN); look at the DNS of the cluster'],
  ['EHOSTUNREACH', 'no way leads there (EHOSTUNREACH); look at network policies and routes'],
  ['ENETUNREACH', 'no way leads there (ENETUNREACH); look at network policies and routes'],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    'it does not take connections in time; does the convention server run, and may it be reached?',
  ],
  ['UND_ERR_HEADERS_OVERFLOW', 'its answer has too many headers; is that a convention server?'],
  ['ECONNRESET', BROKEN],
  ['EPIPE', BROKEN],
]);
