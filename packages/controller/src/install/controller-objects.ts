import type { JsonObject, KubeObject } from '@cartographer/machinery';
import type { InstallValues } from './install-values.ts';
import { COMPONENT_LABELS, INSTALL_NAMES } from './names.ts';
import { WEBHOOK_PORT } from './webhook-objects.ts';

/** The port of metrics and probes. */
const METRICS_PORT = 9998;
/** The user that the image is made for. */
const NON_ROOT = 65_532;
/** Finishing writes, sending events and giving the lease back take 10 s each at most. */
const STOP_SECONDS = 40;
/** Where API servers listen, by distribution: a policy cannot name the API server itself. */
const API_SERVER_PORTS = [443, 6443, 8443, 16_443] as const;

const app = { app: INSTALL_NAMES.controller } as const;

/** The namespace, at the strictest Pod Security level. */
export function systemNamespace(name: string): KubeObject {
  const levels = ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...COMPONENT_LABELS, ...Object.fromEntries(levels) } },
  };
}

/** Two replicas: one leads, the other stands by with its caches filled. */
export function controllerDeployment({ namespace, image, version, replicas }: InstallValues): KubeObject {
  const labels = { ...app, ...COMPONENT_LABELS, 'app.kubernetes.io/version': version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: INSTALL_NAMES.controller, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: app },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: INSTALL_NAMES.controller,
          terminationGracePeriodSeconds: STOP_SECONDS,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: NON_ROOT,
            runAsGroup: NON_ROOT,
            fsGroup: NON_ROOT,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map(spread),
          containers: [container(image)],
        },
      },
    },
  };
}

function spread(topologyKey: string): JsonObject {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: app } };
}

/** No processor limit: throttling would stall the renewal of the lease. */
function container(image: string): JsonObject {
  return {
    name: 'controller',
    image,
    args: [
      'controller',
      '--leader-elect',
      `--metrics-address=0.0.0.0:${METRICS_PORT}`,
      `--webhooks-address=0.0.0.0:${WEBHOOK_PORT}`,
    ],
    env: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size-percentage=75' }],
    ports: [
      { name: 'metrics', containerPort: METRICS_PORT, protocol: 'TCP' },
      { name: 'webhooks', containerPort: WEBHOOK_PORT, protocol: 'TCP' },
    ],
    livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 }),
    startupProbe: probe('/healthz', { periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 60 }),
    resources: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

function probe(path: string, times: JsonObject): JsonObject {
  return { httpGet: { path, port: 'metrics' }, ...times };
}

/** Metrics for Prometheus, by annotation or by the ServiceMonitor of `deploy/components/service-monitor`. */
export function metricsService(namespace: string): KubeObject {
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(METRICS_PORT) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: INSTALL_NAMES.metricsService, namespace, labels: { ...app, ...COMPONENT_LABELS }, annotations },
    spec: {
      selector: app,
      ports: [{ name: 'metrics', port: METRICS_PORT, protocol: 'TCP', targetPort: 'metrics' }],
    },
  };
}

/** Keeps one replica when nodes are drained. */
export function disruptionBudget(namespace: string): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: INSTALL_NAMES.controller, namespace, labels: COMPONENT_LABELS },
    spec: { minAvailable: 1, selector: { matchLabels: app } },
  };
}

/** In: webhooks and metrics. Out: the API server and the name service, and nothing else. */
export function networkPolicy(namespace: string): KubeObject {
  const tcp = (port: number | string): JsonObject => ({ port, protocol: 'TCP' });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: INSTALL_NAMES.controller, namespace, labels: COMPONENT_LABELS },
    spec: {
      podSelector: { matchLabels: app },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [tcp('webhooks')] }, { from: [{ namespaceSelector: {} }], ports: [tcp('metrics')] }],
      egress: [{ ports: API_SERVER_PORTS.map(tcp) }, { ports: [{ port: 53, protocol: 'UDP' }, tcp(53)] }],
    },
  };
}
