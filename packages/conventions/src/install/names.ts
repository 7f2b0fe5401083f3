/** The names of what applies conventions in a cluster. */
export const CONVENTIONS_NAMES = {
  /** Of its Deployment, service account, roles and network policy. */
  conventions: 'cartographer-conventions',
  /** What replicas are elected by. */
  lease: 'cartographer-conventions',
  metricsService: 'cartographer-conventions-metrics',
  /** The role that a namespace gives it where it shall read pull secrets. */
  pullSecrets: 'cartographer-conventions-pull-secrets',
  /** What it may read of the API server's own addresses. */
  apiServer: 'cartographer-conventions-api-server',
} as const;

/** Labels of all of it. */
export const CONVENTIONS_LABELS = {
  'app.kubernetes.io/name': 'cartographer',
  'app.kubernetes.io/component': 'conventions',
} as const;
