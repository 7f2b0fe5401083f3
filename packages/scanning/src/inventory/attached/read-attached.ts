import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { type Bill, BillError, readBill, type Unread } from '@cartographer/bills';
import { isObject, type Json, jsonTextNestsTooDeep, listAt, textAt } from '@cartographer/machinery';
import { type Descriptor, readBlob, referrersTag } from '@cartographer/oci';
import { type AttachedSource, type Carrier, findAttached, mayHoldBill, named } from './find-attached.ts';
import { type Envelope, envelopeIn, isPayloadOf, isSignedBy, type TrustedKeys } from './signatures.ts';

/** A bill that somebody attached to an image. */
type AttachedBill = {
  readonly what: string;
  readonly bill: Bill;
  /** Whether it is about this very image, and every policy that was asked trusts a signature over it. */
  readonly isTrusted: boolean;
};

/** All of them, and what of them could not be read. */
export type AttachedBills = { readonly bills: readonly AttachedBill[]; readonly unread: readonly Unread[] };

/** What one attached bill may have, and all of an image. */
const MAX_BILL_BYTES = 64 * 1024 ** 2;
const MAX_ALL_BYTES = 256 * 1024 ** 2;
const MOST_NESTING = 200;
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const MAX_PAYLOAD_BYTES = 64 * 1024;
/** Predicates that are bills; attestations of anything else are none of ours. */
const BILL_PREDICATE = /^https:\/\/(?:cyclonedx\.org\/bom|spdx\.dev\/Document)(?:\/|$)/;

/**
 * Reads the bills that are attached to an image. None of them can take a package away; see {@link findAttached} for where
 * they are looked for.
 *
 * @param trust the keys of each policy that is asked; without any, no bill is trusted.
 */
export async function readAttachedBills(
  source: AttachedSource,
  digest: string,
  { signal, trust }: { readonly signal: AbortSignal; readonly trust: readonly TrustedKeys[] },
): Promise<AttachedBills> {
  const { subjects, carriers, unread: notFound } = await findAttached(source, digest, signal);
  const unread = [...notFound, ...trust.flatMap(({ owner, wrong }) => wrong.map((why) => ({ what: owner, why })))];
  const round: Round = { source, digest, subjects, trust, signal, unread, leftBytes: MAX_ALL_BYTES };
  const bills: AttachedBill[] = [];
  for (const carrier of carriers) {
    for (const layer of carrier.manifest.layers) {
      const bill = await billOfLayer(round, carrier, layer);
      if (bill !== undefined) bills.push(bill);
    }
  }
  return { bills, unread };
}

/** What all that is attached to one image is read with. */
type Round = {
  readonly source: AttachedSource;
  readonly digest: string;
  /** What a bill may be about. */
  readonly subjects: readonly string[];
  readonly trust: readonly TrustedKeys[];
  readonly signal: AbortSignal;
  readonly unread: Unread[];
  leftBytes: number;
};

/** The bill in a layer of what is attached, if there is one; what cannot be read is named. */
async function billOfLayer(round: Round, carrier: Carrier, layer: Descriptor): Promise<AttachedBill | undefined> {
  const { source, subjects, trust, signal, unread } = round;
  const what = `${carrier.what}: ${layer.digest}`;
  const leave = (why: string): undefined => void unread.push({ what, why });
  if (!mayHoldBill(layer.mediaType)) {
    // cosign's tag for bills holds nothing else.
    return carrier.what.endsWith('.sbom') ? leave(`is of type ${layer.mediaType}, which is not read`) : undefined;
  }
  round.leftBytes -= layer.size;
  if (round.leftBytes < 0) return leave(`is beyond the ${MAX_ALL_BYTES} bytes that are read of all attached bills`);
  const bytes = await named(what, unread, signal, () => readBlob(source, layer, { maxBytes: MAX_BILL_BYTES, signal }));
  const found = bytes === undefined ? NONE : billIn(bytes, layer, subjects);
  if (found.kind === 'none') return undefined;
  if (found.kind === 'unread') return leave(found.why);
  const isTrusted = trust.length > 0 && (await isTrustedByAll(round, carrier, found));
  if (trust.length > 0 && !isTrusted) leave('is not signed by a key that the policies trust');
  return { what, bill: found.bill, isTrusted };
}

const NONE = { kind: 'none' } as const;

type Found = {
  readonly kind: 'bill';
  readonly bill: Bill;
  /** What the statement about it says that it is about; undefined for one that is no statement. */
  readonly about?: readonly string[];
  readonly envelope?: Envelope;
};
type Looked = Found | { readonly kind: 'none' } | { readonly kind: 'unread'; readonly why: string };

function billIn(bytes: Buffer, { mediaType }: Descriptor, subjects: readonly string[]): Looked {
  const unread = (why: string): Looked => ({ kind: 'unread', why });
  try {
    if (/cyclonedx|spdx/.test(mediaType)) return { kind: 'bill', bill: readBill(bytes) };
    const document = jsonIn(bytes);
    const isEnveloped = /dsse|sigstore/.test(mediaType);
    const wrapped = /sigstore/.test(mediaType) && isObject(document) ? document['dsseEnvelope'] : document;
    const envelope = isEnveloped ? envelopeIn(wrapped) : undefined;
    // A bundle may hold a signature alone.
    if (isEnveloped && envelope === undefined)
      return /sigstore/.test(mediaType) ? { kind: 'none' } : unread('is no envelope of a statement');
    const payload = envelope?.payload ?? bytes;
    const statement = envelope === undefined ? document : jsonIn(payload);
    if (!BILL_PREDICATE.test(textAt(statement, 'predicateType'))) return { kind: 'none' };
    const about = digestsOf(statement);
    if (!about.some((digest) => subjects.includes(digest))) return unread('is about another image');
    return { kind: 'bill', bill: readBill(payload), about, ...(envelope === undefined ? {} : { envelope }) };
  } catch (error) {
    if (error instanceof BillError || error instanceof SyntaxError) return unread(error.message);
    throw error;
  }
}

function jsonIn(bytes: Buffer): Json {
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

/**
 * A signature counts only if it also says which image the bill is of: else whoever may push could attach the signed bill of
 * an image that has nothing. A statement says it; a signed manifest does by its subject, which a tag of cosign has not.
 */
async function isTrustedByAll(round: Round, carrier: Carrier, found: Found): Promise<boolean> {
  const { digest, trust } = round;
  const { envelope, about } = found;
  if (envelope !== undefined && about?.includes(digest) === true) {
    const isBy = (keys: readonly KeyObject[]): boolean =>
      envelope.signatures.some((signature) => isSignedBy(keys, envelope.signed, signature));
    if (trust.every(({ keys }) => isBy(keys))) return true;
  }
  if (carrier.manifest.subject?.digest !== digest) return false;
  const signatures = await signaturesOf(round, carrier);
  return trust.every(({ keys }) => signatures.some(({ payload, signature }) => isSignedBy(keys, payload, signature)));
}

type Signature = { readonly payload: Buffer; readonly signature: Buffer };

/** What cosign signed a manifest with: payloads that are about it, under its tag. */
async function signaturesOf({ source, signal, unread }: Round, { digest }: Carrier): Promise<readonly Signature[]> {
  const tag = `${referrersTag(digest)}.sig`;
  const found = await named(`tag ${tag}`, unread, signal, () => source.manifest(tag, signal));
  if (found?.content.kind !== 'manifest') return [];
  const signatures: Signature[] = [];
  for (const layer of found.content.layers) {
    const text = layer.annotations?.[SIGNATURE];
    if (layer.mediaType !== SIMPLE_SIGNING || text === undefined) continue;
    const options = { maxBytes: MAX_PAYLOAD_BYTES, signal };
    const payload = await named(`tag ${tag}`, unread, signal, () => readBlob(source, layer, options));
    if (payload !== undefined && isAbout(payload, digest))
      signatures.push({ payload, signature: Buffer.from(text, 'base64') });
  }
  return signatures;
}

function isAbout(payload: Buffer, digest: string): boolean {
  try {
    return isPayloadOf(jsonIn(payload), digest);
  } catch {
    return false;
  }
}
