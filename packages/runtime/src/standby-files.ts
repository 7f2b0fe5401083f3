import type { KubeObject } from '@cartographer/machinery';
import {
  type DeployedProcess,
  METRICS_PORT,
  processDeployment,
  processDisruptionBudget,
  processMetricsService,
  processNetworkPolicy,
} from './process-deployment.ts';

/** What may differ between installations of a part. */
export type PartValues = {
  readonly namespace: string;
  readonly image: string;
  readonly version: string;
  readonly replicas: number;
  /** Further flags of its command. */
  readonly flags: readonly string[];
};

/** A part that keeps nothing: one replica leads, the others stand by. */
export type StandbyPart = Pick<DeployedProcess, 'name' | 'labels' | 'stopSeconds'> & {
  /** `carto COMMAND` runs it; its container is named so, too. */
  readonly command: string;
  /** Name of the Service of its metrics. */
  readonly metricsService: string;
  /** What its account may do. */
  readonly rights: (namespace: string) => readonly KubeObject[];
};

/** Everything of such a part in a cluster, by the file that it stands in, in the order in which it is applied. */
export function standbyFiles(
  { name, labels, stopSeconds, command, metricsService, rights }: StandbyPart,
  { namespace, image, version, replicas, flags }: PartValues,
): ReadonlyMap<string, readonly KubeObject[]> {
  const part = { name, namespace, labels };
  const deployment = processDeployment({
    ...part,
    labels: { ...labels, 'app.kubernetes.io/version': version },
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    stopSeconds,
    container: command,
    image,
    args: [command, '--leader-elect', `--metrics-address=0.0.0.0:${METRICS_PORT}`, ...flags],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  });
  return new Map<string, readonly KubeObject[]>([
    ['rbac', rights(namespace)],
    ['services', [processMetricsService(part, metricsService)]],
    ['network-policy', [processNetworkPolicy(part)]],
    ['disruption-budget', [processDisruptionBudget(part)]],
    ['deployment', [deployment]],
  ]);
}
