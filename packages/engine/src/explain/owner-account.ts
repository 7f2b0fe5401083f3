import type { KubeObject } from '@cartographer/machinery';
import { getPath } from '@cartographer/machinery';
import type { PathGraph } from '../graph/path.ts';
import type { Explained } from './explained.ts';

/** Which owner an account is of. */
export function ownerAccount({ kind, metadata, status }: KubeObject): Explained['owner'] {
  const observed = getPath(status, 'observedGeneration');
  return {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    generation: metadata.generation,
    observedGeneration: typeof observed === 'number' ? observed : undefined,
  };
}

/** The step by which the owner is as it is. */
export function stepOfOwner({ state, reason, message, nodes }: PathGraph): string | undefined {
  if (state === 'ready') return undefined;
  const isIt = (node: PathGraph['nodes'][number]): boolean =>
    node.waitsFor === undefined && node.state === state && node.reason === reason && node.message === message;
  return nodes.find(isIt)?.step;
}
