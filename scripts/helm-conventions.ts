/** What applies conventions in the Helm chart: there when `conventions.enabled` says so. */
import {
  CONVENTIONS_REPLICAS,
  conventionsCrds,
  conventionsFiles,
  conventionsRoles,
  intentSecretsRights,
} from '@cartographer/conventions';
import { type KubeObject, toYaml } from '@cartographer/machinery';
import { forEachNamespace, HELM, kept, onlyIf, templated } from './helm-places.ts';

const ENABLED = '.Values.conventions.enabled';

/** Name and text of each template. Kinds are templates, too: Helm adds none of a chart's `crds/` in an upgrade. */
export function conventionsChartFiles(version: string): ReadonlyMap<string, string> {
  const { namespace, image, conventionsReplicas: replicas, conventionsFlag } = HELM;
  const rights = intentSecretsRights(namespace, [HELM.eachNamespace]).map((object) => toYaml(object));
  const each = forEachNamespace('conventions.pullSecretsIn', templated(rights.join('---\n'), 'conventions.resources'));
  return new Map([
    ['conventions-kinds', onlyIf(ENABLED, documents(conventionsCrds().map(kept)))],
    ['conventions-roles', onlyIf(ENABLED, documents(conventionsRoles()))],
    ['conventions-pull-secrets', onlyIf(ENABLED, each)],
    ...[...conventionsFiles({ namespace, image, version, replicas, flags: [conventionsFlag] })].map(
      ([name, objects]) => [`conventions-${name}`, onlyIf(ENABLED, documents(objects))] as const,
    ),
  ]);
}

function documents(objects: readonly KubeObject[]): string {
  return templated(objects.map((object) => toYaml(object)).join('---\n'), 'conventions.resources');
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
