import { readFile } from 'node:fs/promises';
import { type Clock, messageOf } from '@cartographer/machinery';
import { TransportError } from '../transport/api-error.ts';
import type { Credential, CredentialSource } from '../transport/cluster-access.ts';
import { bearer } from '../transport/cluster-access.ts';

// As client-go: the kubelet replaces a projected token long before it expires.
const REREAD_MS = 60_000;

/** A bearer token from a file that someone else keeps fresh. While the file cannot be read, the last token serves. */
export function createTokenFileCredentials(
  path: string,
  clock: Clock,
  rest: Pick<Credential, 'certificate'> = {},
  fallback?: string,
): CredentialSource {
  let credential: Credential | undefined =
    fallback === undefined ? undefined : { ...rest, authorization: bearer(fallback) };
  let readMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Credential> | undefined;

  const read = async (): Promise<Credential> => {
    try {
      const token = (await readFile(path, 'utf8')).trim();
      if (token === '') throw new Error('the file is empty');
      credential = { ...rest, authorization: bearer(token) };
    } catch (error) {
      if (credential === undefined) {
        throw new TransportError('CARTO_CREDENTIALS', `token file ${path}: ${messageOf(error)}`, error);
      }
    } finally {
      reading = undefined;
    }
    readMs = clock.monotonicMs();
    return credential;
  };

  return {
    current() {
      if (credential !== undefined && clock.monotonicMs() - readMs < REREAD_MS) return credential;
      return (reading ??= read());
    },
    refused() {
      readMs = Number.NEGATIVE_INFINITY;
    },
  };
}
