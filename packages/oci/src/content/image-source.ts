import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Descriptor } from './descriptor.ts';
import { digestParts } from './digest.ts';
import { ImageError } from './image-error.ts';
import type { Index, Manifest } from './manifest.ts';

/** A manifest as it was read; its bytes are what the digest says. */
export type FetchedManifest = {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly content: Manifest | Index;
};

/** Where the parts of images are: a repository of a registry, a folder, an archive. */
export interface ImageSource {
  /** What it is called in messages. */
  readonly name: string;
  /**
   * Reads a manifest by tag or digest.
   *
   * @throws ImageError when it breaks its digest or is none; what the source itself has to say otherwise.
   */
  manifest(target: string, signal: AbortSignal): Promise<FetchedManifest>;
  /**
   * Opens a blob. It is checked while it is read: what breaks its size ends at once, what breaks its digest at the end, with an
   * ImageError. So whatever was made of it counts only once all of it was read.
   */
  blob(descriptor: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
}

/** Passes a stream on and checks it against size and digest; holds nothing of it. */
export async function* verified(
  chunks: AsyncIterable<Buffer>,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  what: string,
): AsyncGenerator<Buffer, void, undefined> {
  const { algorithm, hex } = digestParts(digest);
  const hash = createHash(algorithm);
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    if (read > size)
      throw new ImageError(`${what} has more bytes than the ${size} it should have`, { retry: 'backoff' });
    hash.update(chunk);
    yield chunk;
  }
  if (read < size) throw new ImageError(`${what} ends after ${read} of ${size} bytes`, { retry: 'backoff' });
  if (hash.digest('hex') !== hex) throw new ImageError(`${what} is not what its digest says`, { retry: 'backoff' });
}

/**
 * Reads a whole blob into memory.
 *
 * @throws ImageError when it should have more than `maxBytes`; it is not asked for then.
 */
export async function readBlob(
  source: ImageSource,
  descriptor: Descriptor,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Buffer> {
  if (descriptor.size > maxBytes) {
    throw new ImageError(`${blobName(source, descriptor)} has ${descriptor.size} bytes, more than ${maxBytes}`);
  }
  const parts: Buffer[] = [];
  for await (const part of await source.blob(descriptor, signal)) parts.push(part);
  return Buffer.concat(parts);
}

/** What a blob is called in messages. */
export function blobName(source: Pick<ImageSource, 'name'>, { digest }: Pick<Descriptor, 'digest'>): string {
  return `blob ${digest.slice(0, 19)}… of ${source.name}`;
}
