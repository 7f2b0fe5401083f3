import { type Bill, BillError, readBill, type Unread } from '@cartographer/bills';
import {
  type AttachedSource,
  billDocument,
  type Carrier,
  type Descriptor,
  findAttached,
  mayHoldBill,
  named,
  type Opened,
  type OpenedDocument,
  openAttached,
  readBlob,
} from '@cartographer/oci';
import { type AttachedFindings, FindingsTaken, type FindingsTrust } from './attached-findings.ts';
import { isFindingsType } from './findings-in.ts';
import type { TrustedKeys } from './signatures.ts';
import { signersOf } from './signers.ts';

/** A bill that somebody attached to an image. */
type AttachedBill = {
  readonly what: string;
  readonly bill: Bill;
  /** Whether it is about this very image, and every policy that was asked trusts a signature over it. */
  readonly isTrusted: boolean;
};

/** All of them, and what of them could not be read. */
export type AttachedBills = { readonly bills: readonly AttachedBill[]; readonly unread: readonly Unread[] };

/** What of an image's attachments is asked for. */
export type AttachedAsk = {
  readonly signal: AbortSignal;
  /** The keys of each policy that is asked for bills, none of which is trusted without any; no bill is read where it is left out. */
  readonly trust?: readonly TrustedKeys[];
  /** Whose findings count; they are not looked at where it is left out. */
  readonly findings?: FindingsTrust;
};

/** What one attached bill may have, and all of an image. */
const MAX_BILL_BYTES = 64 * 1024 ** 2;
const MAX_ALL_BYTES = 256 * 1024 ** 2;
/**
 * Reads the bills and the findings that are attached to an image. None of them can take a package or a finding away; see
 * {@link findAttached} for where they are looked for.
 */
export async function readAttached(
  source: AttachedSource,
  digest: string,
  { signal, trust, findings }: AttachedAsk,
): Promise<AttachedBills & { readonly findings?: AttachedFindings }> {
  const mayHold = (type: string): boolean => mayHoldBill(type) || (findings !== undefined && isFindingsType(type));
  const { subjects, carriers, unread: notFound } = await findAttached(source, digest, { signal, mayHold });
  const wrong = (trust ?? []).flatMap((keys) => keys.wrong.map((why) => ({ what: keys.owner, why })));
  const taken = findings === undefined ? undefined : new FindingsTaken(findings, notFound);
  const unread = [...notFound, ...wrong];
  const round: Round = { source, digest, subjects, trust, taken, signal, unread, leftBytes: MAX_ALL_BYTES, mayHold };
  const bills: AttachedBill[] = [];
  for (const carrier of carriers) {
    for (const layer of carrier.manifest.layers) {
      const bill = await readLayer(round, carrier, layer);
      if (bill !== undefined) bills.push(bill);
    }
  }
  return { bills, unread, ...(taken === undefined ? {} : { findings: taken.read }) };
}

/** What all that is attached to one image is read with. */
type Round = {
  readonly source: AttachedSource;
  readonly digest: string;
  /** What a bill may be about. */
  readonly subjects: readonly string[];
  readonly trust: readonly TrustedKeys[] | undefined;
  readonly taken: FindingsTaken | undefined;
  readonly signal: AbortSignal;
  readonly unread: Unread[];
  readonly mayHold: (type: string) => boolean;
  leftBytes: number;
};

/** The bill in a layer of what is attached, if there is one, and its findings; what cannot be read is named. */
async function readLayer(round: Round, carrier: Carrier, layer: Descriptor): Promise<AttachedBill | undefined> {
  const { source, taken, signal, mayHold, trust } = round;
  const what = `${carrier.what}: ${layer.digest}`;
  if (!mayHold(layer.mediaType)) {
    // cosign's tag for bills holds nothing else.
    if (carrier.what.endsWith('.sbom'))
      round.unread.push({ what, why: `is of type ${layer.mediaType}, which is not read` });
    return undefined;
  }
  if (trust === undefined && taken?.isKnown(layer.digest) === true) return undefined;
  const isBill = mayHoldBill(layer.mediaType);
  round.leftBytes -= layer.size;
  if (round.leftBytes < 0) {
    const beyond = { what, why: `is beyond the ${MAX_ALL_BYTES} bytes that are read of all that is attached` };
    if (isBill) round.unread.push(beyond);
    taken?.leaveUnread(beyond);
    return undefined;
  }
  // What is no bill makes no bill incomplete.
  const troubles: Unread[] = [];
  const options = { maxBytes: MAX_BILL_BYTES, signal };
  const bytes = await named(what, troubles, signal, () => readBlob(source, layer, options));
  if (isBill) round.unread.push(...troubles);
  const opened = bytes === undefined ? undefined : openAttached(bytes, layer);
  const isFindings = await taken?.take(round, carrier, { what, layer, opened, troubles });
  return isBill && opened !== undefined && trust !== undefined
    ? billOf(round, trust, carrier, { what, layer, opened, isFindings: isFindings === true })
    : undefined;
}

type Layer = {
  readonly what: string;
  readonly layer: Descriptor;
  readonly opened: Opened;
  readonly isFindings: boolean;
};

async function billOf(
  round: Round,
  trust: readonly TrustedKeys[],
  carrier: Carrier,
  { what, layer, opened, isFindings }: Layer,
): Promise<AttachedBill | undefined> {
  const { source, digest, signal, unread } = round;
  const leave = (why: string): undefined => void unread.push({ what, why });
  if (opened.kind === 'broken') return leave(opened.why);
  const found = opened.kind === 'none' ? NONE : billIn(opened, layer, round.subjects);
  if (found.kind === 'none') return undefined;
  if (found.kind === 'unread') return leave(found.why);
  if (trust.length === 0) return { what, bill: found.bill, isTrusted: false };
  const keys = trust.flatMap((each) => each.keys);
  const isEnough = (signers: ReadonlySet<(typeof keys)[number]>): boolean =>
    trust.every((each) => each.keys.some((key) => signers.has(key)));
  const isTrusted = isEnough(await signersOf({ source, digest, keys, isEnough, signal, unread }, carrier, opened));
  // Findings that a policy believes need no other signature.
  if (!isTrusted && !isFindings) leave('is not signed by a key that the policies trust');
  return { what, bill: found.bill, isTrusted };
}

const NONE = { kind: 'none' } as const;

type Looked =
  | { readonly kind: 'none' }
  | { readonly kind: 'unread'; readonly why: string }
  | { readonly kind: 'bill'; readonly bill: Bill };

function billIn(document: OpenedDocument, layer: Descriptor, subjects: readonly string[]): Looked {
  const found = billDocument(document, layer, subjects);
  if (found.kind !== 'bill') return found;
  try {
    return { kind: 'bill', bill: readBill(found.bytes) };
  } catch (error) {
    if (error instanceof BillError) return { kind: 'unread', why: error.message };
    throw error;
  }
}
