import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';

import { createRbacAuthorizer, forbiddenSentence } from './authorizer.ts';
import { bootstrapBindings, bootstrapRoles } from './bootstrap-roles.ts';
import { type AccessAttributes, type PolicyRule, ruleAllows } from './policy-rule.ts';
import { RbacIndex } from './rbac-index.ts';
import { missingRights } from './rule-coverage.ts';
import { AUTHENTICATED, MASTERS, serviceAccountUser, type User } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';
const alice: User = { name: 'alice', groups: ['devs', AUTHENTICATED] };

function role(name: string, rules: readonly PolicyRule[], namespace?: string): KubeObject {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  return { apiVersion: `${GROUP}/v1`, kind, metadata: { name, namespace }, rules };
}

function binding(
  name: string,
  roleRef: string,
  subject: JsonObject,
  namespace?: string,
  roleKind = 'ClusterRole',
): KubeObject {
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const ref = { apiGroup: GROUP, kind: roleKind, name: roleRef };
  return { apiVersion: `${GROUP}/v1`, kind, metadata: { name, namespace }, roleRef: ref, subjects: [subject] };
}

function access(verb: string, resource: string, more: Partial<Extract<AccessAttributes, { kind: 'resource' }>> = {}) {
  return { kind: 'resource', verb, group: '', resource, ...more } as const;
}

function withObjects(...objects: readonly KubeObject[]) {
  const index = new RbacIndex();
  for (const object of objects) index.put(object);
  return { index, authorizer: createRbacAuthorizer(index) };
}

describe('a rule', () => {
  const pods: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods', '*/status', 'deployments/scale'] };
  test.each([
    ['the resource it names', access('get', 'pods'), true],
    ['no other verb', access('list', 'pods'), false],
    ['no other group', access('get', 'pods', { group: 'apps' }), false],
    ['no subresource it does not name', access('get', 'pods', { subresource: 'log' }), false],
    ['a subresource of everything', access('get', 'jobs', { subresource: 'status' }), true],
    ['a subresource by name', access('get', 'deployments', { subresource: 'scale' }), true],
  ])('allows %s', (_what, wanted, expected) => {
    expect(ruleAllows(pods, wanted)).toBe(expected);
  });

  test('with resourceNames allows only these, and no request without a name', () => {
    const rule: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: ['a'] };
    expect(ruleAllows(rule, access('get', 'pods', { name: 'a' }))).toBe(true);
    expect(ruleAllows(rule, access('get', 'pods', { name: 'b' }))).toBe(false);
    expect(ruleAllows(rule, access('list', 'pods'))).toBe(false);
  });

  test('matches paths exactly or up to a star', () => {
    const rule: PolicyRule = { verbs: ['get'], nonResourceURLs: ['/healthz', '/openapi/*'] };
    const path = (text: string) => ruleAllows(rule, { kind: 'path', verb: 'get', path: text });
    expect([path('/healthz'), path('/healthz/x'), path('/openapi/v3'), path('/openapi')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('RBAC', () => {
  const reader = role('reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }]);

  test('grants a ClusterRole only in the namespace of the RoleBinding', () => {
    const { authorizer } = withObjects(reader, binding('b', 'reader', { kind: 'User', name: 'alice' }, 'team'));
    expect(authorizer.authorize(alice, access('list', 'configmaps', { namespace: 'team' }))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/team" of ClusterRole "reader" to User "alice"',
    });
    expect(authorizer.authorize(alice, access('list', 'configmaps', { namespace: 'other' })).allowed).toBe(false);
    expect(authorizer.authorize(alice, access('list', 'configmaps')).allowed).toBe(false);
  });

  test('knows a service account by its user name, in the binding’s own namespace if none is given', () => {
    const { authorizer } = withObjects(reader, binding('b', 'reader', { kind: 'ServiceAccount', name: 'sa' }, 'team'));
    const wanted = access('get', 'configmaps', { namespace: 'team' });
    expect(authorizer.authorize(serviceAccountUser('team', 'sa', 'u'), wanted).allowed).toBe(true);
    expect(authorizer.authorize(serviceAccountUser('other', 'sa', 'u'), wanted).allowed).toBe(false);
  });

  test('says so when a binding names a role that is not there', () => {
    const { authorizer } = withObjects(binding('b', 'gone', { kind: 'Group', name: 'devs' }));
    const decision = authorizer.authorize(alice, access('get', 'pods', { namespace: 'team' }));
    expect(decision.reason).toBe('RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found');
  });

  test('answers anew after every change', () => {
    const { index, authorizer } = withObjects(reader);
    const wanted = access('get', 'configmaps', { namespace: 'team' });
    const grant = binding('b', 'reader', { kind: 'User', name: 'alice' }, 'team');
    expect(authorizer.authorize(alice, wanted).allowed).toBe(false);
    index.put(grant);
    expect(authorizer.authorize(alice, wanted).allowed).toBe(true);
    index.remove(grant);
    expect(authorizer.authorize(alice, wanted).allowed).toBe(false);
  });

  test('remembers what requests ask, and nothing of the length that only a review has', () => {
    let asked = 0;
    class CountingIndex extends RbacIndex {
      override bindingsFor(...about: Parameters<RbacIndex['bindingsFor']>) {
        asked += 1;
        return super.bindingsFor(...about);
      }
    }
    const authorizer = createRbacAuthorizer(new CountingIndex());
    for (let i = 0; i < 3; i += 1) authorizer.authorize(alice, access('list', 'pods'));
    expect(asked).toBe(1);
    for (let i = 0; i < 3; i += 1) authorizer.authorize(alice, access('list', 'p'.repeat(10_000)));
    expect(asked).toBe(4);
  });

  test('lets members of system:masters do everything', () => {
    const { authorizer } = withObjects();
    expect(authorizer.authorize({ name: 'x', groups: [MASTERS] }, access('delete', 'anything')).allowed).toBe(true);
  });

  test('gives aggregated roles the rules of the roles they select, through several levels', () => {
    const { index, authorizer } = withObjects(
      ...bootstrapRoles,
      ...bootstrapBindings,
      binding('a', 'admin', { kind: 'User', name: 'alice' }, 'team'),
      binding('v', 'view', { kind: 'User', name: 'bob' }, 'team'),
    );
    const bob: User = { name: 'bob', groups: [AUTHENTICATED] };
    const own = { namespace: 'team' };
    expect(authorizer.authorize(alice, access('get', 'configmaps', own)).allowed).toBe(true);
    expect(authorizer.authorize(alice, access('create', 'rolebindings', { ...own, group: GROUP })).allowed).toBe(true);
    expect(authorizer.authorize(bob, access('get', 'configmaps', own)).allowed).toBe(true);
    expect(authorizer.authorize(bob, access('get', 'secrets', own)).allowed).toBe(false);
    index.put({
      ...role('carto-view', [{ verbs: ['get'], apiGroups: ['carto.run'], resources: ['workloads'] }]),
      metadata: { name: 'carto-view', labels: { [`${GROUP}/aggregate-to-view`]: 'true' } },
    });
    expect(authorizer.authorize(bob, access('get', 'workloads', { ...own, group: 'carto.run' })).allowed).toBe(true);
  });

  test('refuses in the words of a real server', () => {
    expect(forbiddenSentence(alice, access('list', 'secrets', { namespace: 'n' }), '')).toBe(
      'User "alice" cannot list resource "secrets" in API group "" in the namespace "n"',
    );
    expect(forbiddenSentence(alice, access('list', 'namespaces'), '')).toMatch(/at the cluster scope$/);
    expect(forbiddenSentence(alice, { kind: 'path', verb: 'get', path: '/metrics' }, '')).toBe(
      'User "alice" cannot get path "/metrics"',
    );
  });
});

describe('rights that are missing', () => {
  test('are listed in Kubernetes’ notation, verbs of one target together', () => {
    const wanted = [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] }];
    expect(missingRights([], wanted)).toEqual(['{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}']);
    const all = [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ];
    expect(missingRights([], all)).toEqual([
      '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
      '{NonResourceURLs:["*"], Verbs:["*"]}',
    ]);
  });

  test('are none when several rules together cover what is wanted', () => {
    const held = [
      { verbs: ['get'], apiGroups: [''], resources: ['pods', 'secrets'] },
      { verbs: ['list'], apiGroups: ['*'], resources: ['*'] },
    ];
    expect(missingRights(held, [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] }])).toEqual([]);
  });

  test('a right for one name does not cover the right for all', () => {
    const held = [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] }];
    expect(missingRights(held, [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }])).toHaveLength(1);
    expect(missingRights(held, held)).toEqual([]);
  });

  test('of rules with endless combinations are told by rule, and held only where one rule holds them all', () => {
    const words = Array.from({ length: 3_000 }, (_, index) => `w${index}`);
    const vast = { verbs: words, apiGroups: words, resources: words };
    const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    expect(missingRights([all], [vast, vast])).toEqual([]);
    expect(missingRights([{ ...all, verbs: words.slice(1) }], [vast, vast])).toHaveLength(1);
    const paths = { verbs: ['*'], nonResourceURLs: ['*'] };
    expect(missingRights([paths], [{ ...vast, nonResourceURLs: ['/x'] }])).toHaveLength(1);
  });
});
