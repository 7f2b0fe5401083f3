import { ApiError, isNotFound, TransportError } from '@cartographer/kube';
import { CartoError } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { wordsFor } from '../frame/words.ts';

/** What was looked at, or why it could not be. */
export type Looked<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'unseen'; readonly why: string };

/**
 * Looks at something; a refusal, or no answer, is what comes of it and never taken for "it is not there". A stop and a bug
 * are thrown.
 */
export async function look<T>(session: Session, see: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { kind: 'seen', value: await see() };
  } catch (error) {
    if (session.signal.aborted || !(error instanceof CartoError)) throw error;
    return { kind: 'unseen', why: whyNot(session, error) };
  }
}

/** The server's own words where it refused; else, as for a kind that it does not know, those for a person. */
function whyNot({ target }: Session, error: CartoError): string {
  const isKind = isNotFound(error) && error.status.details?.name === undefined;
  if ((error instanceof ApiError && !isKind) || error instanceof TransportError) return error.message;
  return wordsFor(error, { target: target.text, server: target.server }).join('; ');
}
