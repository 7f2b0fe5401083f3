import { getPath, isObject, type Json } from '@cartographer/machinery';
import { isDigest } from './digest.ts';
import { ImageError } from './image-error.ts';

/** Where an image can run, in Go's words: `linux`, `arm64`, `v8`. */
export type Platform = { readonly os: string; readonly architecture: string; readonly variant?: string };

/** Points to a blob by its digest. `urls` of the specification are left out: they are never followed. */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** In lists of referrers: what kind of artifact it is. */
  readonly artifactType?: string;
  /** In indexes. */
  readonly platform?: Platform;
};

const MAX_MEDIA_TYPE_CHARS = 255;
/** The names of RFC 6838, without parameters. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

/**
 * Reads a descriptor.
 *
 * @throws ImageError when it lacks what every descriptor has; `what` names it in the message.
 */
export function parseDescriptor(value: Json | undefined, what: string): Descriptor {
  const mediaType = getPath(value, 'mediaType');
  const digest = getPath(value, 'digest');
  const size = getPath(value, 'size');
  if (!isMediaType(mediaType)) throw new ImageError(`${what} has no media type`);
  if (!isDigest(digest)) throw new ImageError(`${what} has no sha256 or sha512 digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ImageError(`${what} has no size`);
  }
  const artifactType = getPath(value, 'artifactType');
  const platform = parsePlatform(getPath(value, 'platform'));
  return {
    mediaType,
    digest,
    size,
    ...annotationsIn(value),
    ...(isMediaType(artifactType) ? { artifactType } : {}),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** The annotations of a descriptor or manifest, those that are texts. */
export function annotationsIn(value: Json | undefined): Pick<Descriptor, 'annotations'> {
  const found = getPath(value, 'annotations');
  if (!isObject(found)) return {};
  const texts = Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  // Not an object literal's assignment: `__proto__` is a key like any other.
  return { annotations: Object.fromEntries(texts) };
}

/** Whether a value can be a media type or an artifact type. */
export function isMediaType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_MEDIA_TYPE_CHARS && MEDIA_TYPE.test(value);
}

function parsePlatform(value: Json | undefined): Platform | undefined {
  const os = getPath(value, 'os');
  const architecture = getPath(value, 'architecture');
  const variant = getPath(value, 'variant');
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
}
