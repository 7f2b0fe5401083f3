import { Buffer } from 'node:buffer';
import { canonicalJson, isList, type Json, listAt, textAt, textsAt } from '@cartographer/machinery';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf, isDigest } from '../content/digest.ts';
import { ImageError } from '../content/image-error.ts';
import { blobName, type FetchedManifest, verified } from '../content/image-source.ts';
import { parseManifest } from '../content/manifest.ts';
import { mediaTypes } from '../content/media-types.ts';
import { type LayoutFiles, wholeFile } from './layout-files.ts';
import type { ImageFile, NamedImage } from './named-image.ts';

type Found = {
  readonly names: readonly string[];
  readonly manifest: FetchedManifest;
  /** The file of each blob, by digest. */
  readonly files: ReadonlyMap<string, string>;
};

const MAX_IMAGES = 100;

/**
 * Reads what `docker save` wrote before it wrote OCI layouts: `manifest.json`, configs, and layers that are not compressed.
 * It has no manifests; one is made of each config, which has the digests of the layers.
 *
 * @throws ImageError when it is broken; undefined when there is no `manifest.json`.
 */
export async function readDockerArchive(files: LayoutFiles, path: string): Promise<ImageFile | undefined> {
  if ((await files('manifest.json')) === undefined) return undefined;
  const list = parseJson(await wholeFile(files, 'manifest.json', path), `manifest.json of ${path}`);
  if (!isList(list)) throw new ImageError(`manifest.json of ${path} is no list`);
  if (list.length > MAX_IMAGES) throw new ImageError(`${path} has more than ${MAX_IMAGES} images`);
  const found: Found[] = [];
  for (const image of list) found.push(await imageIn(files, image, path));
  const blobs = new Map(found.flatMap((image) => [...image.files]));
  const images = found.flatMap(({ names, manifest: { descriptor } }): readonly NamedImage[] =>
    names.length === 0 ? [{ descriptor }] : names.map((name) => ({ name, descriptor })),
  );
  return {
    name: path,
    images,
    manifest(target) {
      const image = found.find(
        ({ names, manifest }) => manifest.descriptor.digest === target || names.includes(target),
      );
      if (image !== undefined) return Promise.resolve(image.manifest);
      return Promise.reject(new ImageError(`${path} has no image of the name ${target}`));
    },
    async blob(descriptor) {
      const what = blobName({ name: path }, descriptor);
      const file = await files(blobs.get(descriptor.digest) ?? '');
      if (file === undefined) throw new ImageError(`${what} is missing`);
      return verified(file.stream(), descriptor, what);
    },
  };
}

async function imageIn(files: LayoutFiles, image: Json, path: string): Promise<Found> {
  const configFile = textAt(image, 'Config');
  const layerFiles = textsAt(image, 'Layers');
  const config = await wholeFile(files, configFile, path);
  const diffIds = textsAt(parseJson(config, `${configFile} of ${path}`), 'rootfs', 'diff_ids');
  if (
    !diffIds.every(isDigest) ||
    diffIds.length !== layerFiles.length ||
    listAt(image, 'Layers').length !== diffIds.length
  ) {
    throw new ImageError(`${path}: ${configFile} and manifest.json name different layers`);
  }
  const layers: Descriptor[] = [];
  for (const [at, name] of layerFiles.entries()) {
    const size = (await files(name))?.sizeBytes;
    if (size === undefined) throw new ImageError(`${path} has no ${name}`);
    layers.push({ mediaType: mediaTypes.plainLayer, digest: diffIds[at] ?? '', size });
  }
  const configDescriptor = { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length };
  const document = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: configDescriptor, layers };
  const bytes = Buffer.from(canonicalJson(document));
  const content = parseManifest(bytes, path);
  const descriptor = { mediaType: mediaTypes.manifest, digest: digestOf(bytes), size: bytes.length };
  const places = layers.map(({ digest }, at): [string, string] => [digest, layerFiles[at] ?? '']);
  return {
    names: textsAt(image, 'RepoTags'),
    manifest: { descriptor, bytes, content },
    files: new Map([...places, [configDescriptor.digest, configFile]]),
  };
}

function parseJson(bytes: Buffer, what: string): Json {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch (cause) {
    throw new ImageError(`${what} is no JSON`, { cause });
  }
}
