import { Buffer } from 'node:buffer';
import { canonicalJson } from '@cartographer/machinery';
import { RegistryError } from '../access/registry-error.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { digestParts } from '../content/digest.ts';
import { ImageError } from '../content/image-error.ts';
import { artifactTypeOf, parseManifest } from '../content/manifest.ts';
import { mediaTypes } from '../content/media-types.ts';
import type { Pushes } from './pushes.ts';
import { MAX_PAGE_BYTES, type Pulls, pagesOf, type RepositoryCalls } from './repository.ts';

/** What refers to a manifest: bills of material, signatures, provenance. */
export interface Referrers {
  /**
   * Lists what refers to a digest, of one type or of all: from the referrers API, and where there is none, from the tag
   * `sha256-…` that stands in for it.
   *
   * @throws RegistryError, ImageError when the list is broken or has more than 1,000 entries.
   */
  list(
    digest: string,
    options: { readonly signal: AbortSignal; readonly artifactType?: string },
  ): Promise<readonly Descriptor[]>;
  /** Adds one to the tag that stands in for the API, where there is no API. It looks again after it wrote: others may write too. */
  register(subject: Descriptor, referrer: Descriptor, signal: AbortSignal): Promise<void>;
}

const MAX_REFERRERS = 1_000;
/** How many manifests are read for their type, where a list does not say it. */
const MAX_TYPE_LOOKUPS = 64;
const REGISTER_ATTEMPTS = 4;
/** What registries without the API answer. */
const NO_API: readonly number[] = [400, 404, 405, 501];

/** The tag that stands in for the referrers of a digest: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema */
export function referrersTag(digest: string): string {
  const { algorithm, hex } = digestParts(digest);
  return `${algorithm}-${hex.slice(0, 64)}`;
}

/** Makes {@link Referrers}. */
export function createReferrers(calls: RepositoryCalls, pulls: Pulls, pushes: Pushes): Referrers {
  /** A registry that has the API answers for every digest: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
  let hasApi = true;

  async function fromApi(digest: string, signal: AbortSignal): Promise<readonly Descriptor[] | undefined> {
    if (!hasApi) return undefined;
    const what = `the referrers of ${digest.slice(0, 19)}… in ${calls.name}`;
    const found: Descriptor[] = [];
    let isThere = false;
    for await (const page of pagesOf(calls, { path: `referrers/${digest}`, what, signal, also: NO_API })) {
      isThere = true;
      found.push(...manifestsIn(Buffer.from(JSON.stringify(page)), what));
      if (found.length > MAX_REFERRERS) throw new ImageError(`${what} are more than ${MAX_REFERRERS}`);
    }
    hasApi = isThere;
    return isThere ? found : undefined;
  }

  async function fromTag(digest: string, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const bytes = (await orNothing(pulls.manifest(referrersTag(digest), signal)))?.bytes;
    if (bytes === undefined) return [];
    const what = `tag ${referrersTag(digest).slice(0, 19)}… of ${calls.name}`;
    const found = manifestsIn(bytes, what);
    if (found.length > MAX_REFERRERS) throw new ImageError(`${what} has more than ${MAX_REFERRERS} referrers`);
    return found;
  }

  /** With its own word for its type: some registries list the type of its config instead, or none. */
  async function typed(referrer: Descriptor, lookups: { left: number }, signal: AbortSignal): Promise<Descriptor> {
    const { artifactType } = referrer;
    const isSaid = artifactType !== undefined && artifactType !== mediaTypes.empty;
    if (isSaid || referrer.mediaType !== mediaTypes.manifest) return referrer;
    if (lookups.left === 0)
      throw new ImageError(`${calls.name} does not say what more than ${MAX_TYPE_LOOKUPS} referrers are`);
    lookups.left -= 1;
    // A list can outlive what is in it.
    const content = (await orNothing(pulls.manifest(referrer.digest, signal)))?.content;
    return content?.kind === 'manifest' ? { ...referrer, artifactType: artifactTypeOf(content) } : referrer;
  }

  return {
    async list(digest, { signal, artifactType }) {
      const all = (await fromApi(digest, signal)) ?? (await fromTag(digest, signal));
      const lookups = { left: MAX_TYPE_LOOKUPS };
      const found: Descriptor[] = [];
      for (const referrer of all) found.push(await typed(referrer, lookups, signal));
      return found.filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType);
    },
    async register(subject, referrer, signal) {
      if ((await fromApi(subject.digest, signal)) !== undefined) return;
      for (let attempt = 1; attempt <= REGISTER_ATTEMPTS; attempt += 1) {
        const others = await fromTag(subject.digest, signal);
        if (others.some(({ digest }) => digest === referrer.digest)) return;
        const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...others, referrer] };
        const bytes = Buffer.from(canonicalJson(index));
        // Somebody else may write at the same time, over this: the next round looks.
        await pushes.manifest({ mediaType: mediaTypes.index, bytes, tag: referrersTag(subject.digest) }, signal);
      }
      const last = await fromTag(subject.digest, signal);
      if (last.some(({ digest }) => digest === referrer.digest)) return;
      throw new RegistryError(
        'Misbehaved',
        `${calls.name} does not keep tag ${referrersTag(subject.digest).slice(0, 19)}…`,
      );
    },
  };
}

/** What the registry has, or undefined when it says that it has none. */
async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RegistryError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

function manifestsIn(bytes: Buffer, what: string): readonly Descriptor[] {
  if (bytes.length > MAX_PAGE_BYTES) throw new ImageError(`${what} has more than ${MAX_PAGE_BYTES} bytes`);
  const index = parseManifest(bytes, what, mediaTypes.index);
  if (index.kind !== 'index') throw new ImageError(`${what} is no list of manifests`);
  return index.manifests;
}
