import { API_VERSION } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { readChange } from './change.ts';
import { changeOwner } from './change-owner.ts';
import type { ChangeFlags } from './edit-flags.ts';

const GIT = { git: { url: 'https://example.com/a.git', ref: { branch: 'main' } } };

function ownerOf(spec: JsonObject, labels?: Record<string, string>): KubeObject {
  return { apiVersion: API_VERSION, kind: 'Workload', metadata: { name: 'web', ...(labels && { labels }) }, spec };
}

function changed(spec: JsonObject, flags: ChangeFlags): unknown {
  const problems: string[] = [];
  const change = readChange(flags, problems);
  expect(problems).toEqual([]);
  return changeOwner(ownerOf(spec), change)['spec'];
}

describe('the source', () => {
  it.each<[string, JsonObject, ChangeFlags, JsonObject]>([
    [
      'of git takes an image away',
      { image: 'x' },
      { gitRepo: 'u', gitBranch: 'b' },
      { source: { git: { url: 'u', ref: { branch: 'b' } } } },
    ],
    [
      'of git takes a source image and its sub-path away',
      { source: { image: 'x', subPath: 'p' } },
      { gitRepo: 'u', gitTag: 't' },
      { source: { git: { url: 'u', ref: { tag: 't' } } } },
    ],
    [
      'of git keeps its own sub-path',
      { source: { ...GIT, subPath: 'p' } },
      { gitCommit: 'c' },
      { source: { git: { ...GIT.git, ref: { branch: 'main', commit: 'c' } }, subPath: 'p' } },
    ],
    ['of an image takes git away', { source: { ...GIT, subPath: 'p' } }, { image: 'i' }, { image: 'i' }],
    [
      'of a source image takes git and its sub-path away',
      { source: { ...GIT, subPath: 'p' } },
      { sourceImage: 's' },
      { source: { image: 's' } },
    ],
    [
      'of a source image keeps its own sub-path',
      { source: { image: 'x', subPath: 'p' } },
      { sourceImage: 's' },
      { source: { image: 's', subPath: 'p' } },
    ],
    [
      'of a source image takes a sub-path that is given',
      { source: { ...GIT, subPath: 'p' } },
      { sourceImage: 's', subPath: 'q' },
      { source: { image: 's', subPath: 'q' } },
    ],
    [
      'of Maven takes every other away',
      { image: 'i', source: GIT },
      { mavenGroup: 'g', mavenArtifact: 'a', mavenVersion: '1' },
      { params: [{ name: 'maven', value: { groupId: 'g', artifactId: 'a', version: '1' } }] },
    ],
    [
      'of Maven is changed by one flag',
      { params: [{ name: 'maven', value: { groupId: 'g', artifactId: 'a', version: '1' } }] },
      { mavenVersion: '2', mavenType: 'war' },
      { params: [{ name: 'maven', value: { groupId: 'g', artifactId: 'a', version: '2', type: 'war' } }] },
    ],
    [
      'of git takes Maven away',
      {
        params: [
          { name: 'maven', value: {} },
          { name: 'p', value: 1 },
        ],
      },
      { gitRepo: 'u', gitBranch: 'b' },
      { params: [{ name: 'p', value: 1 }], source: { git: { url: 'u', ref: { branch: 'b' } } } },
    ],
    [
      'goes with an empty repository',
      { source: { ...GIT, subPath: 'p' } },
      { gitRepo: '' },
      { source: { subPath: 'p' } },
    ],
    ['goes with its last ref', { source: GIT }, { gitBranch: '' }, {}],
    [
      'stays while a ref is left',
      { source: GIT },
      { gitBranch: '', gitTag: 'v1' },
      { source: { git: { url: GIT.git.url, ref: { tag: 'v1' } } } },
    ],
    ['loses its sub-path alone', { source: { ...GIT, subPath: 'p' } }, { subPath: '' }, { source: GIT }],
    ['is left alone by an image that goes', { image: 'i', source: GIT }, { image: '' }, { source: GIT }],
    [
      'is left alone by other flags',
      { image: 'i', source: GIT },
      { serviceAccount: 'a' },
      { image: 'i', source: GIT, serviceAccountName: 'a' },
    ],
  ])('%s', (_, spec, flags, expected) => {
    expect(changed(spec, flags)).toEqual(expected);
  });
});

describe('lists of names', () => {
  it('keep their order, replace in place, add at the end, and go when they are empty', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: 'x' } } },
      { name: 'C', value: '3' },
    ];
    expect(changed({ env }, { env: ['B=two=2', 'D=', 'A-'] })).toEqual({
      env: [
        { name: 'B', value: 'two=2' },
        { name: 'C', value: '3' },
        { name: 'D', value: '' },
      ],
    });
    expect(changed({ env: [{ name: 'A', value: '1' }] }, { env: ['A-'] })).toEqual({});
    expect(changed({ build: { env: [{ name: 'A', value: '1' }] } }, { buildEnv: ['A-'] })).toEqual({});
  });

  it('have a name once after a change, though it stood there twice', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ];
    expect(changed({ env }, { env: ['A=3'] })).toEqual({ env: [{ name: 'A', value: '3' }] });
    expect(changed({ env }, { env: ['B=3'] })).toEqual({ env: [...env, { name: 'B', value: '3' }] });
  });

  it('take structured params, claims and annotations', () => {
    const flags = {
      paramYaml: ['ports=[{"port": 8080}]', 'debug=true', 'size=0644'],
      param: ['text=true'],
      serviceRef: ['db=v1:Secret:orders', 'queue=rabbit.example/v1beta1:Cluster:q'],
      annotation: ['autoscaling/min=1,note=a,b'],
    };
    expect(changed({}, flags)).toEqual({
      params: [
        { name: 'text', value: 'true' },
        { name: 'ports', value: [{ port: 8080 }] },
        { name: 'debug', value: true },
        { name: 'size', value: 420 },
        { name: 'annotations', value: { 'autoscaling/min': '1', note: 'a,b' } },
      ],
      serviceClaims: [
        { name: 'db', ref: { apiVersion: 'v1', kind: 'Secret', name: 'orders' } },
        { name: 'queue', ref: { apiVersion: 'rabbit.example/v1beta1', kind: 'Cluster', name: 'q' } },
      ],
    });
    expect(changed({ params: [{ name: 'annotations', value: { a: '1' } }] }, { annotation: ['a-'] })).toEqual({});
  });
});

describe('other fields', () => {
  it('are set, and go when they are given empty', () => {
    const spec = {
      resources: { limits: { cpu: '1' }, requests: { cpu: '1', memory: '1Gi' } },
      serviceAccountName: 'a',
    };
    expect(changed(spec, { limitCpu: '', requestMemory: '2Gi', serviceAccount: '' })).toEqual({
      resources: { requests: { cpu: '1', memory: '2Gi' } },
    });
  });

  it('include labels, of which a comma parts several', () => {
    const change = readChange({ label: ['a=1,b=2', 'c-'], app: 'shop' }, []);
    expect(changeOwner(ownerOf({}, { c: '3', d: '4' }), change).metadata.labels).toEqual({
      d: '4',
      a: '1',
      b: '2',
      'app.kubernetes.io/part-of': 'shop',
    });
    expect(changeOwner(ownerOf({}, { c: '3' }), readChange({ label: ['c-'] }, [])).metadata).toEqual({ name: 'web' });
  });
});
