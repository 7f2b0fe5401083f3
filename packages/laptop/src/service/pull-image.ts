import type { Buffer } from 'node:buffer';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CartoError, type Clock, getPath, type Retry, textsAt } from '@cartographer/machinery';
import {
  ArchiveError,
  createRegistryClient,
  type Descriptor,
  decompress,
  ImageError,
  type ImageSource,
  isDigest,
  mediaTypes,
  RegistryError,
  readBlob,
  unpackTar,
} from '@cartographer/oci';

/** An image cannot be had; the message says why and what to do. */
class PullError extends CartoError {
  constructor(message: string, options: { readonly cause?: unknown; readonly retry?: Retry } = {}) {
    super('CARTO_PULL', message, options);
    this.name = 'PullError';
  }
}

/** What of an image's config is needed to run it. */
export type PulledImage = {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
};

/** An image named by its digest. */
export type ImageReference = { readonly host: string; readonly repository: string; readonly digest: string };

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;
const MAX_LAYERS = 128;
const TIMEOUT_MS = 120_000;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** Reads `HOST/REPOSITORY@DIGEST`; only images of a registry on this machine, and only by their digest. */
export function parseImageReference(
  text: string,
): { readonly kind: 'image'; readonly image: ImageReference } | { readonly kind: 'refused'; readonly message: string } {
  const [, host = '', repository = '', digest] = /^([^/@]+)\/([a-z0-9._/-]+?)(?::[\w.-]+)?(?:@(.+))?$/.exec(text) ?? [];
  if (!LOOPBACK.test(host)) {
    const message = `image ${text} is not from a registry on this machine; apps on the laptop run what an Image built: use its status.latestImage`;
    return { kind: 'refused', message };
  }
  if (digest === undefined || !isDigest(digest)) {
    return {
      kind: 'refused',
      message: `image ${text} is not named by a sha256 digest; use status.latestImage of the Image, which is`,
    };
  }
  return { kind: 'image', image: { host, repository, digest } };
}

/**
 * Pulls an image and unpacks it into a folder, which appears when all of it is there. Everything is checked against
 * its digest, so it does not matter who answers on the port.
 *
 * @throws PullError, or what the disk says.
 */
export async function pullImage(
  image: ImageReference,
  folder: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<PulledImage> {
  const unpacked = await readUnpacked(folder, image.digest);
  if (unpacked !== undefined) return unpacked;
  const both = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const destinations = { allowed: [image.host], plainHttp: [image.host] };
  // Whoever starts the app tries again by itself, and waits longer each time.
  const client = createRegistryClient({ clock, random: () => 0, destinations, attempts: 1 });
  try {
    const repository = client.repository({ registry: image.host, repository: image.repository });
    const { content } = await repository.manifest(image.digest, both);
    if (content.kind !== 'manifest' || content.layers.length > MAX_LAYERS) {
      throw new PullError(`image ${nameOf(image)} has no manifest of one OCI image`, { retry: 'never' });
    }
    const config = await readBlob(repository, content.config, { maxBytes: MAX_CONFIG_BYTES, signal: both });
    const pulled = imageOf(image, parseConfig(image, config));
    await unpackLayers(image, { source: repository, layers: content.layers }, folder, both);
    await writeFile(join(folder, 'image.json'), JSON.stringify({ digest: image.digest, pulled }), { mode: 0o600 });
    return pulled;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError || error instanceof ImageError || error instanceof ArchiveError) {
      throw new PullError(`cannot pull ${nameOf(image)}: ${error.message}`, { cause: error, retry: error.retry });
    }
    throw error;
  } finally {
    await client.close();
  }
}

/** What was pulled before and is whole; the registry is not asked then. */
async function readUnpacked(folder: string, digest: string): Promise<PulledImage | undefined> {
  const text = await readFile(join(folder, 'image.json'), 'utf8').catch(() => 'null');
  try {
    const note = JSON.parse(text) as { readonly digest: string; readonly pulled: PulledImage } | null;
    return note?.digest === digest ? note.pulled : undefined;
  } catch {
    return undefined; // cut off by a full disk, say
  }
}

async function unpackLayers(
  image: ImageReference,
  { source, layers }: { readonly source: ImageSource; readonly layers: readonly Descriptor[] },
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${folder}.new`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  try {
    for (const layer of layers) {
      if (layer.mediaType !== mediaTypes.layer) {
        const message = `image ${nameOf(image)} has a layer of type ${layer.mediaType}, which is not supported`;
        throw new PullError(message, { retry: 'never' });
      }
      const tar = decompress(await source.blob(layer, signal));
      await unpackTar(tar, join(temporary, 'rootfs'), { signal });
      // Only at the very end does the blob say that it is what its digest says.
      for await (const _rest of tar);
    }
    // Node looks for the nearest package.json upwards: not one of whatever this folder lies in.
    await writeFile(join(temporary, 'package.json'), '{}\n');
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function parseConfig(image: ImageReference, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    const message = `image ${nameOf(image)} describes itself in something that is no JSON`;
    throw new PullError(message, { cause, retry: 'never' });
  }
}

function imageOf(image: ImageReference, config: unknown): PulledImage {
  const texts = (field: string): readonly string[] => textsAt(config, 'config', field);
  const found = getPath(config, 'os');
  const os = typeof found === 'string' ? found : 'unknown';
  if (os !== process.platform) {
    throw new PullError(`image ${nameOf(image)} was built for ${os}, and this machine is ${process.platform}`, {
      retry: 'never',
    });
  }
  const workingDir = getPath(config, 'config', 'WorkingDir');
  return {
    entrypoint: texts('Entrypoint'),
    cmd: texts('Cmd'),
    env: texts('Env'),
    workingDir: typeof workingDir === 'string' && workingDir !== '' ? workingDir : '/',
  };
}

function nameOf({ host, repository, digest }: ImageReference): string {
  return `${host}/${repository}@${digest.slice(0, 19)}…`;
}
