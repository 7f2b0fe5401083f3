import type { Json, JsonObject, KubeObject } from '@cartographer/machinery';
import { isObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { pathExpression } from '../paths/path-expression.ts';
import recorded from '../recorded/go-owners.json' with { type: 'json' };
import { workload } from '../testing/builders.ts';
import { ownerJson, ownerView } from './owner-view.ts';

const cases = recorded as unknown as readonly { readonly given: KubeObject; readonly shown: JsonObject }[];

function found(owner: KubeObject, path: string): Json | string {
  const result = pathExpression(path)(ownerView(owner));
  return result.kind === 'found' ? result.value : result.kind;
}

describe.each(cases.map((entry, i) => ({ ...entry, i })))('recorded owner $i', ({ given, shown }) => {
  it('is shown to ytt as Go marshals it', () => {
    expect(ownerJson(given)).toEqual(shown);
  });

  it('is shown to paths as Go marshals it, as a whole and in each part', () => {
    for (const path of ['metadata', 'spec', 'status']) expect(found(given, path)).toEqual(shown[path]);
    for (const [name, value] of Object.entries(shown['spec'] as JsonObject)) {
      expect(found(given, `spec.${name}`)).toEqual(value);
    }
  });
});

describe('a path', () => {
  const owner = workload('app', {
    serviceAccountName: '',
    env: [],
    image: '',
    source: { git: { ref: {} } },
    resources: { limits: { cpu: 2, memory: '1.5Gi' }, requests: {} },
    build: { env: [{ name: 'A', value: '', valueFrom: { resourceFieldRef: { resource: 'r', divisor: '1000m' } } }] },
  });

  test.each<[string, Json]>([
    ['spec.resources.limits.cpu', '2'],
    ['spec.resources.limits.memory', '1536Mi'],
    ['spec.resources.limits', { cpu: '2', memory: '1536Mi' }],
    ['spec.resources.requests', {}],
    ['spec.resources', { limits: { cpu: '2', memory: '1536Mi' } }],
    ['spec.resources.claims', null],
    ['spec.build.env[0].value', ''],
    ['spec.build.env[0].valueFrom.resourceFieldRef.divisor', '1'],
    ['spec.build.env[0].valueFrom', { resourceFieldRef: { resource: 'r', divisor: '1' } }],
    ['spec.build.env[?(@.name=="A")]', { name: 'A', valueFrom: { resourceFieldRef: { resource: 'r', divisor: '1' } } }],
    ['spec.serviceAccountName', ''],
    ['spec.env', []],
    ['spec.image', ''],
    ['spec.source.git.ref', {}],
    ['spec.source.git.ref.branch', null],
  ])('%s', (path, value) => {
    expect(found(owner, path)).toEqual(value);
  });
});

test('a quantity that Kubernetes cannot read stays as it stands', () => {
  const limits = { a: 'lots', b: '1e1.5', c: '', d: true, e: 1.5, f: null, g: [] };
  const owner = workload('app', { resources: { limits } });
  const shown = { a: 'lots', b: '1e1.5', c: '', d: true, e: '1500m', f: '0', g: [] };
  expect(found(owner, 'spec.resources.limits')).toEqual(shown);
});

test('fields that are not declared are not shown', () => {
  const owner = workload('app', { extra: 1, build: { extra: 1 } }, { clusterName: 'c' });
  expect(ownerJson(owner)['spec']).toEqual({ build: {} });
  expect(ownerJson(owner)['metadata']).not.toHaveProperty('clusterName');
});

const anyJson = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const field = fc.constantFrom('env', 'resources', 'source', 'build', 'image', 'params', 'serviceClaims', '__proto__');

test('whatever an owner holds, it is shown without failing, and the same when shown again', () => {
  fc.assert(
    fc.property(fc.dictionary(field, anyJson), anyJson, (spec, status) => {
      const given = { ...workload('app', spec), status } as KubeObject;
      const shown = ownerJson(given);
      expect(found(given, 'spec')).toEqual(shown['spec']);
      expect(ownerJson(shown as KubeObject)).toEqual(shown);
      expect(isObject(shown['spec'])).toBe(true);
    }),
  );
});
