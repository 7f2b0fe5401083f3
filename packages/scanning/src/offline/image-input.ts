import { stat } from 'node:fs/promises';
import type { Bill } from '@cartographer/bills';
import { CartoError, type Clock } from '@cartographer/machinery';
import {
  createRegistryClient,
  isDigest,
  isLoopbackRegistry,
  loginsFor,
  openImageFile,
  parseReference,
  type Reference,
  readDockerConfig,
  targetOf,
} from '@cartographer/oci';
import type { AttachedFindings, FindingsTrust } from '../inventory/attached/attached-findings.ts';
import { readJoinedImage } from '../inventory/attached/read-joined.ts';
import type { TrustedKeys } from '../inventory/attached/signatures.ts';
import { readImageInventory } from '../inventory/layers/read-image-inventory.ts';

/** What reading an image needs of the world. */
export type ImageOptions = {
  readonly clock: Clock;
  readonly random: () => number;
  /** The folder of docker's `config.json`, whose logins are used. */
  readonly dockerConfig: string;
  readonly signal: AbortSignal;
  /** The keys of the policy, for bills and for findings that are attached; without them no bill is trusted, and no findings are read. */
  readonly trust?: readonly TrustedKeys[];
  readonly findings?: FindingsTrust;
};

/** What is in an image, and what the operator's scanners attached to it where that was asked for. */
export type ImageRead = { readonly bill: Bill; readonly findings?: AttachedFindings };

/**
 * The packages of an image, read layer by layer, with what is attached to it in a registry: of an OCI layout or an archive where the text is a path that is there, with
 * `@DIGEST` behind it where it has several; else of a registry, with docker's logins. A registry of this machine is asked by
 * plain HTTP.
 * @throws CartoError `CARTO_SCAN_INPUT` when the text names no image; what reading the image throws otherwise.
 */
export async function readImage(text: string, options: ImageOptions): Promise<ImageRead> {
  const [path, digest] = splitDigest(text);
  if (await isThere(path)) return { bill: await readFromDisk(path, digest, options.signal) };
  const parsed = parseReference(text);
  if (parsed.kind === 'refused') throw refused(parsed.message);
  return await readFromRegistry(parsed.reference, options);
}

function splitDigest(text: string): readonly [path: string, digest: string | undefined] {
  const at = text.lastIndexOf('@');
  const digest = text.slice(at + 1);
  return at > 0 && isDigest(digest) ? [text.slice(0, at), digest] : [text, undefined];
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function readFromDisk(path: string, digest: string | undefined, signal: AbortSignal): Promise<Bill> {
  const file = await openImageFile(path, signal);
  const digests = [...new Set(file.images.map(({ descriptor }) => descriptor.digest))];
  const target = digest ?? digests[0];
  if (target === undefined) throw refused(`${path} has no image`);
  if (digest === undefined && digests.length > 1) {
    throw refused(
      `${path} has ${digests.length} images; name one: ${digests.map((one) => `${path}@${one}`).join(', ')}`,
    );
  }
  return await readImageInventory(file, target, { signal });
}

async function readFromRegistry(reference: Reference, options: ImageOptions): Promise<ImageRead> {
  const { clock, random, dockerConfig, signal, trust = [], findings } = options;
  const host = reference.registry;
  const isLocal = isLoopbackRegistry(host);
  const destinations = { allowed: [host], plainHttp: isLocal ? [host] : [] };
  const client = createRegistryClient({ clock, random, destinations });
  try {
    const repository = client.repository(reference, loginsFor([await readDockerConfig(dockerConfig)], reference));
    const { digest } = await repository.resolve(targetOf(reference), signal);
    return await readJoinedImage(repository, digest, {
      signal,
      trust,
      ...(findings === undefined ? {} : { findings }),
    });
  } finally {
    await client.close();
  }
}

function refused(why: string): CartoError {
  return new CartoError('CARTO_SCAN_INPUT', why);
}
