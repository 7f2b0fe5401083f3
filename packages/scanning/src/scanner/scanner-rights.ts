import type { KubeObject } from '@cartographer/machinery';
import { SCANNING_GROUP } from '../kinds/group.ts';
import { scanningKinds } from '../kinds/kinds.ts';

const RBAC = 'rbac.authorization.k8s.io';
const API_VERSION = `${RBAC}/v1`;
const LABELS = { 'app.kubernetes.io/name': 'cartographer', 'app.kubernetes.io/component': 'scanner' };

/** The scanner's service account, the role that it has everywhere, and the lease that replicas are elected by. */
export const SCANNER_ACCOUNT = 'cartographer-scanner';
const CLUSTER_ROLE = 'cartographer-scanner';

const resources = Object.values(scanningKinds).map(({ resource }) => resource);

/**
 * What the scanner may do anywhere: read what it judges by, write what it says, and events. It reads no Secrets unless a
 * namespace lets it, and writes nothing that others read from.
 */
const CLUSTER_RULES = [
  { apiGroups: [SCANNING_GROUP], resources, verbs: ['get', 'list', 'watch'] },
  { apiGroups: [SCANNING_GROUP], resources: resources.map((name) => `${name}/status`), verbs: ['update'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
];

/** In its own namespace; RBAC cannot bind a create to a name. */
const NAMESPACE_RULES = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [SCANNER_ACCOUNT],
    verbs: ['get', 'update'],
  },
];

/** The scanner's account and its rights. */
export function scannerRights(namespace: string): readonly KubeObject[] {
  const subjects = [{ kind: 'ServiceAccount', name: SCANNER_ACCOUNT, namespace }];
  const named = (kind: string, name: string, rest: object): KubeObject => ({
    apiVersion: API_VERSION,
    kind,
    metadata: { name, labels: LABELS, ...(kind.startsWith('Cluster') ? {} : { namespace }) },
    ...rest,
  });
  const bound = (kind: string, name: string): object => ({ roleRef: { apiGroup: RBAC, kind, name }, subjects });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: SCANNER_ACCOUNT, namespace, labels: LABELS } },
    named('ClusterRole', CLUSTER_ROLE, { rules: CLUSTER_RULES }),
    named('ClusterRoleBinding', CLUSTER_ROLE, bound('ClusterRole', CLUSTER_ROLE)),
    named('Role', SCANNER_ACCOUNT, { rules: NAMESPACE_RULES }),
    named('RoleBinding', SCANNER_ACCOUNT, bound('Role', SCANNER_ACCOUNT)),
  ];
}
