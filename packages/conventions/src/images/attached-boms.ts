import { Buffer } from 'node:buffer';
import { getPath, isObject } from '@cartographer/machinery';
import {
  type AttachedSource,
  artifactTypeOf,
  billDocument,
  type Carrier,
  type Descriptor,
  findAttached,
  jsonIn,
  mayHoldBill,
  named,
  openAttached,
  RegistryError,
  type Repository,
  readBlob,
  type UnreadAttached,
} from '@cartographer/oci';
import { BomShelf, type FoundBoms, MAX_BOM_BYTES } from './bom-limits.ts';
import type { ImageContent } from './image-content.ts';

/** What attached bills are looked for with. */
export type AttachedBomsAsk = {
  readonly repository: Repository;
  readonly content: ImageContent;
  /** Whether the repository has a tag: asked once for many images, so that none is asked for in vain. */
  readonly hasTag: (tag: string) => Promise<boolean>;
  readonly signal: AbortSignal;
};

/**
 * Bills that are attached to an image: by referrers, by the tags of cosign and by BuildKit. They say what whoever may push
 * to the repository says, and no more.
 *
 * @throws RegistryError when the registry does not answer.
 */
export async function attachedBoms({ repository, content, hasTag, signal }: AttachedBomsAsk): Promise<FoundBoms> {
  const source = lookingOnce(repository, content, hasTag);
  const { subjects, carriers, unread } = await findAttached(source, content.fetched.descriptor.digest, {
    signal,
    isWanted: ({ digest }) => digest === content.digest,
  });
  const shelf = new BomShelf();
  const troubles: UnreadAttached[] = [...unread];
  for (const carrier of carriers) {
    for (const layer of carrier.manifest.layers.filter(({ mediaType }) => mayHoldBill(mediaType))) {
      const name = `oci-referrer:${typeOf(carrier, layer)}`;
      if (!shelf.hasRoom(`${carrier.what}: ${name}`, layer.size)) continue;
      const options = { maxBytes: MAX_BOM_BYTES, signal };
      const bytes = await named(carrier.what, troubles, signal, () => readBlob(source, layer, options));
      const opened = bytes === undefined ? undefined : openAttached(bytes, layer);
      if (opened?.kind === 'broken') troubles.push({ what: carrier.what, why: opened.why });
      if (opened?.kind !== 'document') continue;
      const found = billDocument(opened, layer, subjects);
      if (found.kind === 'unread') troubles.push({ what: carrier.what, why: found.why });
      if (found.kind === 'bill') shelf.put(name, withoutStatement(found.bytes));
    }
  }
  for (const { what, why } of troubles) shelf.leave(`${what} ${why}`);
  return shelf.found;
}

/** What is known already is not asked for again: the manifest, that a tag is not there, and who is no image of its own. */
function lookingOnce(
  repository: Repository,
  { fetched }: ImageContent,
  hasTag: (tag: string) => Promise<boolean>,
): AttachedSource {
  const own = fetched.descriptor.digest;
  return {
    name: repository.name,
    blob: (descriptor, signal) => repository.blob(descriptor, signal),
    async manifest(target, signal) {
      if (target === own) return fetched;
      if (!target.includes(':') && !(await hasTag(target))) {
        throw new RegistryError('NotFound', `${repository.name} has no tag ${target}`);
      }
      return repository.manifest(target, signal);
    },
    // What is attached to the image of one platform stands beside it in the index, as BuildKit has it.
    referrers: (digest, options) => (digest === own ? repository.referrers(digest, options) : Promise.resolve([])),
  };
}

/** What kind of artifact it is; a tag of cosign says it of the layer alone. */
function typeOf({ manifest }: Carrier, { mediaType }: Descriptor): string {
  const type = artifactTypeOf(manifest);
  return mayHoldBill(type) ? type : mediaType;
}

/** The bill itself, where it came in a statement about it. */
function withoutStatement(bytes: Buffer): Buffer {
  const document = jsonIn(bytes);
  const predicate = getPath(document, 'predicateType') === undefined ? undefined : getPath(document, 'predicate');
  return isObject(predicate) ? Buffer.from(JSON.stringify(predicate)) : bytes;
}
