import type { Buffer } from 'node:buffer';
import type { Descriptor } from '../content/descriptor.ts';
import type { OpenedDocument } from './open-attached.ts';

/** What an attached document is: a bill, alone or in a statement about it, or nothing of that kind. */
export type BillDocument =
  | { readonly kind: 'none' }
  | { readonly kind: 'unread'; readonly why: string }
  | { readonly kind: 'bill'; readonly bytes: Buffer };

/** Predicates that are bills; attestations of anything else are none of ours. */
const BILL_PREDICATE = /^https:\/\/(?:cyclonedx\.org\/bom|spdx\.dev\/Document)(?:\/|$)/;

/** The bill in a document, if it is one about one of these digests. */
export function billDocument(
  { bytes, predicateType, about }: OpenedDocument,
  { mediaType }: Descriptor,
  subjects: readonly string[],
): BillDocument {
  if (predicateType === undefined) return /cyclonedx|spdx/.test(mediaType) ? { kind: 'bill', bytes } : { kind: 'none' };
  if (!BILL_PREDICATE.test(predicateType)) return { kind: 'none' };
  const isAbout = about?.some((digest) => subjects.includes(digest)) === true;
  return isAbout ? { kind: 'bill', bytes } : { kind: 'unread', why: 'is about another image' };
}
