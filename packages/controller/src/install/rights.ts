import { carto, GROUP } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { COMPONENT_LABELS, INSTALL_NAMES } from './names.ts';

const RBAC = 'rbac.authorization.k8s.io';
const API_VERSION = `${RBAC}/v1`;

/** A rule of a Role or ClusterRole. */
type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};

/** Kinds with a status that the controller writes. */
const WITH_STATUS = Object.values(carto.kinds).filter((kind) => kind.status !== undefined);

/**
 * What the controller's own account may do anywhere. It never writes what it stamps: that is done with a token of the
 * owner's account. `docs/security.md` says why each rule is needed.
 */
const CLUSTER_RULES: readonly Rule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [GROUP], resources: WITH_STATUS.map(({ resource }) => `${resource}/status`), verbs: ['patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations'],
    resourceNames: [INSTALL_NAMES.webhookConfiguration],
    verbs: ['patch'],
  },
];

/** What it may do in its own namespace. RBAC cannot bind a create to a name. */
const NAMESPACE_RULES: readonly Rule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [INSTALL_NAMES.lease],
    verbs: ['update'],
  },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: [INSTALL_NAMES.webhookSecret], verbs: ['update'] },
];

/** The controller's account and its rights. */
export function controllerRights(namespace: string): readonly KubeObject[] {
  const { controller, clusterRole, clusterRoleBinding } = INSTALL_NAMES;
  const subjects = [{ kind: 'ServiceAccount', name: controller, namespace }];
  const labels = COMPONENT_LABELS;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: controller, namespace, labels } },
    { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: { name: clusterRole, labels }, rules: CLUSTER_RULES },
    {
      apiVersion: API_VERSION,
      kind: 'ClusterRoleBinding',
      metadata: { name: clusterRoleBinding, labels },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: clusterRole },
      subjects,
    },
    {
      apiVersion: API_VERSION,
      kind: 'Role',
      metadata: { name: controller, namespace, labels },
      rules: NAMESPACE_RULES,
    },
    {
      apiVersion: API_VERSION,
      kind: 'RoleBinding',
      metadata: { name: controller, namespace, labels },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: controller },
      subjects,
    },
  ];
}

/** What users of a namespace get through the roles that Kubernetes ships: `admin`, `edit` and `view`. */
export function userRoles(): readonly KubeObject[] {
  const resources = [carto.kinds.Workload.resource, carto.kinds.Deliverable.resource];
  const role = (name: string, aggregate: readonly string[], verbs: readonly string[]): KubeObject => ({
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: {
      name,
      labels: {
        ...COMPONENT_LABELS,
        ...Object.fromEntries(aggregate.map((to) => [`${RBAC}/aggregate-to-${to}`, 'true'])),
      },
    },
    rules: [{ apiGroups: [GROUP], resources, verbs }],
  });
  return [
    role(
      INSTALL_NAMES.userAdmin,
      ['admin', 'edit'],
      ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'],
    ),
    role(INSTALL_NAMES.userView, ['view'], ['get', 'list', 'watch']),
  ];
}
