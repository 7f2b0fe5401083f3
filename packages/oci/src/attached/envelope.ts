import { Buffer } from 'node:buffer';
import { isObject, type Json, listAt, textAt } from '@cartographer/machinery';

/** A signed document, as DSSE wraps it: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export type Envelope = { readonly payload: Buffer; readonly signed: Buffer; readonly signatures: readonly Buffer[] };

/** What in-toto statements are called in an envelope. */
const STATEMENT = 'application/vnd.in-toto+json';
const MOST_SIGNATURES = 64;

/** The envelope of an in-toto statement; undefined where it is none. */
export function envelopeIn(document: Json | undefined): Envelope | undefined {
  if (!isObject(document) || textAt(document, 'payloadType') !== STATEMENT) return undefined;
  const payload = Buffer.from(textAt(document, 'payload'), 'base64');
  const signatures = listAt(document, 'signatures')
    .slice(0, MOST_SIGNATURES)
    .map((signature) => Buffer.from(textAt(signature, 'sig'), 'base64'));
  // The signature is over this, so that a payload of one type can never pass for one of another.
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${STATEMENT.length} ${STATEMENT} ${payload.length} `), payload]);
  return { payload, signed, signatures };
}
