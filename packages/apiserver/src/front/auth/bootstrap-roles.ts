import type { KubeObject } from '@cartographer/machinery';

import type { PolicyRule } from './policy-rule.ts';
import { AUTHENTICATED, MASTERS } from './user.ts';

/*
 * The roles and bindings that a real server installs at its start, as far as somebody can meet them here.
 * The rules of admin, edit and view name whole API groups where the real ones list every resource that a
 * production cluster serves: what this server does not serve makes no difference.
 */

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const bootstrapMeta = {
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
};

function role(name: string, rules: readonly PolicyRule[], labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { ...bootstrapMeta, name, labels: { ...bootstrapMeta.labels, ...labels } },
    rules,
  };
}

/** A role made of all roles that carry one label; `own` is the label that puts it into a greater one. */
function aggregate(name: string, part: string, own: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { ...bootstrapMeta, name, labels: { ...bootstrapMeta.labels, ...own } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(part) }] },
    rules: [],
  };
}

function aggregateTo(name: string): Readonly<Record<string, string>> {
  return { [`${GROUP}/aggregate-to-${name}`]: 'true' };
}

function binding(name: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { ...bootstrapMeta, name },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
    subjects: groups.map((group) => ({ apiGroup: GROUP, kind: 'Group', name: group })),
  };
}

const workloads = [
  'deployments',
  'daemonsets',
  'replicasets',
  'statefulsets',
  'deployments/scale',
  'statefulsets/scale',
];
const coreObjects = ['configmaps', 'endpoints', 'persistentvolumeclaims', 'pods', 'serviceaccounts', 'services'];

function editRules(verbs: readonly string[]): readonly PolicyRule[] {
  return [
    { apiGroups: [''], resources: [...coreObjects, 'events'], verbs },
    { apiGroups: ['apps'], resources: workloads, verbs },
    { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs },
  ];
}

const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** ClusterRoles that must exist. */
export const bootstrapRoles: readonly KubeObject[] = [
  role('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  aggregate('admin', 'admin'),
  aggregate('edit', 'edit', aggregateTo('admin')),
  aggregate('view', 'view', aggregateTo('edit')),
  role(
    'system:aggregate-to-admin',
    [
      { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
      { apiGroups: [GROUP], resources: ['rolebindings', 'roles'], verbs: [...WRITE, ...READ] },
    ],
    aggregateTo('admin'),
  ),
  role(
    'system:aggregate-to-edit',
    [
      { apiGroups: [''], resources: ['secrets'], verbs: READ },
      { apiGroups: [''], resources: ['secrets'], verbs: WRITE },
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
      ...editRules(WRITE),
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...WRITE, ...READ] },
    ],
    aggregateTo('edit'),
  ),
  role(
    'system:aggregate-to-view',
    [
      { apiGroups: [''], resources: ['namespaces', 'limitranges', 'resourcequotas'], verbs: READ },
      ...editRules(READ),
      { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: READ },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    ],
    aggregateTo('view'),
  ),
  role('system:discovery', [{ nonResourceURLs: discoveryPaths, verbs: ['get'] }]),
  role('system:public-info-viewer', [{ nonResourceURLs: publicPaths, verbs: ['get'] }]),
  role('system:basic-user', [
    {
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      verbs: ['create'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  role('system:auth-delegator', [
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]),
];

/** ClusterRoleBindings that must exist. */
export const bootstrapBindings: readonly KubeObject[] = [
  binding('cluster-admin', [MASTERS]),
  binding('system:discovery', [AUTHENTICATED]),
  binding('system:basic-user', [AUTHENTICATED]),
  binding('system:public-info-viewer', [AUTHENTICATED, 'system:unauthenticated']),
];
