/** The names of what the scanner consists of in a cluster. */
export const SCANNER_NAMES = {
  /** Of its Deployment, service account, roles, volume and network policy. */
  scanner: 'cartographer-scanner',
  /** What replicas are elected by. */
  lease: 'cartographer-scanner',
  /** Answers questions about the store; its certificate, and the authority of that for those who ask. */
  questionsService: 'cartographer-scanner',
  questionsSecret: 'cartographer-scanner-tls',
  questionsAuthority: 'cartographer-scanner-ca',
  metricsService: 'cartographer-scanner-metrics',
  /** The role that a namespace gives the scanner where it shall read pull secrets. */
  pullSecrets: 'cartographer-pull-secrets',
  /** What it may read of the API server's own addresses. */
  apiServer: 'cartographer-scanner-api-server',
} as const;

/** Labels of all of it. */
export const SCANNER_LABELS = {
  'app.kubernetes.io/name': 'cartographer',
  'app.kubernetes.io/component': 'scanner',
} as const;
