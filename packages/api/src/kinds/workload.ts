import { envVar, resourceRequirements } from '../schema/env-var.ts';
import type { ObjectOfKind } from '../schema/kind.ts';
import { defineKind, readyColumns, sourceColumn } from '../schema/kind.ts';
import { workloadStatus } from '../schema/owner-status.ts';
import { ownerParam } from '../schema/params.ts';
import type { Infer } from '../schema/schema.ts';
import { described, list, object, required, string } from '../schema/schema.ts';
import { source } from '../schema/source.ts';

/** The field `spec.serviceAccountName` of an owner. */
export const serviceAccountName = string(
  "Service account, in this object's namespace, that stamps the objects. Without it the blueprint's counts, then `default`.",
);

const serviceClaim = object('A service that the application needs.', {
  name: required(string('Name of the claim.')),
  ref: object('The object that gives the service.', {
    apiVersion: required(string('Its group and version.')),
    kind: required(string('Its kind.')),
    name: required(string('Its name.')),
  }),
});

const workloadSpec = object('What the developer wants.', {
  params: list('Values for params of the supply chain and its templates.', ownerParam),
  source: described('Where the source code is.', source),
  build: object('Settings for building.', {
    env: list('Environment of the build.', envVar),
  }),
  env: list('Environment of the running application.', envVar),
  image: string('A ready-made image to run instead of source code.'),
  resources: resourceRequirements,
  serviceAccountName,
  serviceClaims: list('Services that the application needs.', serviceClaim),
});
/** `spec` of a Workload. */
export type WorkloadSpec = Infer<typeof workloadSpec>;
/** `status` of a Workload. */
export type WorkloadStatus = Infer<typeof workloadStatus>;

/** The kind Workload. */
export const workloadKind = defineKind({
  kind: 'Workload',
  plural: 'workloads',
  shortName: 'wld',
  namespaced: true,
  inAll: true,
  description: "A developer's application: where its source is and how it wants to be built and run.",
  columns: [
    sourceColumn,
    { name: 'SupplyChain', type: 'string', jsonPath: '.status.supplyChainRef.name' },
    ...readyColumns,
  ],
  spec: workloadSpec,
  status: workloadStatus,
});
/** A developer's application, which a supply chain carries from source to running. */
export type Workload = ObjectOfKind<typeof workloadKind>;
