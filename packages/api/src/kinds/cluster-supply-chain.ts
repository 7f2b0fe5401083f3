import type { ObjectOfKind } from '../schema/kind.ts';
import { defineKind, readyColumns } from '../schema/kind.ts';
import { blueprintStatus } from '../schema/owner-status.ts';
import type { Infer } from '../schema/schema.ts';
import { list, object, required } from '../schema/schema.ts';
import { blueprintFields, resourceFields, resourceReference, templateReference } from './blueprint.ts';
import { TEMPLATE_KINDS } from './template-kinds.ts';

const supplyChainResource = object('One resource: a template and what goes into it.', {
  ...resourceFields,
  images: list('Inputs of kind image.', resourceReference),
  templateRef: required(templateReference(TEMPLATE_KINDS.ClusterSupplyChain)),
});
/** A resource of a ClusterSupplyChain. */
export type SupplyChainResource = Infer<typeof supplyChainResource>;

const supplyChainSpec = object('Which workloads this supply chain is for, and what it does.', {
  ...blueprintFields,
  resources: required(list('The resources, in the order in which they are worked on.', supplyChainResource)),
});
/** `spec` of a ClusterSupplyChain. */
export type ClusterSupplyChainSpec = Infer<typeof supplyChainSpec>;
/** `status` of a blueprint. */
export type BlueprintStatus = Infer<typeof blueprintStatus>;

/** The kind ClusterSupplyChain. */
export const clusterSupplyChainKind = defineKind({
  kind: 'ClusterSupplyChain',
  plural: 'clustersupplychains',
  shortName: 'csc',
  namespaced: false,
  description: 'The way of a Workload from source to running application, as a graph of templates.',
  columns: readyColumns,
  spec: supplyChainSpec,
  status: blueprintStatus,
});
/** The way of a Workload from source to running application, as a graph of templates. */
export type ClusterSupplyChain = ObjectOfKind<typeof clusterSupplyChainKind>;
