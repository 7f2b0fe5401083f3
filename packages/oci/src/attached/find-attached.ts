import { messageOf } from '@cartographer/machinery';
import { RegistryError } from '../access/registry-error.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { ImageError } from '../content/image-error.ts';
import type { ImageSource } from '../content/image-source.ts';
import { type Manifest, platformsOf } from '../content/manifest.ts';
import { referrersTag } from '../registry/referrers.ts';
import type { Repository } from '../registry/registry-client.ts';

/** Something attached that could not be looked at. */
export type UnreadAttached = {
  /** `referrer sha256:…` */
  readonly what: string;
  /** Lower case, no full stop. */
  readonly why: string;
};

/** What is looked for. */
export type AttachedSearch = {
  readonly signal: AbortSignal;
  /** Whether an artifact of that type is looked at; those that may be bills unless said otherwise. */
  readonly mayHold?: (type: string) => boolean;
  /** Which platforms of an index count; all of them unless said otherwise. */
  readonly isWanted?: (platform: Descriptor) => boolean;
};

/** A repository that images and what is attached to them are read from. */
export type AttachedSource = ImageSource & Pick<Repository, 'referrers'>;

/** A manifest that may carry bills or findings. */
export type Carrier = {
  /** For messages: `referrer sha256:…`, `tag sha256-….att`. */
  readonly what: string;
  readonly digest: string;
  readonly manifest: Manifest;
};

/** What is attached to an image, as far as it may carry bills and findings. */
export type Attached = {
  /** Digests of the image and of the images of its platforms: what a bill may be about. */
  readonly subjects: readonly string[];
  readonly carriers: readonly Carrier[];
  readonly unread: readonly UnreadAttached[];
};

/** Beyond what anybody attaches. */
const MOST_CARRIERS = 64;
/** On an attestation of BuildKit: the digest of the image that it is about. */
const ATTESTED = 'vnd.docker.reference.digest';
/** Types of artifacts that are bills or may hold some. */
const BILL_TYPE =
  /^(?:application\/vnd\.cyclonedx(?:\.[\w.-]+)?\+(?:json|xml)|(?:application|text)\/spdx(?:\+json)?|application\/vnd\.in-toto\+json|application\/vnd\.dsse\.envelope\.v1\+json|application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json)$/;

/** Whether a type is that of a bill, or of what may hold one. */
export function mayHoldBill(mediaType: string): boolean {
  return BILL_TYPE.test(mediaType);
}

/**
 * Finds what is attached to an image: by the referrers API or the tag that stands in for it, by the tags of cosign, and in
 * the manifests that BuildKit puts beside those of platforms. What cannot be looked at is named.
 */
export async function findAttached(
  source: AttachedSource,
  digest: string,
  { signal, mayHold = mayHoldBill, isWanted = () => true }: AttachedSearch,
): Promise<Attached> {
  const unread: UnreadAttached[] = [];
  const carriers = new Map<string, Carrier>();
  const { content } = await source.manifest(digest, signal);
  const platforms = content.kind === 'index' ? platformsOf(content) : { images: [], attestations: [] };
  const images = platforms.images.filter(isWanted);
  const attestations = platforms.attestations.filter(
    ({ annotations }) =>
      !platforms.images.some((image) => annotations?.[ATTESTED] === image.digest && !isWanted(image)),
  );
  const subjects = [digest, ...images.map((image) => image.digest)];

  async function take(what: string, target: string): Promise<void> {
    if (carriers.size >= MOST_CARRIERS) {
      unread.push({ what, why: `is beyond the ${MOST_CARRIERS} that are read of one image` });
      return;
    }
    const found = await named(what, unread, signal, () => source.manifest(target, signal));
    if (found === undefined) return;
    if (found.content.kind !== 'manifest')
      unread.push({ what, why: 'is an index, which carries nothing that is read' });
    else carriers.set(found.descriptor.digest, { what, digest: found.descriptor.digest, manifest: found.content });
  }

  for (const subject of subjects) {
    const what = `referrers of ${subject}`;
    const listed = (await named(what, unread, signal, () => source.referrers(subject, { signal }))) ?? [];
    for (const { digest: referrer } of listed.filter(({ artifactType = '' }) => mayHold(artifactType)))
      await take(`referrer ${referrer}`, referrer);
  }
  for (const suffix of ['sbom', 'att']) {
    const tag = `${referrersTag(digest)}.${suffix}`;
    await take(`tag ${tag}`, tag);
  }
  for (const attestation of attestations) await take(`attestation ${attestation.digest}`, attestation.digest);
  return { subjects, carriers: [...carriers.values()], unread };
}

/** What is read, or undefined where it is not there; what is broken or refused is named, what may pass is thrown. */
export async function named<T>(
  what: string,
  unread: UnreadAttached[],
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError && error.reason === 'NotFound') return undefined;
    const isRefused =
      error instanceof RegistryError && (error.reason === 'Forbidden' || error.reason === 'Unauthorized');
    if (!isRefused && !(error instanceof ImageError)) throw error;
    unread.push({ what, why: messageOf(error) });
    return undefined;
  }
}
