import { carto } from '@cartographer/api';
import { deliverableOwner, explainSelection, workloadOwner } from '@cartographer/engine';
import { isForbidden } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { allOf } from './pages.ts';

const OWNERS = { Workload: workloadOwner, Deliverable: deliverableOwner } as const;
const WORDS = { Workload: 'supply chain', Deliverable: 'delivery' } as const;

/**
 * Why nothing would come of an owner as it is: no blueprint would serve it, or more than one. Undefined where one does, and for
 * who may not list blueprints.
 */
export async function unservedNote(
  { client, signal }: Session,
  kind: keyof typeof OWNERS,
  owner: KubeObject,
): Promise<string | undefined> {
  const type = carto.kinds[OWNERS[kind].blueprintKind];
  const blueprints = await allOf(client, type, { signal }).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    throw error;
  });
  if (blueprints === undefined) return undefined;
  const { outcome } = explainSelection(OWNERS[kind], owner, blueprints);
  if (outcome === 'chosen') return undefined;
  const why = outcome === 'several' ? `more than one ${WORDS[kind]} fits it` : `no ${WORDS[kind]} fits it yet`;
  const prefix = kind === 'Workload' ? '' : 'deliverable/';
  return `${why}: "carto match ${prefix}${owner.metadata.name ?? ''}" says more`;
}
