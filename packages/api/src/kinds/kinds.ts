import type { KubeObject } from '@cartographer/machinery';
import { crd } from '../schema/kind.ts';
import type { ClusterDelivery } from './cluster-delivery.ts';
import { clusterDeliveryKind } from './cluster-delivery.ts';
import type { ClusterSupplyChain } from './cluster-supply-chain.ts';
import { clusterSupplyChainKind } from './cluster-supply-chain.ts';
import type { Deliverable } from './deliverable.ts';
import { deliverableKind } from './deliverable.ts';
import { runnableKind } from './runnable.ts';
import type {
  ClusterConfigTemplate,
  ClusterDeploymentTemplate,
  ClusterImageTemplate,
  ClusterSourceTemplate,
  ClusterTemplate,
} from './templates.ts';
import {
  clusterConfigTemplateKind,
  clusterDeploymentTemplateKind,
  clusterImageTemplateKind,
  clusterRunTemplateKind,
  clusterSourceTemplateKind,
  clusterTemplateKind,
} from './templates.ts';
import type { Workload } from './workload.ts';
import { workloadKind } from './workload.ts';

/** Everything of the group carto.run; a kind is also a `ResourceType`. */
export const carto = {
  kinds: {
    Workload: workloadKind,
    Deliverable: deliverableKind,
    Runnable: runnableKind,
    ClusterSupplyChain: clusterSupplyChainKind,
    ClusterDelivery: clusterDeliveryKind,
    ClusterSourceTemplate: clusterSourceTemplateKind,
    ClusterImageTemplate: clusterImageTemplateKind,
    ClusterConfigTemplate: clusterConfigTemplateKind,
    ClusterDeploymentTemplate: clusterDeploymentTemplateKind,
    ClusterTemplate: clusterTemplateKind,
    ClusterRunTemplate: clusterRunTemplateKind,
  },
} as const;

/** The name of a kind of ours. */
export type KindName = keyof typeof carto.kinds;
/** An object that asks for work: it is matched with a blueprint. */
export type Owner = Workload | Deliverable;
/** What tells owners their way. */
export type Blueprint = ClusterSupplyChain | ClusterDelivery;
/** A template that a blueprint may refer to. */
export type Template =
  | ClusterSourceTemplate
  | ClusterImageTemplate
  | ClusterConfigTemplate
  | ClusterDeploymentTemplate
  | ClusterTemplate;

/** The CustomResourceDefinitions of all our kinds. */
export function crds(): KubeObject[] {
  return Object.values(carto.kinds).map((kind) => crd(kind));
}
