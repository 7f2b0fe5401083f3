import { describe, expect, test } from 'vitest';

import { isTrue, routeOf } from './route.ts';

describe('a path', () => {
  test.each([
    ['GET', '/api/v1/namespaces', { verb: 'list', group: '', version: 'v1', resource: 'namespaces' }],
    ['GET', '/api/v1/namespaces/team', { verb: 'get', resource: 'namespaces', name: 'team', namespace: 'team' }],
    ['PUT', '/api/v1/namespaces/team/finalize', { resource: 'namespaces', name: 'team', subresource: 'finalize' }],
    ['PATCH', '/api/v1/namespaces/team/status', { resource: 'namespaces', name: 'team', subresource: 'status' }],
    ['GET', '/api/v1/namespaces/team/configmaps', { verb: 'list', resource: 'configmaps', namespace: 'team' }],
    ['POST', '/api/v1/namespaces/team/serviceaccounts/sa/token', { verb: 'create', name: 'sa', subresource: 'token' }],
    ['DELETE', '/apis/carto.run/v1alpha1/namespaces/a/workloads', { verb: 'deletecollection', group: 'carto.run' }],
    ['DELETE', '/apis/carto.run/v1alpha1/namespaces/a/workloads/w', { verb: 'delete', name: 'w', namespace: 'a' }],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Abasic-user', { name: 'system:basic-user' }],
    ['GET', '/api/v1/pods/a/b/c', { resource: 'pods', name: 'a', subresource: 'b/c' }],
  ] as const)('%s %s leads to its resource', (method, path, expected) => {
    expect(routeOf({ method, path })).toMatchObject({ kind: 'resource', ...expected });
  });

  test('with watch=true is a watch on a collection and a plain read on one object', () => {
    expect(routeOf({ method: 'GET', path: '/api/v1/pods', query: { watch: '1' } })).toMatchObject({ verb: 'watch' });
    expect(routeOf({ method: 'GET', path: '/api/v1/namespaces/a/pods/p', query: { watch: '1' } })).toMatchObject({
      verb: 'get',
    });
  });

  test('above group versions is about discovery and the like', () => {
    expect(routeOf({ method: 'GET', path: '/apis/apps/v1' })).toEqual({
      kind: 'path',
      segments: ['apis', 'apps', 'v1'],
    });
    expect(routeOf({ method: 'GET', path: '//' })).toEqual({ kind: 'path', segments: [] });
  });

  test('with a broken escape has no route', () => {
    expect(routeOf({ method: 'GET', path: '/api/v1/pods/%zz' })).toBeUndefined();
  });
});

test('a boolean parameter is false only when absent, 0 or false', () => {
  expect([undefined, '0', 'false', 'False'].map(isTrue)).toEqual([false, false, false, false]);
  expect(['', '1', 'true', 'yes'].map(isTrue)).toEqual([true, true, true, true]);
});
