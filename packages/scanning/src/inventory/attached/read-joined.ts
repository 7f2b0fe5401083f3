import type { AttachedSource } from '@cartographer/oci';
import { type ImageInventory, type InventoryOptions, readImageInventory } from '../layers/read-image-inventory.ts';
import type { AttachedFindings } from './attached-findings.ts';
import { type AttachedAsk, readAttached } from './read-attached.ts';
import { type JoinedBill, trustedBill, withAttached } from './with-attached.ts';

/** What is in an image by its layers and by what is attached to it. */
export type JoinedImage = JoinedBill &
  Pick<ImageInventory, 'platforms' | 'layers'> & {
    /** Where they were asked for. */
    readonly findings?: AttachedFindings;
  };

/** Reads an image: what is attached, and its layers unless a bill that every policy trusts counts alone. */
export async function readJoinedImage(
  source: AttachedSource,
  digest: string,
  { signal, trust = [], findings: asked, kept }: AttachedAsk & Pick<InventoryOptions, 'kept'>,
): Promise<JoinedImage> {
  const ask = { signal, trust, ...(asked === undefined ? {} : { findings: asked }) };
  const { findings, ...attached } = await readAttached(source, digest, ask);
  const said = findings === undefined ? {} : { findings };
  const trusted = trustedBill(attached);
  if (trusted !== undefined) return { ...trusted, platforms: [], layers: [], ...said };
  const { platforms, layers, ...own } = await readImageInventory(source, digest, {
    signal,
    ...(kept === undefined ? {} : { kept }),
  });
  return { ...withAttached(own, attached), platforms, layers, ...said };
}
