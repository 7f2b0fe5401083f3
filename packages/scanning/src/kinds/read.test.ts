import { spanMs } from '@cartographer/api';
import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { SCANNING_API_VERSION } from './group.ts';
import { readException, readImageScan, readScanPolicy, readSourceScan, readVulnerabilitySource } from './read.ts';

const image = `registry.example.com/app@sha256:${'a'.repeat(64)}`;
const url = 'https://source.example.com/a.tar.gz';
const objectOf = (kind: string, spec: JsonObject, metadata = {}): KubeObject => ({
  apiVersion: SCANNING_API_VERSION,
  kind,
  metadata: { name: 'x', namespace: 'shop', ...metadata },
  spec,
});

describe('a scan is read the same in both spellings', () => {
  it.each([
    { image, policyRef: { name: 'gate' } },
    { registry: { image }, scanPolicy: 'gate', scanTemplate: 'any' },
  ])('of an image: %o', (spec) => {
    expect(readImageScan(objectOf('ImageScan', spec))).toEqual({
      kind: 'read',
      value: { image, policy: 'gate', serviceAccountName: 'default' },
    });
  });

  it.each([
    { source: { url, revision: 'main/1' }, policyRef: { name: 'gate' } },
    { blob: { url, revision: 'main/1' }, scanPolicy: 'gate' },
  ])('of a source: %o', (spec) => {
    expect(readSourceScan(objectOf('SourceScan', spec))).toEqual({
      kind: 'read',
      value: { url, revision: 'main/1', policy: 'gate' },
    });
  });
});

describe('what is wrong is a value that names the field', () => {
  it.each([
    [
      readImageScan(objectOf('ImageScan', { image })),
      /^spec: Invalid value: .*exactly one of policyRef and scanPolicy/,
    ],
    [readImageScan(objectOf('SourceScan', {})), /^is SourceScan of scanning.carto.run\/v1alpha1, not ImageScan/],
    [readImageScan({ ...objectOf('ImageScan', {}), apiVersion: 'carto.run/v1alpha1' }), /of carto.run\/v1alpha1/],
    [
      readSourceScan(objectOf('SourceScan', { source: { url }, scanPolicy: 'a' })),
      /^spec.source.revision: Required value/,
    ],
    [readException(objectOf('VulnerabilityException', {})), /^spec.expires: Required value/],
    [
      readVulnerabilitySource(objectOf('ClusterVulnerabilitySource', { type: 'Archive' })),
      /^spec: .*Archive and Api need url/,
    ],
  ])('%o', (read, message) => {
    expect(read.kind).toBe('wrong');
    expect(read.kind === 'wrong' && read.errors[0]).toMatch(message);
  });

  it('and a field that a policy does not have is wrong, for a rule that is misspelt would let all through', () => {
    const policy = readScanPolicy(objectOf('ClusterScanPolicy', { namespaceSelector: {}, denny: [] }));
    expect(policy).toMatchObject({ name: 'x', wrong: ['spec.denny: unknown field'] });
  });

  it.each([undefined, null, 'text', [], { deny: 'all' }])('and a spec of %o is no crash', (spec) => {
    const object = objectOf('ClusterScanPolicy', spec as unknown as JsonObject);
    expect('wrong' in readScanPolicy(object)).toBe(true);
    expect(readImageScan({ ...object, kind: 'ImageScan' }).kind).toBe('wrong');
  });
});

it('an exception says whose it is and when it was made', () => {
  const spec = { vulnerability: 'CVE-1', status: 'fixed', expires: '2027-01-01T00:00:00Z' };
  const creationTimestamp = '2026-01-01T00:00:00Z';
  expect(readException(objectOf('VulnerabilityException', spec, { creationTimestamp }))).toEqual({
    kind: 'read',
    value: { kind: 'VulnerabilityException', namespace: 'shop', name: 'x', created: creationTimestamp, spec },
  });
  const ofCluster = { ...spec, namespaceSelector: {} };
  expect(readException(objectOf('ClusterVulnerabilityException', ofCluster))).toMatchObject({
    value: { kind: 'ClusterVulnerabilityException', namespace: '' },
  });
});

it.each([
  ['168h', 604_800_000],
  ['1h30m', 5_400_000],
  ['0s', 0],
  ['7d', undefined],
  ['', undefined],
  ['-1h', undefined],
  ['1'.repeat(40), undefined],
])('the span %j is %j milliseconds', (span, ms) => {
  expect(spanMs(span)).toBe(ms);
});
