/**
 * The names of everything that an installation consists of. They are those of Cartographer's first implementation, so
 * that installing over it replaces it; only the webhook's Secret has its own, as cert-manager may hold the other.
 */
export const INSTALL_NAMES = {
  namespace: 'cartographer-system',
  controller: 'cartographer-controller',
  clusterRole: 'cartographer-controller-admin',
  clusterRoleBinding: 'cartographer-cluster-admin',
  userAdmin: 'cartographer-user-admin',
  userView: 'cartographer-user-view',
  lease: 'cartographer-controller',
  webhookService: 'cartographer-webhook',
  webhookSecret: 'cartographer-webhook-tls',
  webhookConfiguration: 'cartographer-validating-webhook-configuration',
  metricsService: 'cartographer-controller-metrics-service',
} as const;

/** Labels of every object of an installation. */
export const COMPONENT_LABELS = {
  'app.kubernetes.io/name': 'cartographer',
  'app.kubernetes.io/component': 'cartographer',
} as const;
