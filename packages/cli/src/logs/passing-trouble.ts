import { ApiError, TransportError } from '@cartographer/kube';

/** What may go better the next time, as opposed to a refusal: no answer, a server that fails or is too busy. */
export function isPassing(error: unknown): error is Error {
  if (error instanceof TransportError) return true;
  const code = error instanceof ApiError ? (error.status.code ?? 0) : 0;
  return code >= 500 || code === 429;
}
