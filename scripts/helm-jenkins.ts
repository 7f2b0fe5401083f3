/** What runs builds on Jenkins in the Helm chart: there when `jenkins.enabled` says so. */
import { JENKINS_REPLICAS, jenkinsCrds, jenkinsFiles, jenkinsRoles, serverSecretsRights } from '@cartographer/jenkins';
import { HELM, standbyChartFiles } from './helm-places.ts';

/** Name and text of each template. */
export function jenkinsChartFiles(version: string): ReadonlyMap<string, string> {
  const { namespace, image, jenkinsReplicas: replicas, jenkinsFlag } = HELM;
  return standbyChartFiles({
    part: 'jenkins',
    definitions: jenkinsCrds(),
    roles: jenkinsRoles(),
    rights: { file: 'secrets', value: 'secretsIn', objects: serverSecretsRights(namespace, [HELM.eachNamespace]) },
    files: jenkinsFiles({ namespace, image, version, replicas, flags: [jenkinsFlag] }),
  });
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
