import type { ImageFacts } from '@cartographer/convention-sdk';
import type { Client } from '@cartographer/kube';
import type { Clock, Log } from '@cartographer/machinery';
import {
  formatReference,
  ImageError,
  type Platform,
  parseReference,
  type Reference,
  type RegistryClient,
  RegistryError,
} from '@cartographer/oci';
import { createPullSecretReader } from '@cartographer/runtime';
import type { Include } from '../kinds/cluster-pod-convention.ts';
import { createAccountLogins } from './account-logins.ts';
import type { ImageAccess } from './image-access.ts';
import { withNextStep } from './lookup-failure.ts';
import { type Asked, createReadImages } from './read-images.ts';
import { createSharedLookups } from './shared-lookups.ts';
import { createSightings } from './sightings.ts';

/** What {@link createImageFacts} needs. */
export type ImageFactsOptions = {
  /** Reads service accounts and pull secrets. */
  readonly client: Pick<Client, 'get'>;
  readonly registries: Pick<RegistryClient, 'repository'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The command that lets us read the pull secrets of a namespace. */
  readonly pullSecretsCommand: (namespace: string) => string;
  /** Of which platform images for several are read; linux/amd64 unless said otherwise. */
  readonly platform?: Platform | undefined;
  /** What may be kept of images, in bytes; 64 MiB unless said otherwise. */
  readonly cacheBytes?: number | undefined;
};

/** Looks at images with the logins of accounts. */
export interface ImageFactsSource {
  /**
   * The image by digest: `registry/repository@sha256:…`, of one for several platforms all of them. A tag that was looked up
   * for that account lately is not asked for again.
   *
   * @throws RegistryError, ImageError, CartoError `CARTO_PULL_SECRET`, each with what to do next.
   */
  resolve(reference: string, access: ImageAccess, signal: AbortSignal): Promise<{ readonly image: string }>;
  /**
   * What is known of an image by digest, its bills only where they are asked for. Bills that cannot be read are logged.
   *
   * @throws as `resolve`.
   */
  read(image: string, access: ImageAccess, signal: AbortSignal, include: readonly Include[]): Promise<ImageFacts>;
  close(): Promise<void>;
}

/** One image takes no longer than that, whatever its registry does. */
const LIMIT_MS = 60_000;
const CACHE_BYTES = 64 * 1024 ** 2;
const LINUX: Platform = { os: 'linux', architecture: 'amd64' };

/** Makes an {@link ImageFactsSource}. What is read is kept by digest, and told to an account only once its registry answered that very account. */
export function createImageFacts(options: ImageFactsOptions): ImageFactsSource {
  const { client, registries, clock, log, pullSecretsCommand, platform = LINUX, cacheBytes = CACHE_BYTES } = options;
  const pullSecrets = createPullSecretReader(client);
  const logins = createAccountLogins({ pullSecrets, registries, clock });
  const lookups = createSharedLookups(clock, LIMIT_MS);
  const images = createReadImages({ lookups, clock, log, platform, cacheBytes });
  const sightings = createSightings({ images, lookups, clock });

  function hintFor(namespace: string): string {
    if (!pullSecrets.isForbidden(namespace)) return '';
    return `let conventions read its pull secrets: ${pullSecretsCommand(namespace)}`;
  }

  async function look<T>(
    reference: Reference,
    access: ImageAccess,
    signal: AbortSignal,
    ask: (asked: Asked) => Promise<T>,
  ): Promise<T> {
    let missing: readonly string[] = [];
    try {
      const late = (): Error =>
        new RegistryError('Unavailable', `${reference.registry} did not tell all within ${LIMIT_MS / 1_000} s`);
      const name = JSON.stringify(['login', access, reference.registry, reference.repository]);
      const opened = await lookups.share(name, signal, late, (until) => logins.open(access, reference, until));
      ({ missing } = opened);
      return await ask({ ...opened, reference, late, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw withNextStep(error, { access, reference, missing, hint: hintFor(access.namespace) });
    }
  }

  return {
    async resolve(text, access, signal) {
      const reference = referenceOf(text);
      const { registry, repository, digest } = reference;
      const found = digest ?? (await look(reference, access, signal, (asked) => sightings.digestOf(asked)));
      return { image: formatReference({ registry, repository, digest: found }) };
    },
    async read(image, access, signal, include) {
      const reference = referenceOf(image);
      const { digest } = reference;
      if (digest === undefined) throw new ImageError(`image '${image}' has no digest; look its tag up first`);
      return look(reference, access, signal, async (asked) => {
        await sightings.see(asked, digest);
        return images.factsOf({ ...asked, image, digest, withBoms: include.includes('boms') });
      });
    },
    close: () => lookups.close(),
  };
}

function referenceOf(text: string): Reference {
  const parsed = parseReference(text);
  if (parsed.kind === 'refused') throw new ImageError(`${parsed.message}; correct it in the template`);
  return parsed.reference;
}
