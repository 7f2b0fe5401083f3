import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ArchiveError } from '../archive/archive-error.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { digestParts, isDigest } from '../content/digest.ts';
import { ImageError } from '../content/image-error.ts';
import { blobName, type FetchedManifest, verified } from '../content/image-source.ts';
import { parseManifest } from '../content/manifest.ts';
import { readDockerArchive } from './docker-archive.ts';
import {
  boundedSize,
  filesOfArchive,
  filesOfFolder,
  type LayoutFile,
  type LayoutFiles,
  wholeFile,
} from './layout-files.ts';
import type { ImageFile, NamedImage } from './named-image.ts';

/**
 * Opens an OCI image layout, as a folder or as a tar archive, or an archive of `docker save`. Its manifests are found by digest
 * and by the names in {@link ImageFile.images}.
 *
 * @throws ImageError when it is nothing of that; what the disk says.
 */
export async function openImageFile(path: string, signal: AbortSignal): Promise<ImageFile> {
  const found = await stat(path);
  const files = found.isDirectory() ? filesOfFolder(path) : await archiveAt(path, signal);
  if ((await files('index.json')) !== undefined) return layoutIn(files, path);
  const docker = await readDockerArchive(files, path);
  if (docker === undefined) {
    throw new ImageError(`${path} has neither index.json nor manifest.json: it is no OCI layout and no docker archive`);
  }
  return docker;
}

async function archiveAt(path: string, signal: AbortSignal): Promise<LayoutFiles> {
  for await (const mark of createReadStream(path, { end: 3 }) as AsyncIterable<Buffer>) {
    const isCompressed =
      (mark.length > 1 && mark.readUInt16BE() === 0x1f8b) || (mark.length === 4 && mark.readUInt32LE() === 0xfd2fb528);
    if (isCompressed) throw new ImageError(`${path} is compressed as a whole; decompress it first`);
  }
  try {
    return await filesOfArchive(path, signal);
  } catch (error) {
    if (error instanceof ArchiveError) throw new ImageError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function layoutIn(files: LayoutFiles, path: string): Promise<ImageFile> {
  const index = parseManifest(await wholeFile(files, 'index.json', path), path);
  if (index.kind !== 'index') throw new ImageError(`${path}: index.json is no index`);
  const images = index.manifests.map((descriptor) => ({ ...nameIn(descriptor), descriptor }));
  const fileOf = async (digest: string): Promise<LayoutFile> => {
    const { algorithm, hex } = digestParts(digest);
    const found = await files(`blobs/${algorithm}/${hex}`);
    if (found === undefined) throw new ImageError(`${blobName({ name: path }, { digest })} is missing`);
    return found;
  };
  return {
    name: path,
    images,
    async manifest(target) {
      const digest = isDigest(target) ? target : images.find(({ name }) => name === target)?.descriptor.digest;
      if (digest === undefined) throw new ImageError(`${path} has no image of the name ${target}`);
      return manifestIn(await fileOf(digest), digest, path);
    },
    async blob(descriptor) {
      return verified((await fileOf(descriptor.digest)).stream(), descriptor, blobName({ name: path }, descriptor));
    },
  };
}

async function manifestIn(file: LayoutFile, digest: string, path: string): Promise<FetchedManifest> {
  const what = blobName({ name: path }, { digest });
  const size = boundedSize(file, what);
  const parts = await Array.fromAsync(verified(file.stream(), { digest, size }, what));
  const bytes = Buffer.concat(parts);
  const content = parseManifest(bytes, what);
  return { descriptor: { mediaType: content.mediaType, digest, size }, bytes, content };
}

/** Of several names the whole one: containerd's has the registry, the other often the tag alone. */
function nameIn({ annotations }: Descriptor): Pick<NamedImage, 'name'> {
  const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'];
  return name === undefined ? {} : { name };
}
