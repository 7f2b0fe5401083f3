import type { KubeObject } from '@cartographer/machinery';
import { JENKINS_GROUP } from './group.ts';
import { jenkinsKinds } from './kinds.ts';

const RBAC = 'rbac.authorization.k8s.io';
const LABELS = { 'app.kubernetes.io/name': 'cartographer', 'app.kubernetes.io/component': 'jenkins' };

/** Names of the roles. */
const JENKINS_ROLES = {
  /** Reads everything; part of `view`, `edit` and `admin`. */
  view: 'cartographer-jenkins-view',
  /** For accounts that chains stamp builds with: they make and delete builds, and never write what one says. */
  stamp: 'cartographer-jenkins-stamp',
  /** Writes the servers of a namespace; part of no other role. */
  servers: 'jenkins-servers',
} as const;

const role = (name: string, resources: readonly string[], verbs: readonly string[], labels = {}): KubeObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name, labels: { ...LABELS, ...labels } },
  rules: [{ apiGroups: [JENKINS_GROUP], resources, verbs }],
});

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** The roles that people and chains' accounts are given; writing the servers of the cluster stays with the operator. */
export function jenkinsRoles(): readonly KubeObject[] {
  const { JenkinsBuild, JenkinsServer } = jenkinsKinds;
  const all = Object.values(jenkinsKinds).map(({ resource }) => resource);
  const aggregated = ['view', 'edit', 'admin'].map((to) => [`${RBAC}/aggregate-to-${to}`, 'true']);
  return [
    role(JENKINS_ROLES.view, all, READ, Object.fromEntries(aggregated)),
    role(JENKINS_ROLES.stamp, [JenkinsBuild.resource], [...READ, 'create', 'patch', 'delete']),
    role(JENKINS_ROLES.servers, [JenkinsServer.resource], [...READ, ...WRITE]),
  ];
}
