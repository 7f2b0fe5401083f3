import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { BoundedMap } from '@cartographer/machinery';
import { type Descriptor, RegistryError, type Repository } from '@cartographer/oci';
import { type LayerFacts, readersWithin } from '../../inventory/layers/read-image-inventory.ts';
import type { LayerKey } from '../../portfolio/kept-layers.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';

/** What was read of layers, kept in memory and in the store: who asks for a layer, and what reads it where nothing is kept. */
export type KeptLayers = (
  layer: Descriptor,
  from: { readonly registry: string; readonly repository: Pick<Repository, 'hasBlob'>; readonly signal: AbortSignal },
  read: () => Promise<LayerFacts>,
) => Promise<LayerFacts>;

/** What reads the layers of images here; whatever else did is forgotten. */
export const LAYER_READERS = readersWithin();

/** A few are held in memory, as images of one team share them; each may have some megabytes. */
const MOST_HELD = 64;
/** A layer with more files is read each time: the store is no place for it. */
const MOST_ENTRIES = 200_000;
const MOST_CHARS = 16 * 1024 ** 2;
/** Beyond what so many files come to. */
const MOST_BYTES = 512 * 1024 ** 2;

const packed = promisify(gzip);
const unpacked = promisify(gunzip);

/**
 * Gives what was read of a layer, once. It is given only where the registry that it was read from says, to whoever asks
 * now and for the repository that they ask for, that the layer is there: a digest is no key to another tenant's packages.
 */
export function createKeptLayers(portfolio: Pick<Portfolio, 'layerOf' | 'putLayer'>): KeptLayers {
  const held = new BoundedMap<LayerFacts>(MOST_HELD);

  async function kept(key: LayerKey): Promise<LayerFacts | undefined> {
    const known = held.get(key.registry + key.digest);
    if (known !== undefined) return known;
    const content = await portfolio.layerOf(key);
    return content === undefined ? undefined : factsIn(content);
  }

  return async (layer, { registry, repository, signal }, read) => {
    const key = { registry, digest: layer.digest, readers: LAYER_READERS };
    const before = await kept(key);
    if (before !== undefined && (await isAnswered(repository, layer, signal))) {
      held.set(registry + layer.digest, before);
      return before;
    }
    const facts = await read();
    held.set(registry + layer.digest, facts);
    const content = before === undefined ? await contentOf(facts) : undefined;
    if (content !== undefined) await portfolio.putLayer(key, content);
    return facts;
  };
}

/** What a registry refuses here, reading will tell. */
async function isAnswered(
  repository: Pick<Repository, 'hasBlob'>,
  layer: Descriptor,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await repository.hasBlob(layer, signal);
  } catch (error) {
    if (error instanceof RegistryError) return false;
    throw error;
  }
}

async function contentOf(facts: LayerFacts): Promise<string | undefined> {
  const { entries, whiteouts, opaque } = facts;
  if (entries.length + whiteouts.length + opaque.length > MOST_ENTRIES) return undefined;
  const text = (await packed(JSON.stringify(facts), { level: 1 })).toString('base64');
  return text.length > MOST_CHARS ? undefined : text;
}

/** What cannot be read, as in a store that somebody has edited, is as good as not kept. */
async function factsIn(content: string): Promise<LayerFacts | undefined> {
  try {
    const bytes = await unpacked(Buffer.from(content, 'base64'), { maxOutputLength: MOST_BYTES });
    return JSON.parse(bytes.toString('utf8')) as LayerFacts;
  } catch {
    return undefined;
  }
}
