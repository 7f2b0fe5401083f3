/** What applies conventions in the Helm chart: there when `conventions.enabled` says so. */
import {
  CONVENTIONS_REPLICAS,
  conventionsCrds,
  conventionsFiles,
  conventionsRoles,
  intentSecretsRights,
} from '@cartographer/conventions';
import { HELM, standbyChartFiles } from './helm-places.ts';

/** Name and text of each template. */
export function conventionsChartFiles(version: string): ReadonlyMap<string, string> {
  const { namespace, image, conventionsReplicas: replicas, conventionsFlag } = HELM;
  return standbyChartFiles({
    part: 'conventions',
    definitions: conventionsCrds(),
    roles: conventionsRoles(),
    rights: {
      file: 'pull-secrets',
      value: 'pullSecretsIn',
      objects: intentSecretsRights(namespace, [HELM.eachNamespace]),
    },
    files: conventionsFiles({ namespace, image, version, replicas, flags: [conventionsFlag] }),
  });
}

/** Its part of `values.yaml`. */
export const CONVENTIONS_VALUES = `# Applies what operators know about pods to every workload: docs/conventions.md.
conventions:
  enabled: false
  # Namespaces whose pull secrets it may read.
  pullSecretsIn: []
  # Further flags, such as --moved-tags=10m: carto conventions --help.
  flags: []
  replicas: ${CONVENTIONS_REPLICAS}
  resources:
    requests:
      cpu: 100m
      memory: 128Mi
    limits:
      memory: 512Mi
`;
