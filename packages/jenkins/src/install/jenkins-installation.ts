import type { KubeObject } from '@cartographer/machinery';
import {
  METRICS_PORT,
  processDeployment,
  processDisruptionBudget,
  processMetricsService,
  processNetworkPolicy,
} from '@cartographer/runtime';
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
    ['network-policy', [processNetworkPolicy(part(namespace))]],
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
