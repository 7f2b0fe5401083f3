/** Labels and annotations that Cartographer writes or reads. */
export const LABELS = {
  workloadName: 'carto.run/workload-name',
  workloadNamespace: 'carto.run/workload-namespace',
  supplyChainName: 'carto.run/supply-chain-name',
  deliverableName: 'carto.run/deliverable-name',
  deliverableNamespace: 'carto.run/deliverable-namespace',
  deliveryName: 'carto.run/delivery-name',
  resourceName: 'carto.run/resource-name',
  templateKind: 'carto.run/template-kind',
  clusterTemplateName: 'carto.run/cluster-template-name',
  templateLifecycle: 'carto.run/template-lifecycle',
  runnableName: 'carto.run/runnable-name',
  runTemplateName: 'carto.run/run-template-name',
} as const;

/** A label on a stamped object. */
export type LabelName = (typeof LABELS)[keyof typeof LABELS];

/** On a stamped object: SHA-256 of what the template rendered. Says whether an apply is needed, after a restart too. */
export const STAMP_DIGEST_ANNOTATION = 'carto.run/stamp-digest';

/** On a stamped object: what it was made from, as JSON. No part of the digest, and never a reason to write. */
export const MADE_FROM_ANNOTATION = 'carto.run/made-from';

/**
 * On a CustomResourceDefinition, with the value {@link READ_CURRENT}, or on a template, with that or
 * {@link READ_HEALTHY}: when what an object says counts.
 */
export const READ_ANNOTATION = 'carto.run/read';

/** Only for the generation that its controller has observed, as long as it is as the template has it. */
export const READ_CURRENT = 'current';

/** As {@link READ_CURRENT}, and only while the template's health rule holds. */
export const READ_HEALTHY = 'healthy';

/** On an owner: asks to run the same inputs again. Any nonce for all resources, or `resource=nonce` for one. */
export const RERUN_ANNOTATION = 'carto.run/rerun';

/** On an owner: why {@link RERUN_ANNOTATION} asks, for people. */
export const RERUN_REASON_ANNOTATION = 'carto.run/rerun-reason';

/** The field manager of everything that Cartographer applies. */
export const FIELD_MANAGER = 'cartographer';
