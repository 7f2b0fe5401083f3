import { getPath, type Json, type JsonObject, textAt } from '@cartographer/machinery';

import { type Answers, APPLY, JSON_PATCH, MERGE, type Probe, probe, STRATEGIC } from './probe.ts';

/*
 * Nobody gives away rights that they do not hold, by whatever kind of write: what a real server lets pass, what it
 * refuses, and in which words.
 */

const RBAC = 'rbac.authorization.k8s.io';
const ROLES = '$RB/clusterroles';
const BINDINGS = '$RB/clusterrolebindings';
const LOCAL_ROLES = '$RB/namespaces/$NS/roles';
const LOCAL_BINDINGS = '$RB/namespaces/$NS/rolebindings';

const as = (user: string, ...groups: readonly string[]): Readonly<Record<string, string>> => ({
  'impersonate-user': user,
  ...(groups.length === 0 ? {} : { 'impersonate-group': groups.join(',') }),
});
/** May write every RBAC object and read ConfigMaps; holds neither `escalate` nor `bind`. */
const keeper = as('keeper');
/** May in addition `escalate` the ClusterRole `g-strong`, and bind `g-strong` in one namespace. */
const named = as('named');
/** Holds everything, in one namespace only. */
const local = as('local');

const readSecrets: JsonObject = { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'get'] };
const readConfigMaps: JsonObject = { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] };
const writeRbac: JsonObject = {
  apiGroups: [RBAC],
  resources: ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'],
  verbs: ['get', 'create', 'update', 'patch'],
};
const intoAggregate: JsonObject = { labels: { into: 'g-aggregate' } };
const aggregationRule: JsonObject = { clusterRoleSelectors: [{ matchLabels: { into: 'g-aggregate' } }] };

const role = (name: string, rules: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
  ...more,
});
const localRole = (name: string, rules: readonly JsonObject[]): JsonObject => ({ ...role(name, rules), kind: 'Role' });

function binding(name: string, roleName: string, user: string, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: roleName },
    subjects: [{ kind: 'User', name: user, apiGroup: RBAC }],
    ...more,
  };
}
const localBinding = (name: string, roleName: string, user: string, more: JsonObject = {}): JsonObject => ({
  ...binding(name, roleName, user, more),
  kind: 'RoleBinding',
});
const roleRef = (name: string, kind = 'ClusterRole'): JsonObject => ({ roleRef: { apiGroup: RBAC, kind, name } });

/** What was read, with other metadata besides: the body of an update. */
const changed =
  (name: string, metadata: JsonObject) =>
  (get: Answers): Json => ({ ...get(name), metadata: { ...(getPath(get(name), 'metadata') as object), ...metadata } });

/** A probe whose answer is held to the message, too. */
const told = (...of: Parameters<typeof probe>): Probe => ({ ...probe(...of), withMessage: true });

const prepared: readonly Probe[] = [
  probe('_g-strong', 'POST', ROLES, role('g-strong', [readSecrets])),
  probe('_g-weak', 'POST', ROLES, role('g-weak', [readConfigMaps])),
  probe('_g-aggregate', 'POST', ROLES, role('g-aggregate', [], { aggregationRule })),
  probe('_g-paths', 'POST', ROLES, role('g-paths', [{ nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] }])),
  probe('_g-local-strong', 'POST', LOCAL_ROLES, localRole('g-strong', [readSecrets])),
  probe('_g-bound', 'POST', BINDINGS, binding('g-bound', 'g-strong', 'nobody')),
  probe('_g-local-bound', 'POST', LOCAL_BINDINGS, localBinding('g-bound', 'g-strong', 'nobody')),
  probe(
    '_g-local-role-bound',
    'POST',
    LOCAL_BINDINGS,
    localBinding('g-role-bound', '', 'nobody', roleRef('g-strong', 'Role')),
  ),
  probe('_g-keeper', 'POST', ROLES, role('g-keeper', [writeRbac, readConfigMaps])),
  probe('_g-keeper-bound', 'POST', BINDINGS, binding('g-keeper', 'g-keeper', 'keeper')),
  probe('_g-named-bound', 'POST', BINDINGS, binding('g-named', 'g-keeper', 'named')),
  probe(
    '_g-escalate',
    'POST',
    ROLES,
    role('g-escalate', [
      { apiGroups: [RBAC], resources: ['clusterroles'], verbs: ['escalate'], resourceNames: ['g-strong', 'g-new'] },
    ]),
  ),
  probe('_g-escalate-bound', 'POST', BINDINGS, binding('g-escalate', 'g-escalate', 'named')),
  probe(
    '_g-bind',
    'POST',
    LOCAL_ROLES,
    localRole('g-bind', [
      { apiGroups: [RBAC], resources: ['clusterroles'], verbs: ['bind'], resourceNames: ['g-strong'] },
    ]),
  ),
  probe('_g-bind-bound', 'POST', LOCAL_BINDINGS, localBinding('g-bind', '', 'named', roleRef('g-bind', 'Role'))),
  probe('_g-local', 'POST', LOCAL_BINDINGS, localBinding('g-local', 'cluster-admin', 'local')),
  probe('_g-local-rbac', 'POST', BINDINGS, binding('g-local', 'g-keeper', 'local')),
];

const labels: readonly Probe[] = [
  told('grant-label-merge', 'PATCH', `${ROLES}/g-strong`, { metadata: intoAggregate }, { ...keeper, ...MERGE }),
  told('grant-label-strategic', 'PATCH', `${ROLES}/g-strong`, { metadata: intoAggregate }, { ...keeper, ...STRATEGIC }),
  told(
    'grant-label-json',
    'PATCH',
    `${ROLES}/g-strong`,
    [{ op: 'add', path: '/metadata/labels', value: { into: 'g-aggregate' } }],
    { ...keeper, ...JSON_PATCH },
  ),
  told(
    'grant-label-apply',
    'PATCH',
    `${ROLES}/g-strong?fieldManager=k`,
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: 'g-strong', ...intoAggregate } },
    { ...keeper, ...APPLY },
  ),
  probe('_g-strong-read', 'GET', `${ROLES}/g-strong`),
  told('grant-label-put', 'PUT', `${ROLES}/g-strong`, changed('_g-strong-read', intoAggregate), keeper),
  told(
    'grant-label-dry',
    'PATCH',
    `${ROLES}/g-strong?dryRun=All`,
    { metadata: intoAggregate },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-annotation',
    'PATCH',
    `${ROLES}/g-strong`,
    { metadata: { annotations: { a: 'b' } } },
    { ...keeper, ...MERGE },
  ),
  told('grant-label-local', 'PATCH', `${LOCAL_ROLES}/g-strong`, { metadata: intoAggregate }, { ...keeper, ...MERGE }),
  told('grant-label-own', 'PATCH', `${ROLES}/g-weak`, { metadata: intoAggregate }, { ...keeper, ...MERGE }),
  told(
    'grant-label-aggregate',
    'PATCH',
    `${ROLES}/g-aggregate`,
    { metadata: { labels: { a: 'b' } } },
    { ...keeper, ...MERGE },
  ),
  told('grant-unchanged', 'PATCH', `${ROLES}/g-strong`, {}, { ...keeper, ...MERGE }),
  told('grant-unchanged-put', 'PUT', `${ROLES}/g-strong`, changed('_g-strong-read', {}), keeper),
  told('grant-unchanged-bare-put', 'PUT', `${ROLES}/g-strong`, role('g-strong', [readSecrets]), keeper),
  told(
    'grant-finalizer',
    'PATCH',
    `${ROLES}/g-strong`,
    { metadata: { finalizers: ['x.y/z'] } },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-finalizer-and-label',
    'PATCH',
    `${ROLES}/g-strong`,
    { metadata: { finalizers: null, ...intoAggregate } },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-finalizer-away',
    'PATCH',
    `${ROLES}/g-strong`,
    { metadata: { finalizers: null } },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-owner',
    'PATCH',
    `${ROLES}/g-strong`,
    (get) => ({
      metadata: {
        ownerReferences: [
          {
            apiVersion: `${RBAC}/v1`,
            kind: 'ClusterRole',
            name: 'g-weak',
            uid: getPath(get('_g-weak'), 'metadata', 'uid'),
          },
        ],
      },
    }),
    { ...keeper, ...MERGE },
  ),
];

const rules: readonly Probe[] = [
  told('grant-create', 'POST', ROLES, role('g-new', [readSecrets, readConfigMaps]), keeper),
  told('grant-create-generated', 'POST', ROLES, role('', [readSecrets], { metadata: { generateName: 'g-' } }), keeper),
  told(
    'grant-create-paths',
    'POST',
    ROLES,
    role('g-new', [{ nonResourceURLs: ['/metrics'], verbs: ['get', 'post'] }]),
    keeper,
  ),
  told('grant-create-names', 'POST', ROLES, role('g-new', [{ ...readSecrets, resourceNames: ['b', 'a'] }]), keeper),
  told(
    'grant-create-all',
    'POST',
    ROLES,
    role('g-new', [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ]),
    keeper,
  ),
  told(
    'grant-create-subresource',
    'POST',
    ROLES,
    role('g-new', [{ apiGroups: ['', 'apps'], resources: ['pods/exec', 'deployments/*'], verbs: ['create'] }]),
    keeper,
  ),
  told('grant-create-local', 'POST', LOCAL_ROLES, localRole('g-new', [readSecrets]), keeper),
  told('grant-create-apply', 'PATCH', `${ROLES}/g-new?fieldManager=k`, role('g-new', [readSecrets]), {
    ...keeper,
    ...APPLY,
  }),
  told('grant-create-put', 'PUT', `${ROLES}/g-new`, role('g-new', [readSecrets]), keeper),
  told('grant-create-put-own', 'PUT', `${ROLES}/g-put`, role('g-put', [readConfigMaps]), keeper),
  told(
    'grant-create-invalid',
    'POST',
    ROLES,
    role('g-new', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }, { verbs: [] }]),
    keeper,
  ),
  told('grant-aggregate', 'POST', ROLES, role('g-new', [], { aggregationRule }), keeper),
  told('grant-aggregate-and-rules', 'POST', ROLES, role('g-new', [readSecrets], { aggregationRule }), keeper),
  told('grant-aggregate-away', 'PATCH', `${ROLES}/g-aggregate`, { aggregationRule: null }, { ...keeper, ...MERGE }),
  told('grant-aggregate-onto-own', 'PATCH', `${ROLES}/g-weak`, { aggregationRule }, { ...keeper, ...MERGE }),
  probe(
    'grant-aggregate-empty',
    'PATCH',
    `${ROLES}/g-weak`,
    { aggregationRule: { clusterRoleSelectors: [] } },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-fewer',
    'PATCH',
    `${ROLES}/g-strong`,
    { rules: [{ ...readSecrets, verbs: ['get'] }] },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-escalate-named',
    'PATCH',
    `${ROLES}/g-strong`,
    { metadata: { labels: { a: 'b' } } },
    { ...named, ...MERGE },
  ),
  told('grant-escalate-create', 'POST', ROLES, role('g-new', [readSecrets]), named),
  told(
    'grant-escalate-other',
    'PATCH',
    `${LOCAL_ROLES}/g-strong`,
    { metadata: { labels: { a: 'b' } } },
    { ...named, ...MERGE },
  ),
  told('grant-escalate-apply', 'PATCH', `${ROLES}/g-new?fieldManager=k`, role('g-new', [readSecrets]), {
    ...named,
    ...APPLY,
  }),
];

const another = (user: string): JsonObject => ({ subjects: [{ kind: 'User', name: user, apiGroup: RBAC }] });

const bindings: readonly Probe[] = [
  told('grant-bind', 'POST', BINDINGS, binding('g-new', 'g-strong', 'keeper'), keeper),
  told('grant-bind-own', 'POST', BINDINGS, binding('g-own', 'g-weak', 'friend'), keeper),
  told('grant-bind-local', 'POST', LOCAL_BINDINGS, localBinding('g-new', 'g-strong', 'keeper'), keeper),
  told('grant-bind-apply', 'PATCH', `${BINDINGS}/g-new?fieldManager=k`, binding('g-new', 'g-strong', 'keeper'), {
    ...keeper,
    ...APPLY,
  }),
  told('grant-bind-put', 'PUT', `${BINDINGS}/g-new`, binding('g-new', 'g-strong', 'keeper'), keeper),
  told('grant-bind-put-own', 'PUT', `${BINDINGS}/g-put`, binding('g-put', 'g-weak', 'friend'), keeper),
  told('grant-bind-missing', 'POST', BINDINGS, binding('g-new', 'g-none', 'keeper'), keeper),
  told(
    'grant-bind-missing-role',
    'POST',
    LOCAL_BINDINGS,
    localBinding('g-new', '', 'keeper', roleRef('g-none', 'Role')),
    keeper,
  ),
  told(
    'grant-bind-odd-kind',
    'POST',
    LOCAL_BINDINGS,
    localBinding('g-new', '', 'keeper', roleRef('g-strong', 'Foo')),
    keeper,
  ),
  told(
    'grant-bind-role-cluster-wide',
    'POST',
    BINDINGS,
    binding('g-new', '', 'keeper', roleRef('g-strong', 'Role')),
    keeper,
  ),
  told('grant-bind-subjects', 'PATCH', `${BINDINGS}/g-bound`, another('keeper'), { ...keeper, ...MERGE }),
  told('grant-bind-subjects-local', 'PATCH', `${LOCAL_BINDINGS}/g-bound`, another('keeper'), { ...keeper, ...MERGE }),
  told('grant-bind-subjects-role', 'PATCH', `${LOCAL_BINDINGS}/g-role-bound`, another('keeper'), {
    ...keeper,
    ...MERGE,
  }),
  told('grant-bind-subjects-away', 'PATCH', `${BINDINGS}/g-bound`, { subjects: null }, { ...keeper, ...MERGE }),
  told('grant-bind-subjects-own', 'PATCH', `${BINDINGS}/g-own`, another('keeper'), { ...keeper, ...MERGE }),
  told(
    'grant-bind-label',
    'PATCH',
    `${BINDINGS}/g-bound`,
    { metadata: { labels: { a: 'b' } } },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-bind-finalizer',
    'PATCH',
    `${BINDINGS}/g-bound`,
    { metadata: { finalizers: ['x.y/z'] } },
    { ...keeper, ...MERGE },
  ),
  told(
    'grant-bind-finalizer-away',
    'PATCH',
    `${BINDINGS}/g-bound`,
    { metadata: { finalizers: null } },
    { ...keeper, ...MERGE },
  ),
  probe('grant-bind-other-role', 'PATCH', `${BINDINGS}/g-bound`, roleRef('g-weak'), { ...keeper, ...MERGE }),
  told('grant-bind-stronger-role', 'PATCH', `${BINDINGS}/g-own`, roleRef('g-strong'), { ...keeper, ...MERGE }),
  told('grant-bind-named', 'POST', LOCAL_BINDINGS, localBinding('g-named', 'g-strong', 'named'), named),
  told('grant-bind-named-elsewhere', 'POST', BINDINGS, binding('g-new', 'g-strong', 'named'), named),
  told('grant-bind-named-subjects', 'PATCH', `${LOCAL_BINDINGS}/g-bound`, another('named'), { ...named, ...MERGE }),
  told('grant-local-all', 'POST', LOCAL_BINDINGS, localBinding('g-all', 'cluster-admin', 'friend'), local),
  told('grant-local-paths', 'POST', LOCAL_BINDINGS, localBinding('g-paths', 'g-paths', 'friend'), local),
  told('grant-local-cluster-wide', 'POST', BINDINGS, binding('g-new', 'g-paths', 'friend'), local),
  told('grant-paths-stay-out', 'GET', '/metrics', undefined, local),
  probe('_g-dangling', 'POST', BINDINGS, binding('g-dangling', 'g-gone', 'keeper')),
  told('grant-dangling', 'POST', BINDINGS, binding('g-new', 'g-strong', 'keeper'), keeper),
  probe('_g-dangling-too', 'POST', BINDINGS, binding('g-dangling-too', 'g-gone-too', 'keeper')),
  told('grant-dangling-twice', 'POST', BINDINGS, binding('g-new', 'g-strong', 'keeper'), keeper),
];

const impersonated: readonly Probe[] = [
  probe(
    '_g-actor',
    'POST',
    ROLES,
    role('g-actor', [
      { apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['friend'] },
      { apiGroups: [''], resources: ['groups'], verbs: ['impersonate'], resourceNames: ['team'] },
    ]),
  ),
  probe('_g-actor-bound', 'POST', BINDINGS, binding('g-actor', 'g-actor', 'system:serviceaccount:$NS:actor')),
  probe('_g-actor-account', 'POST', '/api/v1/namespaces/$NS/serviceaccounts', { metadata: { name: 'actor' } }),
  probe('_g-actor-token', 'POST', '/api/v1/namespaces/$NS/serviceaccounts/actor/token', { spec: {} }),
  ...(
    [
      ['grant-act-as', as('friend', 'team')],
      ['grant-act-as-masters', as('friend', 'system:masters')],
      ['grant-act-as-other', as('admin')],
      ['grant-act-as-account', as('system:serviceaccount:default:sa')],
      ['grant-act-as-uid', { ...as('friend'), 'impersonate-uid': '1' }],
      ['grant-act-as-extra', { ...as('friend'), 'impersonate-extra-scopes': 'all' }],
    ] as const
  ).map(([name, headers]) =>
    told(name, 'GET', '/api/v1/namespaces', undefined, (get) => ({
      ...headers,
      authorization: `Bearer ${textAt(get('_g-actor-token'), 'status', 'token')}`,
    })),
  ),
];

/** Who may write roles and bindings, and what they may not put into them. */
export const grantProbes: readonly Probe[] = [...prepared, ...labels, ...rules, ...bindings, ...impersonated];
