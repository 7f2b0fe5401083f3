import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import type { Unread } from '@cartographer/bills';
import {
  type AttachedSource,
  type Carrier,
  type Envelope,
  jsonIn,
  named,
  type Opened,
  openAttached,
  readBlob,
  referrersTag,
} from '@cartographer/oci';
import { isPayloadOf, isSignedBy } from './signatures.ts';

const SIGNATURE = 'dev.cosignproject.cosign/signature';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const MAX_PAYLOAD_BYTES = 64 * 1024;
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** What cosign 3 calls a statement that says no more than that something is signed. */
const SIGN = 'https://sigstore.dev/cosign/sign/v1';
const MOST_BUNDLES = 64;

/** What a signature over something attached is looked for with. */
export type SignerSearch = {
  readonly source: AttachedSource;
  /** Of the image. */
  readonly digest: string;
  readonly keys: readonly KeyObject[];
  /** Whether these have signed is all that is asked. */
  readonly isEnough: (signers: ReadonlySet<KeyObject>) => boolean;
  readonly signal: AbortSignal;
  /** Told of signatures that cannot be read. */
  readonly unread: Unread[];
};

/**
 * Which of the keys signed something that is attached. A signature counts only if it also says which image that is of: else
 * whoever may push could attach the signed document of an image that has nothing. A statement says it; a signed manifest
 * does by its subject, which a tag of cosign has not.
 *
 * @param opened what is in the layer; undefined where it could not be read.
 */
export async function signersOf(
  search: SignerSearch,
  carrier: Carrier,
  opened: Opened | undefined,
): Promise<ReadonlySet<KeyObject>> {
  const { digest, keys, isEnough } = search;
  const signers = new Set<KeyObject>();
  const take = (bytes: Buffer, signature: Buffer): void => {
    for (const key of keys) if (isSignedBy([key], bytes, signature)) signers.add(key);
  };
  if (opened !== undefined && opened.kind !== 'none' && opened.envelope !== undefined && isBound(opened, digest)) {
    for (const signature of opened.envelope.signatures) take(opened.envelope.signed, signature);
  }
  if (carrier.manifest.subject?.digest !== digest || isEnough(signers)) return signers;
  for (const { payload, signature } of await signaturesOf(search, carrier)) take(payload, signature);
  if (isEnough(signers)) return signers;
  for (const { signed, signatures } of await bundlesOf(search, carrier)) {
    for (const signature of signatures) take(signed, signature);
  }
  return signers;
}

/** What is signed and cannot be read says of no image that it is another one's. */
function isBound(opened: Exclude<Opened, { kind: 'none' }>, digest: string): boolean {
  return opened.kind === 'broken' || opened.about?.includes(digest) === true;
}

type Signature = { readonly payload: Buffer; readonly signature: Buffer };

/** What cosign signed a manifest with: payloads that are about it, under its tag. */
async function signaturesOf(
  { source, signal, unread }: SignerSearch,
  { digest }: Carrier,
): Promise<readonly Signature[]> {
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

/** What cosign 3 signed a manifest with: bundles that refer to it and whose statement is about it. */
async function bundlesOf({ source, signal, unread }: SignerSearch, { digest }: Carrier): Promise<readonly Envelope[]> {
  const what = `signatures of ${digest}`;
  const options = { maxBytes: MAX_PAYLOAD_BYTES, signal };
  const listed = (await named(what, unread, signal, () => source.referrers(digest, { signal }))) ?? [];
  const envelopes: Envelope[] = [];
  for (const referrer of listed.filter(({ artifactType }) => artifactType === BUNDLE).slice(0, MOST_BUNDLES)) {
    const found = await named(what, unread, signal, () => source.manifest(referrer.digest, signal));
    const [layer] = found?.content.kind === 'manifest' ? found.content.layers : [];
    if (layer?.mediaType !== BUNDLE) continue;
    const bytes = await named(what, unread, signal, () => readBlob(source, layer, options));
    const opened = bytes === undefined ? undefined : openAttached(bytes, layer);
    if (opened?.kind !== 'document' || opened.envelope === undefined) continue;
    if (opened.predicateType === SIGN && opened.about?.includes(digest) === true) envelopes.push(opened.envelope);
  }
  return envelopes;
}

function isAbout(payload: Buffer, digest: string): boolean {
  try {
    return isPayloadOf(jsonIn(payload), digest);
  } catch {
    return false;
  }
}
