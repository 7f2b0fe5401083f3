import type { Buffer } from 'node:buffer';
import { isList, isObject, type Json, type JsonObject } from '@cartographer/machinery';
import { annotationsIn, type Descriptor, isMediaType, parseDescriptor } from './descriptor.ts';
import { ImageError } from './image-error.ts';
import { mediaTypes } from './media-types.ts';

/** One image for one platform, or an artifact: a config and layers. */
export type Manifest = {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** From the lowest to the top. */
  readonly layers: readonly Descriptor[];
  readonly artifactType?: string;
  /** The image that this artifact is about. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** A list of manifests: of one image for several platforms, or of what refers to one. */
export type Index = {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
};

/** The largest manifest that is read; registries take no larger one, either. */
export const MAX_MANIFEST_BYTES = 4 * 1024 ** 2;
/** Docker and containerd stack at most 127; artifacts may have a few more. */
const MAX_LAYERS = 1_000;
const MAX_MANIFESTS = 10_000;
const MAX_PLATFORMS = 16;

const MANIFESTS: readonly string[] = [mediaTypes.manifest, mediaTypes.dockerManifest];
const INDEXES: readonly string[] = [mediaTypes.index, mediaTypes.dockerIndex];

/**
 * Reads a manifest or an index, OCI or Docker schema 2.
 *
 * @param contentType what the registry calls it; counts only where the document does not say what it is.
 * @throws ImageError when it is neither, too large, or could be taken for both.
 */
export function parseManifest(bytes: Buffer, what: string, contentType?: string): Manifest | Index {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new ImageError(`${what} describes itself in more than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const document = parseDocument(bytes, what);
  if (document['schemaVersion'] === 1) {
    throw new ImageError(`${what} has a manifest of Docker's schema 1, which is not read; push it anew`);
  }
  const mediaType = mediaTypeOf(document, contentType);
  const hasLayers = document['layers'] !== undefined || document['config'] !== undefined;
  const hasManifests = document['manifests'] !== undefined;
  // One document that two programs read differently: https://nvd.nist.gov/vuln/detail/CVE-2021-41190
  if (hasLayers && hasManifests) throw new ImageError(`${what} could be a manifest and an index at once`);
  if (MANIFESTS.includes(mediaType) && hasLayers) return manifestOf(document, mediaType, what);
  if (INDEXES.includes(mediaType) && hasManifests) return indexOf(document, mediaType, what);
  throw new ImageError(`${what} has neither an OCI manifest nor one of Docker's schema 2`);
}

/** The manifests of an index, sorted out. */
export type Platforms = {
  /** Images, one for each platform; at most 16. */
  readonly images: readonly Descriptor[];
  /** What BuildKit keeps beside images: bills of material and provenance. */
  readonly attestations: readonly Descriptor[];
  /** Images beyond 16, and what is no image of a platform; who reads the others has not read everything. */
  readonly leftOut: readonly Descriptor[];
};

/** Sorts the manifests of an index out. */
export function platformsOf(index: Index): Platforms {
  const attestations = index.manifests.filter(isAttestation);
  const others = index.manifests.filter((manifest) => !isAttestation(manifest));
  const images = others.filter(({ mediaType }) => MANIFESTS.includes(mediaType));
  const leftOut = others.filter(({ mediaType }) => !MANIFESTS.includes(mediaType));
  return {
    images: images.slice(0, MAX_PLATFORMS),
    attestations,
    leftOut: [...images.slice(MAX_PLATFORMS), ...leftOut],
  };
}

/** `linux/arm64/v8`. */
export function platformName({ platform }: Descriptor): string {
  if (platform === undefined) return 'unknown';
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** An annotation alone is not enough: whoever runs images chooses by platform, and would run what nobody has read. */
function isAttestation({ annotations, platform }: Descriptor): boolean {
  const isCalledSo = annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
  return isCalledSo && platform?.os === 'unknown' && platform.architecture === 'unknown';
}

function parseDocument(bytes: Buffer, what: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ImageError(`${what} describes itself in something that is no JSON`, { cause });
  }
  if (!isObject(document)) throw new ImageError(`${what} describes itself in JSON that is no object`);
  return document;
}

function mediaTypeOf(document: JsonObject, contentType: string | undefined): string {
  const own = document['mediaType'];
  if (typeof own === 'string') return own;
  const named = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (MANIFESTS.includes(named) || INDEXES.includes(named)) return named;
  // OCI lets both leave their type out.
  return document['manifests'] === undefined ? mediaTypes.manifest : mediaTypes.index;
}

function manifestOf(document: JsonObject, mediaType: string, what: string): Manifest {
  const layers = listOf(document['layers'], MAX_LAYERS, `${what}: layers`);
  const subject = document['subject'];
  const artifactType = document['artifactType'];
  return {
    kind: 'manifest',
    mediaType,
    config: parseDescriptor(document['config'], `the config of ${what}`),
    layers: layers.map((layer, at) => parseDescriptor(layer, `layer ${at} of ${what}`)),
    ...(isMediaType(artifactType) ? { artifactType } : {}),
    ...(isObject(subject) ? { subject: parseDescriptor(subject, `the subject of ${what}`) } : {}),
    ...annotationsIn(document),
  };
}

function indexOf(document: JsonObject, mediaType: string, what: string): Index {
  const manifests = listOf(document['manifests'], MAX_MANIFESTS, `${what}: manifests`);
  return {
    kind: 'index',
    mediaType,
    manifests: manifests.map((manifest, at) => parseDescriptor(manifest, `manifest ${at} of ${what}`)),
    ...annotationsIn(document),
  };
}

function listOf(value: Json | undefined, max: number, what: string): readonly Json[] {
  if (!isList(value)) throw new ImageError(`${what} are no list`);
  if (value.length > max) throw new ImageError(`${what} are more than ${max}`);
  return value;
}

/** What kind of artifact a manifest is: its own word, else the type of its config. */
export function artifactTypeOf(manifest: Manifest): string {
  return manifest.artifactType ?? manifest.config.mediaType;
}
