import type { Descriptor } from '../content/descriptor.ts';
import type { ImageSource } from '../content/image-source.ts';

/** An image of a folder or an archive. */
export type NamedImage = {
  /** As its index or `docker save` calls it; undefined when it does not. */
  readonly name?: string;
  readonly descriptor: Descriptor;
};

/** Images on disk. */
export interface ImageFile extends ImageSource {
  readonly images: readonly NamedImage[];
}
