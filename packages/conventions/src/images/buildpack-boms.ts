import { Buffer } from 'node:buffer';
import { isObject, type Json, textAt } from '@cartographer/machinery';
import {
  type Descriptor,
  decompress,
  defaultDecompressLimits,
  ImageError,
  isDigest,
  type Repository,
  readBlob,
  readTar,
} from '@cartographer/oci';
import { BomShelf, type FoundBoms } from './bom-limits.ts';
import type { ImageContent } from './image-content.ts';

/** What the layer of bills may have, packed and unpacked. */
const MAX_LAYER_BYTES = 16 * 1024 ** 2;
const MAX_UNPACKED_BYTES = 128 * 1024 ** 2;
const APP_SBOM = 'io.buildpacks.app.sbom';
const LIFECYCLE = 'io.buildpacks.lifecycle.metadata';

/**
 * Bills that Cloud Native Buildpacks put into a layer of their own, which a label of the image names; undefined where none
 * does. https://github.com/buildpacks/spec/blob/main/platform.md#iobuildpackslifecyclemetadata-json
 *
 * @throws ImageError, ArchiveError, RegistryError for what cannot be read.
 */
export async function buildpackBoms(
  repository: Pick<Repository, 'blob' | 'manifest' | 'name'>,
  content: ImageContent,
  signal: AbortSignal,
): Promise<FoundBoms | undefined> {
  const layer = layerOf(content);
  if (layer === undefined) return undefined;
  const packed = await readBlob(repository, layer, { maxBytes: MAX_LAYER_BYTES, signal });
  const shelf = new BomShelf();
  const limits = { ...defaultDecompressLimits, maxBytes: MAX_UNPACKED_BYTES };
  for await (const item of readTar(decompress(only(packed), limits))) {
    if (item.kind !== 'file') continue;
    const name = `cnb-app:/${Buffer.from(item.path, 'latin1')
      .toString('utf8')
      .replace(/^\.?\/+/, '')}`;
    if (!shelf.hasRoom(name, item.sizeBytes)) continue;
    shelf.put(name, Buffer.concat(await Array.fromAsync(item.content)));
  }
  return shelf.found;
}

function layerOf({ config, manifest }: ImageContent): Descriptor | undefined {
  const diffId = diffIdOf(config.config?.Labels ?? {});
  if (diffId === undefined) return undefined;
  const index = config.rootfs?.diff_ids?.indexOf(diffId) ?? -1;
  const layer = manifest.layers[index];
  if (layer === undefined)
    throw new ImageError(`its labels name layer ${diffId.slice(0, 19)}… for bills, which it has not`);
  return layer;
}

function diffIdOf(labels: Readonly<Record<string, string>>): string | undefined {
  const direct = labels[APP_SBOM];
  if (typeof direct === 'string' && direct !== '') return checked(direct, APP_SBOM);
  const text = labels[LIFECYCLE];
  if (typeof text !== 'string' || text === '') return undefined;
  let metadata: Json;
  try {
    metadata = JSON.parse(text) as Json;
  } catch {
    throw new ImageError(`its label ${LIFECYCLE} is no JSON`);
  }
  if (!isObject(metadata)) throw new ImageError(`its label ${LIFECYCLE} is no object`);
  const found = textAt(metadata, 'sbom', 'sha') || textAt(metadata, 'bom', 'sha');
  return found === '' ? undefined : checked(found, LIFECYCLE);
}

function checked(diffId: string, label: string): string {
  if (isDigest(diffId)) return diffId;
  throw new ImageError(`its label ${label} names a layer by what is no digest`);
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
