import { carto } from '@cartographer/api';
import { type KubeObject, textAt } from '@cartographer/machinery';
import type { Reader } from './reader.ts';

/** The blueprint that an owner's status names; undefined when there is none, or when it may not be read. */
export async function blueprintOf(
  reader: Pick<Reader, 'get'>,
  { status }: KubeObject,
): Promise<KubeObject | undefined> {
  for (const [field, type] of [
    ['supplyChainRef', carto.kinds.ClusterSupplyChain],
    ['deliveryRef', carto.kinds.ClusterDelivery],
  ] as const) {
    const name = textAt(status, field, 'name');
    if (name === '') continue;
    const found = await reader.get(type, { name });
    return found.kind === 'found' ? found.value : undefined;
  }
  return undefined;
}
