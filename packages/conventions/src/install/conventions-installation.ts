import type { KubeObject } from '@cartographer/machinery';
import {
  METRICS_PORT,
  processDeployment,
  processDisruptionBudget,
  processMetricsService,
  processNetworkPolicy,
} from '@cartographer/runtime';
import { conventionsCrds } from '../kinds/kinds.ts';
import { conventionsRoles } from '../kinds/roles.ts';
import { conventionsRights } from './conventions-rights.ts';
import { CONVENTIONS_LABELS, CONVENTIONS_NAMES } from './names.ts';

/** What may differ between installations. */
export type ConventionsValues = {
  readonly namespace: string;
  readonly image: string;
  readonly version: string;
  readonly replicas: number;
  /** Further flags of `carto conventions`. */
  readonly flags: readonly string[];
};

/** How many replicas there are unless an operator says otherwise: one leads, the other stands by. */
export const CONVENTIONS_REPLICAS = 2;
/** Calls in flight end, and the lease is given back: 10 s each at most. */
const STOP_SECONDS = 30;

const part = (namespace: string) => ({ name: CONVENTIONS_NAMES.conventions, namespace, labels: CONVENTIONS_LABELS });

/** Everything that applies conventions in a cluster, by the file that it stands in, in the order in which it is applied. */
export function conventionsFiles(values: ConventionsValues): ReadonlyMap<string, readonly KubeObject[]> {
  const { namespace } = values;
  return new Map<string, readonly KubeObject[]>([
    ['rbac', conventionsRights(namespace)],
    ['services', [processMetricsService(part(namespace), CONVENTIONS_NAMES.metricsService)]],
    ['network-policy', [processNetworkPolicy(part(namespace))]],
    ['disruption-budget', [processDisruptionBudget(part(namespace))]],
    ['deployment', [deployment(values)]],
  ]);
}

/** The kinds, the roles of those who use them, and what applies conventions, in the order in which they are applied. */
export function conventionsInstallation(values: ConventionsValues): readonly KubeObject[] {
  return [...conventionsCrds(), ...conventionsRoles(), ...[...conventionsFiles(values).values()].flat()];
}

function deployment({ namespace, image, version, replicas, flags }: ConventionsValues): KubeObject {
  return processDeployment({
    ...part(namespace),
    labels: { ...CONVENTIONS_LABELS, 'app.kubernetes.io/version': version },
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    stopSeconds: STOP_SECONDS,
    container: 'conventions',
    image,
    args: ['conventions', '--leader-elect', `--metrics-address=0.0.0.0:${METRICS_PORT}`, ...flags],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  });
}
