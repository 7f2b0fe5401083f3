import type { KubeObject } from '@cartographer/machinery';
import { processBinding, processRole } from '@cartographer/runtime';
import { JENKINS_GROUP } from '../kinds/group.ts';
import { jenkinsKinds } from '../kinds/kinds.ts';
import { JENKINS_LABELS, JENKINS_NAMES } from './names.ts';

const labels = JENKINS_LABELS;
const resources = Object.values(jenkinsKinds).map(({ resource }) => resource);

/**
 * What it may do anywhere: read its kinds and the labels of namespaces, write what they say, put its finalizer on builds, and
 * events. A build's `spec` cannot be changed, by it neither. It reads no Secrets unless a namespace lets it.
 */
const CLUSTER_RULES = [
  { apiGroups: [JENKINS_GROUP], resources, verbs: ['get', 'list', 'watch'] },
  { apiGroups: [JENKINS_GROUP], resources: resources.map((name) => `${name}/status`), verbs: ['update'] },
  { apiGroups: [JENKINS_GROUP], resources: [jenkinsKinds.JenkinsBuild.resource], verbs: ['patch'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];

/** In its own namespace; RBAC cannot bind a create to a name. */
const NAMESPACE_RULES = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [JENKINS_NAMES.lease],
    verbs: ['get', 'list', 'watch', 'update'],
  },
];

/** Where the API server itself is, so that no Jenkins is looked for there. */
const API_SERVER_RULES = [
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], resourceNames: ['kubernetes'], verbs: ['get'] },
];

/** The namespace of the API server's own Service. */
const API_SERVER_NAMESPACE = 'default';

/** Its account and its rights. */
export function jenkinsRights(namespace: string): readonly KubeObject[] {
  const { jenkins, apiServer, secrets } = JENKINS_NAMES;
  const account = { name: jenkins, namespace };
  const atServer = { name: apiServer, labels, namespace: API_SERVER_NAMESPACE };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...account, labels } },
    processRole({ name: jenkins, labels }, CLUSTER_RULES),
    processBinding({ name: jenkins, labels }, { kind: 'ClusterRole', name: jenkins }, account),
    processRole({ name: jenkins, labels, namespace }, NAMESPACE_RULES),
    processBinding({ name: jenkins, labels, namespace }, { kind: 'Role', name: jenkins }, account),
    processRole(atServer, API_SERVER_RULES),
    processBinding(atServer, { kind: 'Role', name: apiServer }, account),
    processRole({ name: secrets, labels }, [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]),
  ];
}

/** Lets it read the Secrets of servers in these namespaces, and in no others. */
export function serverSecretsRights(namespace: string, where: readonly string[]): readonly KubeObject[] {
  const { jenkins, secrets } = JENKINS_NAMES;
  return where.map((each) =>
    processBinding(
      { name: secrets, labels, namespace: each },
      { kind: 'ClusterRole', name: secrets },
      { name: jenkins, namespace },
    ),
  );
}

/** The command by which an administrator of a namespace does the same. */
export function serverSecretsCommand(namespace: string, where: string): string {
  const { jenkins, secrets } = JENKINS_NAMES;
  return `kubectl -n ${where} create rolebinding ${secrets} --clusterrole=${secrets} --serviceaccount=${namespace}:${jenkins}`;
}
