import { carto } from '@cartographer/api';
import { deliverableOwner, type OwnerKind, workloadOwner } from '@cartographer/engine';
import { getIfThere } from '@cartographer/kube';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';

/** Owners by the kind of their blueprint. */
export const OWNER_OF: Readonly<Record<string, OwnerKind>> = {
  ClusterSupplyChain: workloadOwner,
  ClusterDelivery: deliverableOwner,
};

/** The kinds of blueprints. */
export const CHAIN_KINDS = [carto.kinds.ClusterSupplyChain, carto.kinds.ClusterDelivery] as const;
type ChainKind = (typeof CHAIN_KINDS)[number];

const PREFIXES: Readonly<Record<string, ChainKind>> = {
  'supply-chain': carto.kinds.ClusterSupplyChain,
  clustersupplychain: carto.kinds.ClusterSupplyChain,
  csc: carto.kinds.ClusterSupplyChain,
  delivery: carto.kinds.ClusterDelivery,
  clusterdelivery: carto.kinds.ClusterDelivery,
  cd: carto.kinds.ClusterDelivery,
};

/**
 * The supply chain or the delivery of a name; `delivery/NAME` and `supply-chain/NAME` say which is meant.
 * @throws CartoError `CARTO_NOT_FOUND`, and `CARTO_USAGE` where both have the name.
 */
export async function findChain({ client, signal, target }: Session, text: string): Promise<KubeObject> {
  const slash = text.indexOf('/');
  const prefix = text.slice(0, Math.max(0, slash)).toLowerCase();
  const name = text.slice(slash + 1);
  if (slash >= 0 && !Object.hasOwn(PREFIXES, prefix)) {
    throw new CartoError('CARTO_USAGE', `"${text}": give NAME, supply-chain/NAME or delivery/NAME`);
  }
  if (name === '') throw new CartoError('CARTO_USAGE', 'give the name of a supply chain or a delivery');
  const kind = PREFIXES[prefix];
  const found = await Promise.all(
    (kind === undefined ? CHAIN_KINDS : [kind]).map(async (type) => {
      const object = await getIfThere(client, type, { name }, { signal });
      return object === undefined ? [] : [{ ...object, kind: type.kind }];
    }),
  );
  const [only, other] = found.flat();
  if (only === undefined) {
    const what = kind === undefined ? 'supply chain and no delivery' : kind.kind;
    throw new CartoError('CARTO_NOT_FOUND', `there is no ${what} "${name}" (${target.text}): see carto chain list`);
  }
  if (other === undefined) return only;
  throw new CartoError('CARTO_USAGE', `both have the name "${name}": say supply-chain/${name} or delivery/${name}`);
}
