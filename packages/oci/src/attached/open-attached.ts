import type { Buffer } from 'node:buffer';
import { isObject, type Json, jsonTextNestsTooDeep, listAt, textAt } from '@cartographer/machinery';
import type { Descriptor } from '../content/descriptor.ts';
import { type Envelope, envelopeIn } from './envelope.ts';

/** What is in a layer of what is attached, out of its wrapping. */
export type Opened =
  /** Signatures without a document, say. */
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly why: string; readonly envelope?: Envelope }
  | {
      readonly kind: 'document';
      /** The document as it lies there: with the statement about it, where there is one. */
      readonly bytes: Buffer;
      /** What the statement calls it; undefined for one that is no statement. */
      readonly predicateType?: string;
      /** The digests of what the statement says that it is about. */
      readonly about?: readonly string[];
      readonly envelope?: Envelope;
    };

/** A document as it was opened. */
export type OpenedDocument = Extract<Opened, { kind: 'document' }>;

const MOST_NESTING = 200;

/** Takes a document out of the envelope or bundle that a layer of this type is, if it is one. */
export function openAttached(bytes: Buffer, { mediaType }: Descriptor): Opened {
  if (/cyclonedx|spdx|sarif/.test(mediaType)) return { kind: 'document', bytes };
  const isBundle = /sigstore/.test(mediaType);
  const isEnveloped = isBundle || /dsse/.test(mediaType);
  let envelope: Envelope | undefined;
  try {
    const document = jsonIn(bytes);
    envelope = isEnveloped
      ? envelopeIn(isBundle && isObject(document) ? document['dsseEnvelope'] : document)
      : undefined;
    // A bundle may hold a signature alone.
    if (isEnveloped && envelope === undefined)
      return isBundle ? { kind: 'none' } : { kind: 'broken', why: 'is no envelope of a statement' };
    const payload = envelope?.payload ?? bytes;
    const statement = envelope === undefined ? document : jsonIn(payload);
    const predicateType = textAt(statement, 'predicateType');
    const signed = envelope === undefined ? {} : { envelope };
    return { kind: 'document', bytes: payload, predicateType, about: digestsOf(statement), ...signed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'broken', why: error.message, ...(envelope === undefined ? {} : { envelope }) };
  }
}

/** Reads JSON that others wrote. @throws SyntaxError for what is none, and for what nests too deep. */
export function jsonIn(bytes: Buffer): Json {
  const text = bytes.toString('utf8');
  if (jsonTextNestsTooDeep(text, MOST_NESTING)) throw new SyntaxError(`nests more than ${MOST_NESTING} levels deep`);
  return JSON.parse(text) as Json;
}

function digestsOf(statement: Json): readonly string[] {
  return listAt(statement, 'subject').flatMap((subject) =>
    ['sha256', 'sha512'].flatMap((algorithm) => {
      const hex = textAt(subject, 'digest', algorithm);
      return hex === '' ? [] : [`${algorithm}:${hex}`];
    }),
  );
}
