import type { JsonObject, KubeObject } from '@cartographer/machinery';

/** The port of metrics and probes in every pod of ours. */
export const METRICS_PORT = 9998;
/** The user that the image is made for. */
const NON_ROOT = 65_532;

/** A part of Cartographer that is a process of its own in a cluster, from the one image. */
export type DeployedProcess = {
  /** Of the Deployment, of its service account, and the value of the label `app` that its pods are found by. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly strategy: JsonObject;
  /** How long it may take to end: seconds. */
  readonly stopSeconds: number;
  /** Name of the container. */
  readonly container: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly JsonObject[];
  /** By name, besides that of metrics. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly resources: JsonObject;
  /** Volumes with the place where each is mounted; the root of the container is read-only. */
  readonly volumes?: readonly { readonly volume: JsonObject & { readonly name: string }; readonly path: string }[];
};

/**
 * How such a process runs: at the `restricted` Pod Security level, probed at the port of metrics, spread over nodes. It has
 * no limit of processor time, which would stall the renewal of a lease.
 */
export function processDeployment(process: DeployedProcess): KubeObject {
  const { name, namespace, labels, replicas, strategy, stopSeconds, volumes = [] } = process;
  const app = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { ...app, ...labels } },
    spec: {
      replicas,
      selector: { matchLabels: app },
      strategy,
      template: {
        metadata: { labels: { ...app, ...labels } },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: stopSeconds,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: NON_ROOT,
            runAsGroup: NON_ROOT,
            fsGroup: NON_ROOT,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: app },
          })),
          containers: [container(process)],
          ...(volumes.length === 0 ? {} : { volumes: volumes.map(({ volume }) => volume) }),
        },
      },
    },
  };
}

function container({ container: name, image, args, env = [], ports = {}, resources, volumes = [] }: DeployedProcess) {
  return {
    name,
    image,
    args: [...args],
    env: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size-percentage=75' }, ...env],
    ports: Object.entries({ metrics: METRICS_PORT, ...ports }).map(([named, containerPort]) => ({
      name: named,
      containerPort,
      protocol: 'TCP',
    })),
    livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 }),
    startupProbe: probe('/healthz', { periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 60 }),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
    ...(volumes.length === 0
      ? {}
      : { volumeMounts: volumes.map(({ volume, path }) => ({ name: volume.name, mountPath: path })) }),
  };
}

function probe(path: string, times: JsonObject): JsonObject {
  return { httpGet: { path, port: 'metrics' }, ...times };
}

/** Metrics for Prometheus, by annotation or by the ServiceMonitor of `deploy/components/service-monitor`. */
export function processMetricsService(
  { name: app, namespace, labels }: Pick<DeployedProcess, 'name' | 'namespace' | 'labels'>,
  name: string,
): KubeObject {
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(METRICS_PORT) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { app, ...labels }, annotations },
    spec: {
      selector: { app },
      ports: [{ name: 'metrics', port: METRICS_PORT, protocol: 'TCP', targetPort: 'metrics' }],
    },
  };
}

/** Keeps one replica when nodes are drained. */
export function processDisruptionBudget({
  name,
  namespace,
  labels,
}: Pick<DeployedProcess, 'name' | 'namespace' | 'labels'>): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, labels },
    spec: { minAvailable: 1, selector: { matchLabels: { app: name } } },
  };
}

/**
 * In: metrics, and further ports by name. Out: what the process asks for its users can be anywhere and at any port, so all but
 * link-local addresses, where clouds keep metadata; which hosts are asked is its own to refuse.
 */
export function processNetworkPolicy(
  { name, namespace, labels }: Pick<DeployedProcess, 'name' | 'namespace' | 'labels'>,
  ports: readonly string[] = [],
): KubeObject {
  const tcp = (port: number | string): JsonObject => ({ port, protocol: 'TCP' });
  const anywhere: JsonObject[] = [
    { namespaceSelector: {} },
    { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
    { ipBlock: { cidr: '::/0', except: ['fe80::/10'] } },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels },
    spec: {
      podSelector: { matchLabels: { app: name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ namespaceSelector: {} }], ports: ['metrics', ...ports].map(tcp) }],
      egress: [{ to: anywhere }, { ports: [{ port: 53, protocol: 'UDP' }, tcp(53)] }],
    },
  };
}
