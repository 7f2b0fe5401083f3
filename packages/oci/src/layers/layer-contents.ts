import type { Buffer } from 'node:buffer';

/** Makes a value of the content of a file. What it gives must follow from the content alone; what it leaves is skipped. */
export type ContentReader<T> = (content: AsyncIterable<Buffer>, sizeBytes: number) => Promise<T | undefined>;

/**
 * Says how the file at a path is to be read, if at all. It gives the same function for all files that are read alike: a
 * hard link is read once with its target, if both are read by one function.
 */
export type LayerReader<T> = (path: string, mode: number) => ContentReader<T> | undefined;

/** An entry of a layer. Paths have no slash at either end and no detours. */
export type LayerEntry<T> = {
  readonly path: string;
  /** Whatever is neither a folder nor a symbolic link counts as a file: it takes the place of what was there. */
  readonly kind: 'folder' | 'file' | 'link';
  /** Where a link points; it need not exist. */
  readonly target?: string;
  /** What the reader gave. */
  readonly value?: T;
  /** Why a file that was to be read was not. */
  readonly unread?: string;
};

/** What one layer adds and takes away: plain data that can be kept by the layer's digest. */
export type LayerContents<T> = {
  /** In the order of the archive. */
  readonly entries: readonly LayerEntry<T>[];
  /** Paths of the layers below that are gone. */
  readonly whiteouts: readonly string[];
  /** Folders of the layers below whose content is gone; the whole image is `''`. */
  readonly opaque: readonly string[];
};

/** A file of an image that stands in the end. */
export type StandingFile<T> = {
  readonly path: string;
  /** Which layer it comes from, from the lowest, which is 0. */
  readonly layer: number;
  readonly value: T;
};

/** A file that stands and could not be read. */
export type UnreadFile = { readonly path: string; readonly layer: number; readonly why: string };

/** What stands in the end, ordered by layer, then by path. */
export type ImageContents<T> = { readonly files: readonly StandingFile<T>[]; readonly unread: readonly UnreadFile[] };
