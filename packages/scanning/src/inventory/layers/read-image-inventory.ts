import { createHash } from 'node:crypto';
import { type Bill, type BillPackage, billOf, type Unread } from '@cartographer/bills';
import { CartoError, canonicalJson, messageOf, textAt } from '@cartographer/machinery';
import {
  createLayerMerge,
  type Descriptor,
  defaultLayerLimits,
  ImageError,
  type ImageSource,
  isLayerType,
  type LayerContents,
  type LayerLimits,
  type LayerMerge,
  type Manifest,
  mediaTypes,
  platformName,
  platformsOf,
  RegistryError,
  readBlob,
  visitLayer,
} from '@cartographer/oci';
import type { FileFacts } from './facts.ts';
import { type ImagePackages, packagesAt } from './packages-at.ts';
import { createReaders, FILE_LIMITS, type FileLimits } from './readers.ts';

/** What one layer says: plain data, to be kept by the digest of the layer and {@link LAYER_FACTS}. */
export type LayerFacts = LayerContents<FileFacts>;

/** Changes whenever the same layer gives other facts: what was kept under another number is read again. */
export const LAYER_FACTS = 1;

/** What reads layers within these limits, as a word: {@link LAYER_FACTS}, and what may be otherwise within other limits. */
export function readersWithin({ layers = defaultLayerLimits, files = FILE_LIMITS }: ReaderLimits = {}): string {
  const text = canonicalJson({ layers, files });
  return `${LAYER_FACTS}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** The packages of an image, and what else is told of it. */
export type ImageInventory = Bill & {
  /** The platforms that were read, `linux/amd64`; none where an image that is no index does not say it. */
  readonly platforms: readonly string[];
  /** Digests of the layers that were read. */
  readonly layers: readonly string[];
};

/** Within which limits layers are read. */
export type ReaderLimits = {
  /** Of each layer. */
  readonly layers?: LayerLimits;
  /** Of the files of each layer. */
  readonly files?: FileLimits;
};

/** How an image is read. */
export type InventoryOptions = ReaderLimits & {
  readonly signal: AbortSignal;
  /** Of all layers of one platform together, compressed; 16 GiB unless said otherwise. */
  readonly maxImageBytes?: number;
  /** Stands around the reading of each layer: to give back what was kept of it, or to keep what is read now. */
  readonly kept?: (layer: Descriptor, read: () => Promise<LayerFacts>) => Promise<LayerFacts>;
};

/** Real ones have some kilobytes. */
const MAX_CONFIG_BYTES = 4 * 1024 ** 2;
const MAX_IMAGE_BYTES = 16 * 1024 ** 3;
/** A word on each is enough for the first of them: one alone makes the inventory incomplete. */
const MOST_UNREAD = 1_000;

/**
 * Reads the packages of an image from its layers: what stands in the end, whatever lower layers had there. Of an index all
 * platforms are read, 16 at most, and packages name theirs. Layers, files and platforms that cannot be read are named in
 * `unread`.
 *
 * @param target a tag or digest.
 * @throws ImageError when the image itself cannot be read. What may be otherwise the next time, such as a registry that is
 *   not there, is thrown as the source throws it.
 */
export async function readImageInventory(
  source: ImageSource,
  target: string,
  options: InventoryOptions,
): Promise<ImageInventory> {
  const { content } = await source.manifest(target, options.signal);
  if (content.kind === 'manifest') {
    const { packages, unread } = await readImage(source, content, options);
    const platforms = await platformsInConfig(source, content, options.signal);
    return { ...billOf(packages, firstOf(unread)), platforms, layers: layersOf(content) };
  }
  const { images, leftOut } = platformsOf(content);
  const packages: BillPackage[] = [];
  const unread: Unread[] = leftOut.map((one) => ({ what: whatOf(one), why: whyLeftOut(one) }));
  if (images.length === 0) unread.push({ what: 'index', why: 'has no image of any platform' });
  const platforms: string[] = [];
  const layers = new Set<string>();
  for (const image of images) {
    const found = await readPlatform(source, image, options);
    const isAlone = images.length === 1;
    packages.push(...(isAlone ? found.packages : withPlatform(found.packages, platformName(image))));
    unread.push(...(isAlone || !found.isRead ? found.unread : found.unread.map(of(image))));
    if (found.isRead) platforms.push(platformName(image));
    for (const layer of found.layers) layers.add(layer);
  }
  const names = [...new Set(platforms)].toSorted();
  return { ...billOf(packages, firstOf(unread)), platforms: names, layers: [...layers] };
}

function layersOf({ layers }: Manifest): readonly string[] {
  return [...new Set(layers.map(({ digest }) => digest))];
}

/**
 * The platform of an image that no index names: its config says it. It hides no package where it cannot be read: then the
 * image has no platform that is known.
 */
async function platformsInConfig(
  source: ImageSource,
  { config }: Manifest,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const bytes = await readBlob(source, config, { maxBytes: MAX_CONFIG_BYTES, signal });
    const document: unknown = JSON.parse(bytes.toString('utf8'));
    const [os, architecture, variant] = [
      textAt(document, 'os'),
      textAt(document, 'architecture'),
      textAt(document, 'variant'),
    ];
    if (os === '' || architecture === '') return [];
    const platform = { os, architecture, ...(variant === '' ? {} : { variant }) };
    return [platformName({ ...config, platform })];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SyntaxError || isFinal(error)) return [];
    throw error;
  }
}

function firstOf(unread: readonly Unread[]): readonly Unread[] {
  if (unread.length <= MOST_UNREAD) return unread;
  const more = unread.length - MOST_UNREAD;
  return [...unread.slice(0, MOST_UNREAD), { what: 'image', why: `has ${more} more that cannot be read` }];
}

type PlatformPackages = ImagePackages & { readonly isRead: boolean; readonly layers: readonly string[] };

/** One image of an index. It may be gone though the index is there: then the others are still worth reading. */
async function readPlatform(
  source: ImageSource,
  image: Descriptor,
  options: InventoryOptions,
): Promise<PlatformPackages> {
  try {
    const { content } = await source.manifest(image.digest, options.signal);
    if (content.kind !== 'manifest') throw new ImageError('is an index in an index, which is not read');
    return { ...(await readImage(source, content, options)), isRead: true, layers: layersOf(content) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!isFinal(error)) throw error;
    return { packages: [], unread: [{ what: whatOf(image), why: messageOf(error) }], isRead: false, layers: [] };
  }
}

async function readImage(source: ImageSource, manifest: Manifest, options: InventoryOptions): Promise<ImagePackages> {
  const { maxImageBytes = MAX_IMAGE_BYTES } = options;
  const sizeBytes = manifest.layers.reduce((total, { size }) => total + size, 0);
  if (sizeBytes > maxImageBytes) {
    return {
      packages: [],
      unread: [{ what: 'image', why: `has layers of ${sizeBytes} bytes, more than ${maxImageBytes}` }],
    };
  }
  const merge = createLayerMerge<FileFacts>();
  const missing: Unread[] = [];
  for (const layer of manifest.layers) {
    const why = await addLayer(source, layer, merge, options);
    if (why !== undefined) missing.push({ what: `layer ${layer.digest}`, why });
  }
  const { files, unread } = merge.contents();
  const found = packagesAt(files);
  const isUnderstood = manifest.layers.length === 0 || files.some(({ value }) => value.kind !== 'release');
  const named = [...missing, ...unread.map(({ path, why }) => ({ what: path, why })), ...found.unread];
  return { packages: found.packages, unread: isUnderstood || named.length > 0 ? named : [NOT_UNDERSTOOD] };
}

/** A program of C, say, or files that a web server gives: nobody knows what they are made of. */
const NOT_UNDERSTOOD: Unread = {
  what: 'image',
  why: 'has no list of packages that is read: what is in it is not known',
};

/** Adds what a layer has to what lies below it; answers with why not, if it cannot be read. */
async function addLayer(
  source: ImageSource,
  layer: Descriptor,
  merge: LayerMerge<FileFacts>,
  { signal, layers: limits = defaultLayerLimits, files, kept = (_layer, read) => read() }: InventoryOptions,
): Promise<string | undefined> {
  if (!isLayerType(layer.mediaType)) return `is of type ${layer.mediaType}, which is not read`;
  try {
    const facts = await kept(layer, () =>
      visitLayer(() => source.blob(layer, signal), createReaders(signal, files ?? FILE_LIMITS), { signal, limits }),
    );
    merge.add(facts);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!isFinal(error)) throw error;
    return messageOf(error);
  }
}

/** Whether it will be the same the next time: what is broken, beyond a limit, or not there. */
function isFinal(error: unknown): boolean {
  if (error instanceof RegistryError && error.reason === 'NotFound') return true;
  return error instanceof CartoError && error.retry === 'never';
}

function withPlatform(packages: readonly BillPackage[], platform: string): readonly BillPackage[] {
  return packages.map((item) => ({ ...item, platforms: [platform] }));
}

function of(image: Descriptor): (unread: Unread) => Unread {
  return ({ what, why }) => ({ what: `${whatOf(image)}: ${what}`, why });
}

function whatOf(image: Descriptor): string {
  return image.platform === undefined ? `manifest ${image.digest}` : `platform ${platformName(image)}`;
}

function whyLeftOut({ mediaType }: Descriptor): string {
  return mediaTypes.manifest === mediaType || mediaTypes.dockerManifest === mediaType
    ? 'is beyond the 16 platforms that are read of an index'
    : `is of type ${mediaType}, which is not read`;
}
