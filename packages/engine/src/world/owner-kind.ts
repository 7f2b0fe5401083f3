import { LABELS } from '@cartographer/api';

/**
 * What tells a Workload with its supply chains from a Deliverable with its deliveries. The plan reads this data and
 * never asks which of the two it has.
 */
export type OwnerKind = {
  readonly kind: 'Workload' | 'Deliverable';
  readonly blueprintKind: 'ClusterSupplyChain' | 'ClusterDelivery';
  /** Where the owner's status names its blueprint. */
  readonly blueprintRef: 'supplyChainRef' | 'deliveryRef';
  /** Type of the owner's first condition. */
  readonly blueprintReady: 'SupplyChainReady' | 'DeliveryReady';
  readonly labelsMissing: { readonly reason: string; readonly message: string };
  readonly notFound: { readonly reason: string; readonly message: string };
  readonly multipleMatches: { readonly reason: string; readonly message: string };
  readonly labels: { readonly name: string; readonly namespace: string; readonly blueprint: string };
  /** How a resource whose output cannot be read is judged: a Deliverable looks at why, a Workload does not. */
  readonly outputFailures: 'missingValue' | 'byCause';
};

/** Workloads, which supply chains select. */
export const workloadOwner: OwnerKind = {
  kind: 'Workload',
  blueprintKind: 'ClusterSupplyChain',
  blueprintRef: 'supplyChainRef',
  blueprintReady: 'SupplyChainReady',
  labelsMissing: { reason: 'WorkloadLabelsMissing', message: 'workload has no labels to match to supply chain' },
  notFound: {
    reason: 'SupplyChainNotFound',
    message: 'no supply chain found where full selector is satisfied by labels: ',
  },
  multipleMatches: {
    reason: 'MultipleSupplyChainMatches',
    message: "workload may only match a single supply chain's selector",
  },
  labels: {
    name: LABELS.workloadName,
    namespace: LABELS.workloadNamespace,
    blueprint: LABELS.supplyChainName,
  },
  outputFailures: 'missingValue',
};

/** Deliverables, which deliveries select. */
export const deliverableOwner: OwnerKind = {
  kind: 'Deliverable',
  blueprintKind: 'ClusterDelivery',
  blueprintRef: 'deliveryRef',
  blueprintReady: 'DeliveryReady',
  labelsMissing: { reason: 'DeliverableLabelsMissing', message: 'deliverable has no labels to match to delivery' },
  notFound: { reason: 'DeliveryNotFound', message: 'no delivery found where full selector is satisfied by labels: ' },
  multipleMatches: {
    reason: 'MultipleDeliveryMatches',
    message: "deliverable may only match a single delivery's selector",
  },
  labels: {
    name: LABELS.deliverableName,
    namespace: LABELS.deliverableNamespace,
    blueprint: LABELS.deliveryName,
  },
  outputFailures: 'byCause',
};
