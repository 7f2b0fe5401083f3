import { crd } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { jenkinsBuildKind } from './jenkins-build.ts';
import { clusterJenkinsServerKind, jenkinsServerKind } from './jenkins-server.ts';

/** Everything of the group jenkins.carto.run; a kind is also a `ResourceType`. */
export const jenkinsKinds = {
  JenkinsBuild: jenkinsBuildKind,
  JenkinsServer: jenkinsServerKind,
  ClusterJenkinsServer: clusterJenkinsServerKind,
} as const;

/** The CustomResourceDefinitions of all kinds of the group. */
export function jenkinsCrds(): KubeObject[] {
  return Object.values(jenkinsKinds).map((kind) => crd(kind));
}
