import type { Buffer } from 'node:buffer';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '@cartographer/machinery';
import { ifThere } from '../archive/if-there.ts';
import { type Compressed, writeGzip } from '../archive/write-gzip.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf, digestParts, isDigest } from '../content/digest.ts';
import { mediaTypes } from '../content/media-types.ts';
import type { OciImage } from '../content/oci-image.ts';

/** One repository on disk, as the OCI image layout specification has it: other tools can read the folder, too. */
export interface OciLayout {
  /** Compresses and stores a layer. */
  writeLayer(tar: AsyncIterable<Buffer>, signal: AbortSignal): Promise<Compressed>;
  /** Stores an image whose layers are there, and gives it tags; a tag moves from the image that had it. */
  writeImage(image: OciImage, tags: readonly string[]): Promise<void>;
  /** Where a blob that is being uploaded waits, on the same disk; the folder is there. */
  incoming(): Promise<string>;
  /** Takes a file as a blob; it has to be on the same disk. */
  takeBlob(digest: string, file: string): Promise<void>;
  /**
   * Stores a manifest whose blobs are there, under a tag where one is named. Of all that were stored so, the last `kept` stay,
   * each as long under its digest.
   */
  putManifest(
    manifest: { readonly mediaType: string; readonly bytes: Buffer; readonly tag?: string },
    kept: number,
  ): Promise<string>;
  /** The manifest of a tag or digest. */
  find(reference: string): Promise<Descriptor | undefined>;
  tags(): Promise<readonly string[]>;
  /** Where a blob is, and how large; undefined when there is none. */
  blob(digest: string): Promise<{ readonly file: string; readonly sizeBytes: number } | undefined>;
  /** Whether an image and all its blobs are there. */
  isWhole(digest: string): Promise<boolean>;
  /** Removes all images but these, and all blobs that no image needs. */
  keepOnly(digests: ReadonlySet<string>): Promise<void>;
}

const REF_NAME = 'org.opencontainers.image.ref.name';

/** Makes the layout of a folder, which is created when first written to. One writer at a time. */
export function createOciLayout(folder: string): OciLayout {
  const blobs = join(folder, 'blobs', 'sha256');
  const fileOf = (digest: string): string => {
    const { algorithm, hex } = digestParts(digest);
    return join(folder, 'blobs', algorithm, hex);
  };

  async function prepare(): Promise<void> {
    await mkdir(blobs, { recursive: true, mode: 0o700 });
    await replaceFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  }
  async function readIndex(): Promise<readonly Descriptor[]> {
    const text = await ifThere(readFile(join(folder, 'index.json'), 'utf8'));
    const index: unknown = JSON.parse(text ?? '{}');
    return isObject(index) && Array.isArray(index['manifests']) ? (index['manifests'] as Descriptor[]) : [];
  }
  function writeIndex(manifests: readonly Descriptor[]): Promise<void> {
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
    return replaceFile(join(folder, 'index.json'), JSON.stringify(index, undefined, 2));
  }
  const blob: OciLayout['blob'] = async (digest) => {
    if (!isDigest(digest)) return undefined;
    const file = fileOf(digest);
    const found = await ifThere(lstat(file));
    return found?.isFile() === true ? { file, sizeBytes: found.size } : undefined;
  };
  async function blobsOf(digest: string): Promise<readonly Descriptor[] | undefined> {
    const found = await blob(digest);
    if (found === undefined) return undefined;
    const manifest = JSON.parse(await readFile(found.file, 'utf8')) as { config: Descriptor; layers: Descriptor[] };
    return [manifest.config, ...manifest.layers];
  }

  async function keepOnly(digests: ReadonlySet<string>): Promise<void> {
    const manifests = await readIndex();
    const kept = manifests.filter(({ digest }) => digests.has(digest));
    if (kept.length < manifests.length) await writeIndex(kept);
    const needed = new Set(kept.map(({ digest }) => digest));
    for (const { digest } of kept) for (const part of (await blobsOf(digest)) ?? []) needed.add(part.digest);
    // Unfinished blobs go, too: there is one writer, and it is here.
    for (const name of (await ifThere(readdir(blobs))) ?? []) {
      if (!needed.has(`sha256:${name}`)) await rm(join(blobs, name), { force: true });
    }
  }

  return {
    async writeLayer(tar, signal) {
      await prepare();
      const temporary = join(blobs, `.tmp-${process.pid}-${performance.now()}`);
      try {
        const written = await writeGzip(tar, temporary, signal);
        await rename(temporary, fileOf(written.digest));
        return written;
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async writeImage(image, tags) {
      await prepare();
      await replaceFile(fileOf(image.configDigest), image.config);
      await replaceFile(fileOf(image.digest), image.manifest);
      const others = (await readIndex()).filter(({ annotations }) => !tags.includes(annotations?.[REF_NAME] ?? ''));
      const named = tags.map((tag) => descriptorOf(image, { [REF_NAME]: tag }));
      await writeIndex([...others, ...named]);
    },
    async incoming() {
      const place = join(folder, 'incoming');
      await mkdir(place, { recursive: true, mode: 0o700 });
      return place;
    },
    async takeBlob(digest, file) {
      await prepare();
      await rename(file, fileOf(digest));
    },
    async putManifest({ mediaType, bytes, tag }, kept) {
      await prepare();
      const digest = digestOf(bytes);
      await replaceFile(fileOf(digest), bytes);
      const annotations = tag === undefined ? {} : { annotations: { [REF_NAME]: tag } };
      const untagged = (await readIndex()).map((entry) =>
        entry.annotations?.[REF_NAME] === tag ? plainOf(entry) : entry,
      );
      const others = untagged.filter((entry) => entry.digest !== digest || entry.annotations !== undefined);
      await writeIndex([...others, { mediaType, digest, size: bytes.length, ...annotations }].slice(-kept));
      await keepOnly(new Set((await readIndex()).map((entry) => entry.digest)));
      return digest;
    },
    async find(reference) {
      const manifests = await readIndex();
      return manifests.find(({ digest, annotations }) => digest === reference || annotations?.[REF_NAME] === reference);
    },
    async tags() {
      const manifests = await readIndex();
      return manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []).toSorted();
    },
    blob,
    async isWhole(digest) {
      const needed = await blobsOf(digest).catch(() => undefined);
      if (needed === undefined || !(await readIndex()).some((manifest) => manifest.digest === digest)) return false;
      const found = await Promise.all(needed.map((descriptor) => blob(descriptor.digest)));
      return needed.every(({ size }, index) => found[index]?.sizeBytes === size);
    },
    keepOnly,
  };
}

function descriptorOf(image: OciImage, annotations: Readonly<Record<string, string>>): Descriptor {
  return { mediaType: mediaTypes.manifest, digest: image.digest, size: image.manifest.length, annotations };
}

function plainOf({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** Readers see the old file or the new one, never half of one. */
async function replaceFile(file: string, content: string | Buffer): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
