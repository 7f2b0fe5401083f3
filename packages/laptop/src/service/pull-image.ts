import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CartoError, getPath, isList, textsAt } from '@cartographer/machinery';
import { ArchiveError, type Descriptor, digestOf, isDigest, mediaTypes, unpackTar } from '@cartographer/oci';

/** An image cannot be had; the message says why and what to do. */
class PullError extends CartoError {
  constructor(message: string, options: { readonly cause?: unknown; readonly retry?: 'backoff' | 'never' } = {}) {
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

const MAX_JSON_BYTES = 4 * 1024 * 1024;
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
export async function pullImage(image: ImageReference, folder: string, signal: AbortSignal): Promise<PulledImage> {
  const unpacked = await readUnpacked(folder, image.digest);
  if (unpacked !== undefined) return unpacked;
  const both = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const accept = { accept: mediaTypes.manifest };
    const manifest = await fetchJson(image, `manifests/${image.digest}`, image.digest, both, accept);
    const [config, layers] = partsOf(image, manifest);
    const pulled = imageOf(image, await fetchJson(image, `blobs/${config.digest}`, config.digest, both));
    await unpackLayers(image, layers, folder, both);
    await writeFile(join(folder, 'image.json'), JSON.stringify({ digest: image.digest, pulled }), { mode: 0o600 });
    return pulled;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArchiveError)
      throw new PullError(`image ${nameOf(image)}: ${error.message}`, { retry: 'never' });
    throw error;
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
  layers: readonly Descriptor[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${folder}.new`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  try {
    for (const layer of layers) await unpackLayer(image, layer, join(temporary, 'rootfs'), signal);
    // Node looks for the nearest package.json upwards: not one of whatever this folder lies in.
    await writeFile(join(temporary, 'package.json'), '{}\n');
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function unpackLayer(
  image: ImageReference,
  layer: Descriptor,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  if (layer.mediaType !== mediaTypes.layer) {
    throw new PullError(`image ${nameOf(image)} has a layer of type ${layer.mediaType}, which is not supported`, {
      retry: 'never',
    });
  }
  const response = await request(image, `blobs/${layer.digest}`, signal);
  const hash = createHash('sha256');
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  if (response.body === null) throw new PullError(`the registry sent nothing of ${nameOf(image)}`);
  const body = Readable.fromWeb(response.body);
  await pipeline(body, measure, createGunzip(), (tar) => unpackTar(tar, folder, { signal }), { signal });
  if (`sha256:${hash.digest('hex')}` !== layer.digest)
    throw new PullError(`a layer of image ${nameOf(image)} is damaged`);
}

async function fetchJson(
  image: ImageReference,
  path: string,
  digest: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await request(image, path, signal, headers);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_JSON_BYTES)
      throw new PullError(`image ${nameOf(image)} describes itself in more than ${MAX_JSON_BYTES} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (digestOf(bytes) !== digest) throw new PullError(`image ${nameOf(image)} is not what its digest says`);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new PullError(`image ${nameOf(image)} describes itself in something that is no JSON`, {
      cause,
      retry: 'never',
    });
  }
}

async function request(
  image: ImageReference,
  path: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const url = `http://${image.host}/v2/${image.repository}/${path}`;
  const response = await fetch(url, { headers, signal, redirect: 'error' }).catch((cause: Error) => {
    signal.throwIfAborted();
    const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new PullError(`cannot pull ${nameOf(image)}: ${reason}`, { cause });
  });
  if (response.ok && response.body !== null) return response;
  await response.body?.cancel();
  const reason = response.status === 404 ? 'the registry does not have it' : `the registry answered ${response.status}`;
  throw new PullError(`cannot pull ${nameOf(image)}: ${reason}`);
}

function partsOf(image: ImageReference, manifest: unknown): readonly [Descriptor, readonly Descriptor[]] {
  const config = getPath(manifest, 'config');
  const layers = getPath(manifest, 'layers');
  const isPart = (part: unknown): boolean => isDigest(getPath(part, 'digest'));
  if (!isPart(config) || !isList(layers) || layers.length > MAX_LAYERS || !layers.every(isPart)) {
    throw new PullError(`image ${nameOf(image)} has no manifest of one OCI image`, { retry: 'never' });
  }
  return [config as Descriptor, layers as readonly Descriptor[]];
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
