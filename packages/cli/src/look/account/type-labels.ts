import { carto } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { allOf } from '../../read/pages.ts';
import { selectedKeys } from '../../read/selected-keys.ts';
import { ifAllowed } from './if-allowed.ts';

/** What says the type of a Workload where no chain selects by a label. */
const USUAL_KEYS = ['carto.run/type', 'apps.tanzu.vmware.com/workload-type'];

/** Keys of labels by which the chains that are there choose Workloads, and the usual ones; who may not read chains gets those. */
export async function typeLabelKeys({ client, signal }: Session): Promise<readonly string[]> {
  const chains = await ifAllowed(allOf(client, carto.kinds.ClusterSupplyChain, { signal }));
  const keys = chains.kind === 'found' ? selectedKeys(chains.value) : [];
  return [...new Set([...keys, ...USUAL_KEYS])];
}

/** The type of an owner: the values of those labels that it has; '' without any. */
export function typeOf({ metadata }: KubeObject, keys: readonly string[]): string {
  const values = keys.flatMap((key) =>
    Object.hasOwn(metadata.labels ?? {}, key) ? [metadata.labels?.[key] ?? ''] : [],
  );
  return values.join(',');
}
