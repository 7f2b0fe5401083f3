import type { ObjectOfKind } from '../schema/kind.ts';
import { defineKind, readyColumns, sourceColumn } from '../schema/kind.ts';
import { deliverableStatus } from '../schema/owner-status.ts';
import { ownerParam } from '../schema/params.ts';
import type { Infer } from '../schema/schema.ts';
import { described, list, object } from '../schema/schema.ts';
import { source } from '../schema/source.ts';
import { serviceAccountName } from './workload.ts';

const deliverableSpec = object('What is to be delivered.', {
  params: list('Values for params of the delivery and its templates.', ownerParam),
  source: described('Where the configuration to deploy is.', source),
  serviceAccountName,
});
/** `spec` of a Deliverable. */
export type DeliverableSpec = Infer<typeof deliverableSpec>;
/** `status` of a Deliverable. */
export type DeliverableStatus = Infer<typeof deliverableStatus>;

/** The kind Deliverable. */
export const deliverableKind = defineKind({
  kind: 'Deliverable',
  plural: 'deliverables',
  shortName: 'dlv',
  namespaced: true,
  inAll: true,
  description: 'Configuration that a delivery brings to a cluster.',
  columns: [sourceColumn, { name: 'Delivery', type: 'string', jsonPath: '.status.deliveryRef.name' }, ...readyColumns],
  spec: deliverableSpec,
  status: deliverableStatus,
});
/** Configuration that a delivery brings to a cluster. */
export type Deliverable = ObjectOfKind<typeof deliverableKind>;
