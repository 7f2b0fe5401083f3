import type { SimulatedCluster } from '../../testing/simulated-cluster.ts';
import { deliverableOwner, workloadOwner } from '../../world/owner-kind.ts';
import { explain } from '../explain.ts';
import type { ExplainAids, Explained } from '../explained.ts';

/** The account of the owner `shop` of a simulated cluster, which answers all that is asked. */
export function accountOf(cluster: SimulatedCluster, kind = 'Workload', aids: ExplainAids = {}): Explained {
  const owner = cluster.get(kind, 'shop');
  const { cluster: answers } = cluster.begin();
  const common = { owner, cluster: answers, now: cluster.now };
  const of = kind === 'Deliverable' ? deliverableOwner : workloadOwner;
  const found =
    kind === 'Runnable'
      ? explain(common, aids)
      : explain({ ...common, kind: of, blueprints: cluster.all(of.blueprintKind), owned: [] }, aids);
  if (found.kind === 'needs') throw new Error(`the account still asks: ${JSON.stringify(found)}`);
  return found;
}
