import { ArchiveError } from '../archive/archive-error.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { ImageError } from '../content/image-error.ts';
import type { ImageSource } from '../content/image-source.ts';
import type { Manifest } from '../content/manifest.ts';
import { isLayerType } from '../content/media-types.ts';
import type { ImageContents, LayerContents, LayerReader } from './layer-contents.ts';
import { createLayerMerge } from './merge-layers.ts';
import { defaultLayerLimits, type LayerLimits, visitLayer } from './visit-layer.ts';

/** How layers are read. */
export type ReadLayersOptions<T> = {
  readonly signal: AbortSignal;
  readonly limits?: LayerLimits;
  /** Of all layers together, compressed; 16 GiB unless said otherwise. */
  readonly maxImageBytes?: number;
  /** Stands around the reading of each layer: to give back what was kept by its digest, or to keep what is read now. */
  readonly kept?: (layer: Descriptor, read: () => Promise<LayerContents<T>>) => Promise<LayerContents<T>>;
};

const MAX_IMAGE_BYTES = 16 * 1024 ** 3;

/**
 * Reads the files of an image that stand in the end, layer by layer from the lowest to the top. Layers are streamed, one at
 * a time; no more is held than what the reader gives and the names of one layer.
 *
 * @throws ImageError when a layer is broken, beyond a limit or of a type that holds no files; what the source throws.
 */
export async function readLayers<T>(
  source: ImageSource,
  manifest: Manifest,
  reader: LayerReader<T>,
  options: ReadLayersOptions<T>,
): Promise<ImageContents<T>> {
  const {
    signal,
    limits = defaultLayerLimits,
    maxImageBytes = MAX_IMAGE_BYTES,
    kept = (_layer, read) => read(),
  } = options;
  const sizeBytes = manifest.layers.reduce((total, { size }) => total + size, 0);
  if (sizeBytes > maxImageBytes) {
    throw new ImageError(`the layers of ${source.name} have ${sizeBytes} bytes, more than ${maxImageBytes}`);
  }
  const merge = createLayerMerge<T>();
  for (const [at, layer] of manifest.layers.entries()) {
    const what = `layer ${at} of ${source.name}`;
    if (!isLayerType(layer.mediaType)) throw new ImageError(`${what} is of type ${layer.mediaType}, which is not read`);
    try {
      const read = (): Promise<LayerContents<T>> =>
        visitLayer(() => source.blob(layer, signal), reader, { signal, limits });
      merge.add(await kept(layer, read));
    } catch (error) {
      if (error instanceof ArchiveError) throw new ImageError(`${what}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return merge.contents();
}
