import type { KubeObject } from '@cartographer/machinery';
import type { ClusterDelivery } from '../kinds/cluster-delivery.ts';
import type { ClusterSupplyChain } from '../kinds/cluster-supply-chain.ts';
import type { KindName, Template } from '../kinds/kinds.ts';
import type { ClusterRunTemplate } from '../kinds/templates.ts';
import { API_VERSION } from '../schema/kind.ts';
import { deliveryErrors, supplyChainErrors } from './validate-blueprint.ts';
import { runTemplateErrors, templateErrors } from './validate-template.ts';

/** How many errors of one object are reported. */
const MAX_ERRORS = 100;

type Rules = (object: KubeObject) => Generator<string>;

const template: Rules = (object) => templateErrors(object as Template);

/** The rules of each kind that has any beyond its schema. */
const RULES = {
  ClusterSupplyChain: (object) => supplyChainErrors(object as ClusterSupplyChain),
  ClusterDelivery: (object) => deliveryErrors(object as ClusterDelivery),
  ClusterSourceTemplate: template,
  ClusterImageTemplate: template,
  ClusterConfigTemplate: template,
  ClusterDeploymentTemplate: template,
  ClusterTemplate: template,
  ClusterRunTemplate: (object) => runTemplateErrors(object as ClusterRunTemplate),
} satisfies Partial<Record<KindName, Rules>>;

/** The kinds that have rules beyond their schema, which {@link validate} checks. */
export const validatedKinds = Object.keys(RULES) as readonly (keyof typeof RULES)[];

/**
 * What is wrong with an object beyond its schema, in the words of the webhooks; empty when all is well. Admission
 * refuses with the first text; all of them are for people who want to mend everything at once. The object must have
 * passed the schema of its kind, as it has when an API server asks. Creation and update have the same rules.
 */
export function validate(object: KubeObject): readonly string[] {
  if (object.apiVersion !== API_VERSION || !Object.hasOwn(RULES, object.kind)) return [];
  return RULES[object.kind as keyof typeof RULES](object).take(MAX_ERRORS).toArray();
}
