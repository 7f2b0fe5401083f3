import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { METRICS_PORT, processDeployment, processDisruptionBudget, processMetricsService } from '@cartographer/runtime';
import type { InstallValues } from './install-values.ts';
import { COMPONENT_LABELS, INSTALL_NAMES } from './names.ts';
import { WEBHOOK_PORT } from './webhook-objects.ts';

/** Finishing writes, sending events and giving the lease back take 10 s each at most. */
const STOP_SECONDS = 40;
/** Where API servers listen, by distribution: a policy cannot name the API server itself. */
const API_SERVER_PORTS = [443, 6443, 8443, 16_443] as const;

/** The namespace, at the strictest Pod Security level. */
export function systemNamespace(name: string): KubeObject {
  const levels = ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...COMPONENT_LABELS, ...Object.fromEntries(levels) } },
  };
}

const app = { app: INSTALL_NAMES.controller } as const;

/** Two replicas: one leads, the other stands by with its caches filled. */
export function controllerDeployment({ namespace, image, version, replicas }: InstallValues): KubeObject {
  return processDeployment({
    name: INSTALL_NAMES.controller,
    namespace,
    labels: { ...COMPONENT_LABELS, 'app.kubernetes.io/version': version },
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    stopSeconds: STOP_SECONDS,
    container: 'controller',
    image,
    args: [
      'controller',
      '--leader-elect',
      `--metrics-address=0.0.0.0:${METRICS_PORT}`,
      `--webhooks-address=0.0.0.0:${WEBHOOK_PORT}`,
    ],
    ports: { webhooks: WEBHOOK_PORT },
    resources: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  });
}

/** Metrics for Prometheus. */
export function metricsService(namespace: string): KubeObject {
  return processMetricsService(
    { name: INSTALL_NAMES.controller, namespace, labels: COMPONENT_LABELS },
    INSTALL_NAMES.metricsService,
  );
}

/** Keeps one replica when nodes are drained. */
export function disruptionBudget(namespace: string): KubeObject {
  return processDisruptionBudget({ name: INSTALL_NAMES.controller, namespace, labels: COMPONENT_LABELS });
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
