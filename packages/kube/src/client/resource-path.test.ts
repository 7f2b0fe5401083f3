import { describe, expect, it } from 'vitest';
import { apiVersionOf, groupVersionPath, resourcePath } from './resource-path.ts';

const core = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const named = { group: 'acme.dev', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const cluster = { ...named, kind: 'Place', resource: 'places', namespaced: false };

describe('the path of a resource', () => {
  it.each([
    ['an object', named, { namespace: 'team', name: 'a' }, undefined, '/apis/acme.dev/v1/namespaces/team/things/a'],
    [
      'one of the core group',
      core,
      { namespace: 'team', name: 'a' },
      undefined,
      '/api/v1/namespaces/team/configmaps/a',
    ],
    [
      'a subresource',
      named,
      { namespace: 'team', name: 'a' },
      'status',
      '/apis/acme.dev/v1/namespaces/team/things/a/status',
    ],
    ['a namespace’s objects', named, { namespace: 'team' }, undefined, '/apis/acme.dev/v1/namespaces/team/things'],
    ['all objects', named, {}, undefined, '/apis/acme.dev/v1/things'],
    ['all objects, by no name', named, { namespace: '' }, undefined, '/apis/acme.dev/v1/things'],
    ['one of the cluster', cluster, { name: 'a' }, undefined, '/apis/acme.dev/v1/places/a'],
    [
      'one of the cluster, though a namespace is named',
      cluster,
      { namespace: 'team', name: 'a' },
      undefined,
      '/apis/acme.dev/v1/places/a',
    ],
    [
      'names that are no segment',
      named,
      { namespace: '../x', name: 'a/b?c#d' },
      undefined,
      '/apis/acme.dev/v1/namespaces/..%2Fx/things/a%2Fb%3Fc%23d',
    ],
    [
      'an empty name, which is no collection',
      named,
      { namespace: 'team', name: '' },
      undefined,
      '/apis/acme.dev/v1/namespaces/team/things/',
    ],
  ])('names %s', (_what, type, key, subresource, expected) => {
    expect(resourcePath(type, key, subresource)).toBe(expected);
  });

  it.each([
    ['', 'v1', '/api/v1', 'v1'],
    ['acme.dev', 'v1', '/apis/acme.dev/v1', 'acme.dev/v1'],
    ['a/b', 'v/1', '/apis/a%2Fb/v%2F1', 'a/b/v/1'],
  ])('starts with group "%s" and version %s', (group, version, path, apiVersion) => {
    expect([groupVersionPath(group, version), apiVersionOf({ group, version })]).toEqual([path, apiVersion]);
  });
});
