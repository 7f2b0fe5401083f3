import type { OciImageConfig } from '@cartographer/convention-sdk';
import { isObject, jsonTextNestsTooDeep } from '@cartographer/machinery';
import {
  type Descriptor,
  type FetchedManifest,
  ImageError,
  type Manifest,
  mediaTypes,
  type Platform,
  platformsOf,
  type Repository,
  readBlob,
} from '@cartographer/oci';

/** What an image says of itself: the same for everybody who may see its digest. */
export type ImageContent = {
  readonly fetched: FetchedManifest;
  /** The image of the platform that was chosen, itself where there is but one. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly config: OciImageConfig;
  /** What it takes in memory. */
  readonly sizeBytes: number;
};

const MAX_CONFIG_BYTES = 4 * 1024 ** 2;
const MOST_NESTING = 100;
/** A config in memory is some times as large as its text. */
const BYTES_PER_BYTE = 4;

/**
 * Reads manifest and config of an image; of one for several platforms those of the platform, or of the first where it has
 * none for that.
 *
 * @throws ImageError for what is no image; RegistryError.
 */
export async function readContent(
  repository: Pick<Repository, 'manifest' | 'blob' | 'name'>,
  fetched: FetchedManifest,
  { platform, signal }: { readonly platform: Platform; readonly signal: AbortSignal },
): Promise<ImageContent> {
  const { digest, manifest } = await manifestOf(repository, fetched, platform, signal);
  const what = `${repository.name}@${digest}`;
  if (manifest.config.mediaType === mediaTypes.empty) throw new ImageError(`${what} is an artifact and no image`);
  const bytes = await readBlob(repository, manifest.config, { maxBytes: MAX_CONFIG_BYTES, signal });
  const sizeBytes = fetched.bytes.length + bytes.length * BYTES_PER_BYTE;
  return { fetched, digest, manifest, config: configIn(bytes.toString('utf8'), what), sizeBytes };
}

async function manifestOf(
  repository: Pick<Repository, 'manifest'>,
  { content, descriptor }: FetchedManifest,
  platform: Platform,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly manifest: Manifest }> {
  if (content.kind === 'manifest') return { digest: descriptor.digest, manifest: content };
  const { images } = platformsOf(content);
  const chosen = images.find((image) => isOf(image, platform)) ?? images[0];
  if (chosen === undefined) throw new ImageError(`${descriptor.digest} is an index without any image`);
  const read = await repository.manifest(chosen.digest, signal);
  if (read.content.kind === 'manifest') return { digest: chosen.digest, manifest: read.content };
  throw new ImageError(`${chosen.digest} is an index within an index, and no image`);
}

/** A variant counts only where one is asked for. */
function isOf({ platform }: Descriptor, wanted: Platform): boolean {
  return (
    platform?.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === undefined || platform.variant === wanted.variant)
  );
}

function configIn(text: string, what: string): OciImageConfig {
  if (jsonTextNestsTooDeep(text, MOST_NESTING)) throw new ImageError(`the config of ${what} nests too deep`);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new ImageError(`the config of ${what} is no JSON`);
  }
  if (!isObject(config)) throw new ImageError(`the config of ${what} is no object`);
  return config;
}
