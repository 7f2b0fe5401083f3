/** What runs builds on Jenkins in the Helm chart: there when `jenkins.enabled` says so. */
import { JENKINS_REPLICAS, jenkinsCrds, jenkinsFiles, jenkinsRoles, serverSecretsRights } from '@cartographer/jenkins';
import { type KubeObject, toYaml } from '@cartographer/machinery';
import { forEachNamespace, HELM, kept, onlyIf, templated } from './helm-places.ts';

const ENABLED = '.Values.jenkins.enabled';

/** Name and text of each template. Kinds are templates, too: Helm adds none of a chart's `crds/` in an upgrade. */
export function jenkinsChartFiles(version: string): ReadonlyMap<string, string> {
  const { namespace, image, jenkinsReplicas: replicas, jenkinsFlag } = HELM;
  const rights = serverSecretsRights(namespace, [HELM.eachNamespace]).map((object) => toYaml(object));
  const each = forEachNamespace('jenkins.secretsIn', templated(rights.join('---\n'), 'jenkins.resources'));
  return new Map([
    ['jenkins-kinds', onlyIf(ENABLED, documents(jenkinsCrds().map(kept)))],
    ['jenkins-roles', onlyIf(ENABLED, documents(jenkinsRoles()))],
    ['jenkins-secrets', onlyIf(ENABLED, each)],
    ...[...jenkinsFiles({ namespace, image, version, replicas, flags: [jenkinsFlag] })].map(
      ([name, objects]) => [`jenkins-${name}`, onlyIf(ENABLED, documents(objects))] as const,
    ),
  ]);
}

function documents(objects: readonly KubeObject[]): string {
  return templated(objects.map((object) => toYaml(object)).join('---\n'), 'jenkins.resources');
}

/** Its part of `values.yaml`. */
export const JENKINS_VALUES = `# Runs builds on Jenkins as steps of chains: docs/jenkins.md.
jenkins:
  enabled: false
  # Namespaces whose Secrets of servers it may read.
  secretsIn: []
  # Further flags, such as --server-hosts=ci.example.com, without which no server is asked: carto jenkins --help.
  flags: []
  replicas: ${JENKINS_REPLICAS}
  resources:
    requests:
      cpu: 100m
      memory: 128Mi
    limits:
      memory: 512Mi
`;
