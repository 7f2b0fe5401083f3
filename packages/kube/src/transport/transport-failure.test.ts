import type { WireRequest } from '@cartographer/machinery';
import { CartoError } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { TransportError } from './api-error.ts';
import { staticCredentials } from './cluster-access.ts';
import { transportErrorOf } from './transport-failure.ts';

const access = { server: 'https://host:6443', credentials: staticCredentials({}), namespace: 'default' };
const request: WireRequest = { method: 'GET', path: '/version' };
const errorWith = (code: string | undefined, message = 'it broke'): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe('a failure of the transport', () => {
  it.each([
    ['ECONNREFUSED', 'CARTO_CONNECT_FAILED', '; is the API server running?'],
    ['ENOTFOUND', 'CARTO_CONNECT_FAILED', '; check the server name in the kubeconfig'],
    ['EAI_AGAIN', 'CARTO_CONNECT_FAILED', '; the name service does not answer'],
    ['EHOSTUNREACH', 'CARTO_CONNECT_FAILED', ''],
    ['ENETUNREACH', 'CARTO_CONNECT_FAILED', ''],
    ['UND_ERR_CONNECT_TIMEOUT', 'CARTO_CONNECT_FAILED', '; is the address reachable from here?'],
    ['ETIMEDOUT', 'CARTO_CONNECT_FAILED', '; is the address reachable from here?'],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'CARTO_CONNECT_FAILED',
      '; set tls-server-name if the certificate names another host',
    ],
    ['CERT_HAS_EXPIRED', 'CARTO_CONNECT_FAILED', '; the certificate has expired'],
    ['CERT_NOT_YET_VALID', 'CARTO_CONNECT_FAILED', '; check certificate-authority in the kubeconfig'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CARTO_CONNECT_FAILED', '; check certificate-authority in the kubeconfig'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'CARTO_CONNECT_FAILED', '; check certificate-authority in the kubeconfig'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CARTO_CONNECT_FAILED', '; check certificate-authority in the kubeconfig'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'CARTO_CONNECT_FAILED', '; TLS could not be set up'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'CARTO_CONNECT_FAILED', '; TLS could not be set up'],
    ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'CARTO_CONNECT_FAILED', '; TLS could not be set up'],
    ['UND_ERR_HEADERS_TIMEOUT', 'CARTO_TIMEOUT', ''],
    ['UND_ERR_BODY_TIMEOUT', 'CARTO_TIMEOUT', ''],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'CARTO_ANSWER_TOO_LARGE', '; ask for smaller pages'],
    ['ECONNRESET', 'CARTO_CONNECTION_LOST', ''],
    ['UND_ERR_SOCKET', 'CARTO_CONNECTION_LOST', ''],
    ['EPIPE', 'CARTO_CONNECTION_LOST', ''],
    [undefined, 'CARTO_CONNECTION_LOST', ''],
  ])('by %s is a %s', (code, kind, advice) => {
    const cause = errorWith(code);
    const error = transportErrorOf(cause, access, request);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: kind, message: `GET https://host:6443/version: it broke${advice}`, cause });
  });

  it('is told by the code of its cause, or of the first of several', () => {
    const refused = errorWith('ECONNREFUSED');
    const wrapped = new Error('fetch failed', { cause: refused });
    const several = new AggregateError([refused, errorWith('ENOTFOUND')], 'all failed');
    for (const error of [wrapped, several, new Error('twice', { cause: wrapped })]) {
      expect(transportErrorOf(error, access, request)).toMatchObject({ code: 'CARTO_CONNECT_FAILED' });
    }
    expect(transportErrorOf(new AggregateError([], 'none'), access, request)).toMatchObject({
      code: 'CARTO_CONNECTION_LOST',
    });
  });

  it.each([
    ['ECONNRESET', 'ECONNRESET'],
    [undefined, 'Error'],
  ])('without a text is named by its code, %s, or its kind', (code, shown) => {
    const message = `GET https://host:6443/version: ${shown}`;
    expect(transportErrorOf(errorWith(code, ''), access, request)).toMatchObject({ message });
  });

  it.each([
    ['an error that has a code of ours', new CartoError('CARTO_NOT_LEADER', 'x')],
    ['what is no error', 'x'],
  ])('leaves %s as it is', (_what, error) => {
    expect(transportErrorOf(error, access, request)).toBe(error);
  });

  it('is the reason of the signal when that has fired, whatever broke then', () => {
    const reason = new Error('stop');
    const aborted = { ...request, signal: AbortSignal.abort(reason) };
    expect(transportErrorOf(new CartoError('CARTO_CONNECTION_LOST', 'x'), access, aborted)).toBe(reason);
    const open = { ...request, signal: new AbortController().signal };
    expect(transportErrorOf(errorWith('EPIPE'), access, open)).toBeInstanceOf(TransportError);
  });
});
