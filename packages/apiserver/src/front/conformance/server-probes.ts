import { type JsonObject, textAt } from '@cartographer/machinery';

import { type Answers, crdVersion, gadget, MERGE, type Probe, probe } from './probe.ts';

const alice = { 'impersonate-user': 'alice', 'impersonate-group': 'devs' };
const SA = '/api/v1/namespaces/$NS/serviceaccounts';
const SECRETS = '/api/v1/namespaces/$NS/secrets';
const reviews = (group: string, resource: string): string => `/apis/${group}.k8s.io/v1/${resource}`;

/** Paths, methods, limits, and who may not. */
export const httpProbes: readonly Probe[] = [
  probe('unknown-group', 'GET', '/apis/nope.test/v1'),
  probe('unknown-resource', 'GET', '/api/v1/namespaces/$NS/nopes'),
  probe('unknown-resource-cr', 'GET', '/apis/probe.test/v1/namespaces/$NS/nopes'),
  probe('root', 'GET', '/'),
  probe('method', 'POST', '$W/g1', {}),
  probe('method-trace', 'PUT', '$W', {}),
  probe('badtoken', 'GET', '$W', undefined, { authorization: 'Bearer nope' }),
  probe('anon', 'GET', '$W', undefined, { authorization: '' }),
  probe('alice-create', 'POST', '$W', gadget('al', {}), alice),
  probe('alice-cluster', 'GET', '/api/v1/namespaces', undefined, alice),
  probe('alice-nonres', 'GET', '/metrics', undefined, alice),
  probe('cm-1mb', 'POST', '$CM', { metadata: { name: 'big' }, data: { a: 'x'.repeat(1_153_433) } }),
  probe('annotations-256k', 'POST', '$CM', { metadata: { name: 'big', annotations: { a: 'x'.repeat(270_000) } } }),
];

const asAccount = (get: Answers): { authorization: string } => ({
  authorization: `Bearer ${textAt(get('tokenrequest'), 'status', 'token')}`,
});
const attributes = { resourceAttributes: { namespace: '$NS', verb: 'get', resource: 'pods' } };
const rbac = 'rbac.authorization.k8s.io';
const subjects = [{ kind: 'User', name: 'alice', apiGroup: rbac }];
const accountSecret = (name: string, account: string): JsonObject => ({
  metadata: { name, annotations: { 'kubernetes.io/service-account.name': account } },
  type: 'kubernetes.io/service-account-token',
});

/** Tokens, reviews, and granting rights. */
export const authProbes: readonly Probe[] = [
  probe('_sa', 'POST', SA, { metadata: { name: 'sa' } }),
  probe('tokenrequest', 'POST', `${SA}/sa/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 600 },
  }),
  probe('tokenrequest-short', 'POST', `${SA}/sa/token`, { spec: { expirationSeconds: 60 } }),
  probe('tokenrequest-nosa', 'POST', `${SA}/none/token`, { spec: {} }),
  probe('tokenreview', 'POST', reviews('authentication', 'tokenreviews'), (get) => ({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: textAt(get('tokenrequest'), 'status', 'token') },
  })),
  probe('sa-forbidden', 'GET', '$CM', undefined, asAccount),
  probe('alice-impersonate', 'GET', '$W', undefined, (get) => ({ ...asAccount(get), 'impersonate-user': 'bob' })),
  probe('tokenreview-bad', 'POST', reviews('authentication', 'tokenreviews'), { spec: { token: 'bad' } }),
  probe('sar', 'POST', reviews('authorization', 'subjectaccessreviews'), { spec: { user: 'alice', ...attributes } }),
  probe('sar-bad', 'POST', reviews('authorization', 'subjectaccessreviews'), { spec: {} }),
  probe('lsar', 'POST', reviews('authorization', 'namespaces/$NS/localsubjectaccessreviews'), {
    spec: { user: 'alice', ...attributes },
  }),
  probe('_role', 'POST', '$RB/namespaces/$NS/roles', {
    metadata: { name: 'rm' },
    rules: [{ apiGroups: [rbac], resources: ['roles', 'rolebindings'], verbs: ['create', 'get', 'update', 'patch'] }],
  }),
  probe('_rb', 'POST', '$RB/namespaces/$NS/rolebindings', {
    metadata: { name: 'rm' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'rm' },
    subjects,
  }),
  probe(
    'escalate-role',
    'POST',
    '$RB/namespaces/$NS/roles',
    { metadata: { name: 'esc' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
    alice,
  ),
  probe(
    'escalate-bind',
    'POST',
    '$RB/namespaces/$NS/rolebindings',
    { metadata: { name: 'esc' }, roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' }, subjects },
    alice,
  ),
  probe('roleref-immutable', 'PATCH', '$RB/namespaces/$NS/rolebindings/rm', { roleRef: { name: 'zz' } }, MERGE),
  probe('sa-token-secret', 'POST', SECRETS, accountSecret('sat', 'sa')),
  probe('sa-token-secret-badsa', 'POST', SECRETS, accountSecret('satx', 'none')),
  probe('sa-token-secret-badsa-after', 'GET', `${SECRETS}/satx`),
  probe('secret-type-immutable', 'PATCH', `${SECRETS}/sat`, { type: 'Opaque' }, MERGE),
];

type Change = { readonly spec?: JsonObject; readonly name?: string; readonly version?: JsonObject };

function definition({ spec = {}, name = 'xs.probe.test', version = {} }: Change): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: 'probe.test',
      scope: 'Namespaced',
      names: { plural: 'xs', kind: 'Xk' },
      versions: [crdVersion('v1', version, { type: 'object' })],
      ...spec,
    },
  };
}

const withSchema = (openAPIV3Schema: JsonObject): JsonObject =>
  definition({ version: { schema: { openAPIV3Schema } } });
const withA = (a: JsonObject): JsonObject => withSchema({ type: 'object', properties: { a } });

/** CustomResourceDefinitions. */
export const definitionProbes: readonly Probe[] = [
  probe('crd-bad-name', 'POST', '$CRD', definition({ name: 'foo.bar' })),
  probe('crd-nonstructural', 'POST', '$CRD', withSchema({ properties: { spec: { items: { type: 'string' } } } })),
  probe('crd-no-schema', 'POST', '$CRD', definition({ version: { schema: undefined } })),
  probe('crd-no-storage', 'POST', '$CRD', definition({ version: { storage: false } })),
  probe('crd-bad-default', 'POST', '$CRD', withA({ type: 'integer', default: 'x' })),
  probe(
    'crd-bad-cel',
    'POST',
    '$CRD',
    withA({ type: 'integer', 'x-kubernetes-validations': [{ rule: 'self.foo ==' }] }),
  ),
  probe('crd-names-conflict', 'POST', '$CRD', definition({ spec: { names: { plural: 'xs', kind: 'Gadget' } } })),
  probe('crd-names-conflict-after', 'GET', '$CRD/xs.probe.test'),
  probe('_x', 'DELETE', '$CRD/xs.probe.test'),
  probe('crd-k8s-group', 'POST', '$CRD', definition({ name: 'xs.foo.k8s.io', spec: { group: 'foo.k8s.io' } })),
  probe('crd-immutable-scope', 'PATCH', '$CRD/gadgets.probe.test', { spec: { scope: 'Cluster' } }, MERGE),
  probe('crd-get', 'GET', '$CRD/gadgets.probe.test'),
  probe('crd-status-sub', 'GET', '$CRD/gadgets.probe.test/status'),
];

/** Namespaces that go; `s2` and `f2` hold this one with their finalizers. */
export const namespaceProbes: readonly Probe[] = [
  probe('ns-del', 'DELETE', '/api/v1/namespaces/$NS'),
  probe('ns-create-in-terminating', 'POST', '$CM', { metadata: { name: 'late' } }),
  probe('ns-get', 'GET', '/api/v1/namespaces/$NS'),
  probe('ns-conditions', 'GET', '/api/v1/namespaces/$NS'),
  probe('_fin', 'PATCH', '$W/s2', { metadata: { finalizers: null } }, MERGE),
  probe('ns-del-default', 'DELETE', '/api/v1/namespaces/default'),
  probe('crd-del', 'DELETE', '$CRD/gadgets.probe.test'),
];
