import type { ObjectOfKind } from '../schema/kind.ts';
import { defineKind, readyColumns } from '../schema/kind.ts';
import { blueprintStatus } from '../schema/owner-status.ts';
import type { Infer } from '../schema/schema.ts';
import { list, object, required, string } from '../schema/schema.ts';
import { blueprintFields, resourceFields, templateReference } from './blueprint.ts';
import { TEMPLATE_KINDS } from './template-kinds.ts';

const deliveryResource = object('One resource: a template and what goes into it.', {
  ...resourceFields,
  deployment: object('Input of kind deployment: needed by a ClusterDeploymentTemplate, and only there.', {
    resource: required(string('Name of the resource that gives it.')),
  }),
  templateRef: required(templateReference(TEMPLATE_KINDS.ClusterDelivery)),
});
/** A resource of a ClusterDelivery. */
export type DeliveryResource = Infer<typeof deliveryResource>;

const deliverySpec = object('Which deliverables this delivery is for, and what it does.', {
  ...blueprintFields,
  resources: required(list('The resources, in the order in which they are worked on.', deliveryResource)),
});
/** `spec` of a ClusterDelivery. */
export type ClusterDeliverySpec = Infer<typeof deliverySpec>;

/** The kind ClusterDelivery. */
export const clusterDeliveryKind = defineKind({
  kind: 'ClusterDelivery',
  plural: 'clusterdeliveries',
  shortName: 'cd',
  namespaced: false,
  description: 'The way of a Deliverable to a cluster, as a graph of templates.',
  columns: readyColumns,
  spec: deliverySpec,
  status: blueprintStatus,
});
/** The way of a Deliverable to a cluster, as a graph of templates. */
export type ClusterDelivery = ObjectOfKind<typeof clusterDeliveryKind>;
