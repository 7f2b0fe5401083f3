import { LABELS } from '@cartographer/api';
import type { DraftOf } from './condition-list.ts';

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
  /** What the first condition says of an owner that no blueprint can be told for. */
  readonly labelsMissing:
    | DraftOf<'SupplyChainReady', 'WorkloadLabelsMissing'>
    | DraftOf<'DeliveryReady', 'DeliverableLabelsMissing'>;
  /** The message goes on with the labels. */
  readonly notFound: DraftOf<'SupplyChainReady', 'SupplyChainNotFound'> | DraftOf<'DeliveryReady', 'DeliveryNotFound'>;
  readonly multipleMatches:
    | DraftOf<'SupplyChainReady', 'MultipleSupplyChainMatches'>
    | DraftOf<'DeliveryReady', 'MultipleDeliveryMatches'>;
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
  labelsMissing: {
    type: 'SupplyChainReady',
    status: 'False',
    reason: 'WorkloadLabelsMissing',
    message: 'workload has no labels to match to supply chain',
  },
  notFound: {
    type: 'SupplyChainReady',
    status: 'False',
    reason: 'SupplyChainNotFound',
    message: 'no supply chain found where full selector is satisfied by labels: ',
  },
  multipleMatches: {
    type: 'SupplyChainReady',
    status: 'False',
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
  labelsMissing: {
    type: 'DeliveryReady',
    status: 'False',
    reason: 'DeliverableLabelsMissing',
    message: 'deliverable has no labels to match to delivery',
  },
  notFound: {
    type: 'DeliveryReady',
    status: 'False',
    reason: 'DeliveryNotFound',
    message: 'no delivery found where full selector is satisfied by labels: ',
  },
  multipleMatches: {
    type: 'DeliveryReady',
    status: 'False',
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
