/** The names of what runs builds on Jenkins in a cluster. */
export const JENKINS_NAMES = {
  /** Of its Deployment, service account, roles and network policy. */
  jenkins: 'cartographer-jenkins',
  /** What replicas are elected by. */
  lease: 'cartographer-jenkins',
  metricsService: 'cartographer-jenkins-metrics',
  /** The role that a namespace gives it where it shall read the Secrets of servers. */
  secrets: 'cartographer-jenkins-secrets',
  /** What it may read of the API server's own addresses. */
  apiServer: 'cartographer-jenkins-api-server',
} as const;

/** Labels of all of it. */
export const JENKINS_LABELS = {
  'app.kubernetes.io/name': 'cartographer',
  'app.kubernetes.io/component': 'jenkins',
} as const;
