import { carto, GROUP, type KindName, VERSION, validatedKinds } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { webhookPath } from '../webhooks/admission-review.ts';
import { COMPONENT_LABELS, INSTALL_NAMES } from './names.ts';

/** The port that webhooks are served at in the pod. */
export const WEBHOOK_PORT = 9443;

/** Short: an API server that waits for a webhook keeps its user waiting. */
const TIMEOUT_SECONDS = 5;

/** The names that the first implementation gave its webhooks, so that an upgrade replaces each. */
const VALIDATOR_NAMES: Readonly<Record<(typeof validatedKinds)[number], string>> = {
  ClusterSupplyChain: 'supply-chain',
  ClusterDelivery: 'delivery',
  ClusterSourceTemplate: 'source-template',
  ClusterImageTemplate: 'image-template',
  ClusterConfigTemplate: 'config-template',
  ClusterDeploymentTemplate: 'deployment-template',
  ClusterTemplate: 'template',
  ClusterRunTemplate: 'run-template',
};

/** The Service that the API server calls. */
export function webhookService(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: INSTALL_NAMES.webhookService, namespace, labels: COMPONENT_LABELS },
    spec: {
      selector: { app: INSTALL_NAMES.controller },
      ports: [{ name: 'webhooks', port: 443, protocol: 'TCP', targetPort: 'webhooks' }],
    },
  };
}

/**
 * Which objects the API server asks about: only ours, and of those only the kinds that have rules beyond their schema.
 * `Ignore`, so that a webhook that does not answer never stands in the way of anybody; what slips through is said by
 * the controller in the conditions of those who use it.
 */
export function webhookConfiguration(namespace: string): KubeObject {
  const kinds = [...validatedKinds].toSorted();
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: INSTALL_NAMES.webhookConfiguration, labels: COMPONENT_LABELS },
    webhooks: kinds.map((kind) => ({
      name: `${VALIDATOR_NAMES[kind]}-validator.cartographer.com`,
      admissionReviewVersions: ['v1'],
      clientConfig: { service: { name: INSTALL_NAMES.webhookService, namespace, path: webhookPath(kind), port: 443 } },
      failurePolicy: 'Ignore',
      matchPolicy: 'Equivalent',
      rules: [rule(kind)],
      sideEffects: 'None',
      timeoutSeconds: TIMEOUT_SECONDS,
    })),
  };
}

function rule(kind: KindName): JsonObject {
  const { resource } = carto.kinds[kind];
  return {
    apiGroups: [GROUP],
    apiVersions: [VERSION],
    operations: ['CREATE', 'UPDATE'],
    resources: [resource],
    scope: 'Cluster',
  };
}
