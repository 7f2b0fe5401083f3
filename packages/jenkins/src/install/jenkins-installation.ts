import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { METRICS_PORT, processDeployment, processDisruptionBudget, processMetricsService } from '@cartographer/runtime';
import { jenkinsCrds } from '../kinds/kinds.ts';
import { jenkinsRoles } from '../kinds/roles.ts';
import { jenkinsRights } from './jenkins-rights.ts';
import { JENKINS_LABELS, JENKINS_NAMES } from './names.ts';

/** What may differ between installations. */
export type JenkinsValues = {
  readonly namespace: string;
  readonly image: string;
  readonly version: string;
  readonly replicas: number;
  /** Further flags of `carto jenkins`. */
  readonly flags: readonly string[];
};

/** How many replicas there are unless an operator says otherwise: one leads, the other stands by. */
export const JENKINS_REPLICAS = 2;
/** Builds in work are let go, and the lease is given back: 10 s each at most. */
const STOP_SECONDS = 30;

const part = (namespace: string) => ({ name: JENKINS_NAMES.jenkins, namespace, labels: JENKINS_LABELS });

/** Everything that runs builds on Jenkins in a cluster, by the file that it stands in, in the order in which it is applied. */
export function jenkinsFiles(values: JenkinsValues): ReadonlyMap<string, readonly KubeObject[]> {
  const { namespace } = values;
  return new Map<string, readonly KubeObject[]>([
    ['rbac', jenkinsRights(namespace)],
    ['services', [processMetricsService(part(namespace), JENKINS_NAMES.metricsService)]],
    ['network-policy', [networkPolicy(namespace)]],
    ['disruption-budget', [processDisruptionBudget(part(namespace))]],
    ['deployment', [deployment(values)]],
  ]);
}

/** The kinds, the roles of those who use them, and what runs builds, in the order in which they are applied. */
export function jenkinsInstallation(values: JenkinsValues): readonly KubeObject[] {
  return [...jenkinsCrds(), ...jenkinsRoles(), ...[...jenkinsFiles(values).values()].flat()];
}

function deployment({ namespace, image, version, replicas, flags }: JenkinsValues): KubeObject {
  return processDeployment({
    ...part(namespace),
    labels: { ...JENKINS_LABELS, 'app.kubernetes.io/version': version },
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    stopSeconds: STOP_SECONDS,
    container: 'jenkins',
    image,
    args: ['jenkins', '--leader-elect', `--metrics-address=0.0.0.0:${METRICS_PORT}`, ...flags],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  });
}

/**
 * In: metrics. Out: a Jenkins can be anywhere and at any port, so all but link-local addresses, where clouds keep metadata;
 * which of them are asked is its own to refuse.
 */
function networkPolicy(namespace: string): KubeObject {
  const tcp = (port: number | string): JsonObject => ({ port, protocol: 'TCP' });
  const anywhere: JsonObject[] = [
    { namespaceSelector: {} },
    { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
    { ipBlock: { cidr: '::/0', except: ['fe80::/10'] } },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: JENKINS_NAMES.jenkins, namespace, labels: JENKINS_LABELS },
    spec: {
      podSelector: { matchLabels: { app: JENKINS_NAMES.jenkins } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [tcp('metrics')] }],
      egress: [{ to: anywhere }, { ports: [{ port: 53, protocol: 'UDP' }, tcp(53)] }],
    },
  };
}
