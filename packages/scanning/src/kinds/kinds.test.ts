import { READ_ANNOTATION, rootSchema, type SchemaNode } from '@cartographer/api';
import { systemClock as clock, createRestMapper } from '@cartographer/kube';
import { getPath, type JsonObject, type KubeObject, structuralErrors } from '@cartographer/machinery';
import { type Embedded, startEmbedded } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCANNING_API_VERSION } from './group.ts';
import { scanningCrds, scanningKinds } from './kinds.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = `registry.example.com/team/app@${DIGEST}`;
const policyRef = { name: 'web-gate' };
const expires = '2027-01-01T00:00:00Z';
const url = 'https://source.example.com/a.tar.gz';
const namespaceSelector = {};
const excused = { vulnerability: 'CVE-2026-1', expires };
const accepted = { status: 'affected', action: 'is replaced in May', accept: true };
const rule = (clauses: JsonObject): JsonObject => ({ namespaceSelector, deny: [clauses] });

type KindName = keyof typeof scanningKinds;

const ACCEPTED: readonly (readonly [KindName, string, JsonObject])[] = [
  ['ImageScan', 'an image with its digest', { image: IMAGE, policyRef }],
  ['ImageScan', 'an image with tag and digest', { image: `localhost:5000/a:1@${DIGEST}`, policyRef }],
  [
    'ImageScan',
    'what a template for the original scans stamps',
    { registry: { image: IMAGE, imagePullSecret: 'pull' }, scanPolicy: 'scan-policy', scanTemplate: 'private-image' },
  ],
  ['ImageScan', 'another account', { image: IMAGE, policyRef, serviceAccountName: 'puller' }],
  ['SourceScan', 'a source', { source: { url, revision: 'main/1', digest: DIGEST }, policyRef }],
  ['SourceScan', 'a source without a digest', { source: { url, revision: 'main/1' }, policyRef }],
  [
    'SourceScan',
    'what a template for the original scans stamps',
    { blob: { url, revision: 'main/1' }, scanPolicy: 'scan-policy', scanTemplate: 'blob-source-scan-template' },
  ],
  [
    'VulnerabilityException',
    'not affected, justified',
    { ...excused, status: 'not_affected', justification: 'component_not_present' },
  ],
  [
    'VulnerabilityException',
    'not affected, explained',
    { ...excused, status: 'not_affected', impact: 'is never called' },
  ],
  ['VulnerabilityException', 'affected and accepted', { ...excused, ...accepted }],
  [
    'VulnerabilityException',
    'fixed, of a package in some images',
    { ...excused, status: 'fixed', package: 'pkg:npm/a', images: ['registry.example.com/**'] },
  ],
  [
    'VulnerabilityException',
    'under investigation, of some digests',
    { ...excused, status: 'under_investigation', digests: [DIGEST] },
  ],
  ['ClusterVulnerabilityException', 'for all namespaces', { ...excused, ...accepted, namespaceSelector }],
  [
    'ClusterScanPolicy',
    'all that a policy may say',
    {
      namespaceSelector: { matchExpressions: [{ key: 'env', operator: 'In', values: ['prod'] }] },
      deny: [
        { severityAtLeast: 'High', fixable: true },
        { ids: ['CVE-2021-44228'] },
        { severityAtLeast: 'Medium', ecosystem: 'npm', olderThan: '168h' },
        { expression: "finding.package.type == 'npm' && finding.score >= 6.0" },
      ],
      warn: [{ severityAtLeast: 'Low' }],
      unknownSeverityIs: 'Medium',
      graceAfterPublication: '1h30m',
      onNewFinding: 'Notify',
      onMissingInventory: 'Warn',
      advisories: { maxAge: '24h', onStale: 'Warn', onUncovered: 'Refuse' },
      inventory: { trust: ['-----BEGIN PUBLIC KEY-----'] },
      exceptions: { namespaced: 'Allowed', maxDays: 30, upTo: 'Medium' },
    },
  ],
  ['ClusterScanPolicy', 'a policy without rules', { namespaceSelector }],
  ['ClusterVulnerabilitySource', 'a folder', { type: 'Directory', path: '/advisories', ecosystems: ['npm'] }],
  [
    'ClusterVulnerabilitySource',
    'an archive',
    { type: 'Archive', url, interval: '1h', secretRef: { namespace: 'a', name: 'b' } },
  ],
  ['ClusterVulnerabilitySource', 'an API', { type: 'Api', url, caBundle: 'PEM' }],
];

const REFUSED: readonly (readonly [KindName, string, JsonObject, RegExp])[] = [
  ['ImageScan', 'no image', { policyRef }, /exactly one of image and registry must be set/],
  [
    'ImageScan',
    'both spellings of the image',
    { image: IMAGE, registry: { image: IMAGE }, policyRef },
    /exactly one of image and registry/,
  ],
  [
    'ImageScan',
    'an image without a digest',
    { image: 'registry.example.com/app:1', policyRef },
    /spec\.image in body should match/,
  ],
  [
    'ImageScan',
    'such an image in the other spelling',
    { registry: { image: 'app:1' }, policyRef },
    /spec\.registry\.image in body should match/,
  ],
  ['ImageScan', 'a short digest', { image: 'app@sha256:abc', policyRef }, /should match/],
  ['ImageScan', 'no policy', { image: IMAGE }, /exactly one of policyRef and scanPolicy must be set/],
  [
    'ImageScan',
    'both spellings of the policy',
    { image: IMAGE, policyRef, scanPolicy: 'lax' },
    /exactly one of policyRef and scanPolicy/,
  ],
  [
    'SourceScan',
    'both spellings of the source',
    { source: { url, revision: '1' }, blob: { url, revision: '1' }, policyRef },
    /exactly one of source and blob/,
  ],
  ['SourceScan', 'no source', { policyRef }, /exactly one of source and blob/],
  [
    'SourceScan',
    'an address that is none',
    { source: { url: 'file:///etc', revision: '1' }, policyRef },
    /should match/,
  ],
  [
    'SourceScan',
    'both spellings of the policy',
    { blob: { url, revision: '1' }, policyRef, scanPolicy: 'lax' },
    /exactly one of policyRef and scanPolicy/,
  ],
  [
    'VulnerabilityException',
    'not affected without a reason',
    { ...excused, status: 'not_affected' },
    /needs a justification or an impact/,
  ],
  [
    'VulnerabilityException',
    'a justification of its own',
    { ...excused, status: 'not_affected', justification: 'because' },
    /Unsupported value/,
  ],
  [
    'VulnerabilityException',
    'affected without accept',
    { ...excused, status: 'affected', action: 'none' },
    /needs an action and accept: true/,
  ],
  [
    'VulnerabilityException',
    'affected and not accepted',
    { ...excused, ...accepted, accept: false },
    /needs an action and accept: true/,
  ],
  [
    'VulnerabilityException',
    'affected without an action',
    { ...excused, status: 'affected', accept: true },
    /needs an action and accept: true/,
  ],
  ['VulnerabilityException', 'no end', { vulnerability: 'CVE-2026-1', ...accepted }, /spec\.expires: Required value/],
  [
    'VulnerabilityException',
    'images and digests',
    { ...excused, ...accepted, images: ['a'], digests: [DIGEST] },
    /only one of images and digests/,
  ],
  ['VulnerabilityException', 'no vulnerability', { expires, ...accepted }, /spec\.vulnerability: Required value/],
  [
    'VulnerabilityException',
    'a pattern as a vulnerability',
    { ...excused, ...accepted, vulnerability: 'CVE-*' },
    /should match/,
  ],
  [
    'VulnerabilityException',
    'a package that is no package URL',
    { ...excused, ...accepted, package: 'lodash' },
    /should match/,
  ],
  [
    'ClusterVulnerabilityException',
    'no selector',
    { ...excused, ...accepted },
    /spec\.namespaceSelector: Required value/,
  ],
  [
    'ClusterVulnerabilityException',
    'not affected without a reason',
    { ...excused, namespaceSelector, status: 'not_affected' },
    /needs a justification/,
  ],
  ['ClusterScanPolicy', 'no selector', { deny: [{ fixable: true }] }, /spec\.namespaceSelector: Required value/],
  ['ClusterScanPolicy', 'a rule without a clause', rule({}), /should have at least 1 properties/],
  ['ClusterScanPolicy', 'a severity of its own', rule({ severityAtLeast: 'Severe' }), /Unsupported value/],
  ['ClusterScanPolicy', 'unknown as a severity to refuse', rule({ severityAtLeast: 'Unknown' }), /Unsupported value/],
  ['ClusterScanPolicy', 'no ids', rule({ ids: [] }), /should have at least 1 items/],
  ['ClusterScanPolicy', 'a span in days', rule({ olderThan: '7d' }), /should match/],
  [
    'ClusterScanPolicy',
    'no days at all',
    { namespaceSelector, exceptions: { maxDays: 0 } },
    /greater than or equal to 1/,
  ],
  [
    'ClusterVulnerabilitySource',
    'a folder with an address',
    { type: 'Directory', path: '/a', url },
    /type Directory needs path and no url/,
  ],
  ['ClusterVulnerabilitySource', 'an archive without an address', { type: 'Archive' }, /Archive and Api need url/],
  [
    'ClusterVulnerabilitySource',
    'credentials for a folder',
    { type: 'Directory', path: '/a', caBundle: 'PEM' },
    /secretRef and caBundle are for/,
  ],
  ['ClusterVulnerabilitySource', 'another type', { type: 'Ftp', url }, /Unsupported value/],
];

const objectOf = (kind: KindName, spec: JsonObject, name = 'x'): KubeObject => ({
  apiVersion: SCANNING_API_VERSION,
  kind,
  metadata: { name, ...(scanningKinds[kind].namespaced ? { namespace: 'default' } : {}) },
  spec,
});

function* nodes(node: SchemaNode): Generator<SchemaNode> {
  yield node;
  for (const child of [...Object.values(node.properties ?? {}), node.items, node.additionalProperties]) {
    if (child !== undefined) yield* nodes(child);
  }
}

describe('the definitions of the kinds', () => {
  it.each(Object.values(scanningKinds))(
    '$kind has a schema that an API server takes, and says what each field is for',
    (kind) => {
      expect(structuralErrors(rootSchema(kind))).toEqual([]);
      expect(
        [...nodes(kind.spec.node), ...nodes(kind.status?.node ?? {})].filter(
          ({ description = '' }) => description === '',
        ),
      ).toEqual([]);
    },
  );

  it('say of the two scans that they are read only as they are now', () => {
    const current = scanningCrds().filter(({ metadata }) => metadata.annotations?.[READ_ANNOTATION] === 'current');
    expect(current.map(({ metadata }) => metadata.name)).toEqual([
      'imagescans.scanning.carto.run',
      'sourcescans.scanning.carto.run',
    ]);
  });

  it('have short names that no other kind has', () => {
    const names = Object.values(scanningKinds).flatMap(({ shortNames }) => shortNames);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('an API server with the definitions', () => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded({ crds: scanningCrds() });
  });
  afterAll(() => embedded.close());

  const create = async (object: KubeObject) => {
    const type = await createRestMapper({ client: embedded.client, clock }).resourceFor(object);
    return embedded.client.create(type, object);
  };

  it.each(ACCEPTED.map((row, i) => [...row, i] as const))('takes a %s: %s', async (kind, _, spec, i) => {
    const created = await create(objectOf(kind, spec, `accepted-${i}`));
    expect(created['spec']).toMatchObject(spec);
  });

  it.each(REFUSED)('refuses a %s: %s', async (kind, _, spec, message) => {
    const error: unknown = await create(objectOf(kind, spec)).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(message);
  });

  it('fills in what a policy leaves out', async () => {
    const created = await create(objectOf('ClusterScanPolicy', { namespaceSelector }, 'defaults'));
    expect(created['spec']).toEqual({
      namespaceSelector: {},
      unknownSeverityIs: 'High',
      graceAfterPublication: '0s',
      onNewFinding: 'Close',
      onMissingInventory: 'Refuse',
      advisories: { maxAge: '120h', onStale: 'Refuse', onUncovered: 'Warn' },
      exceptions: { namespaced: 'Never', maxDays: 90, upTo: 'High' },
    });
  });

  it('keeps status and spec apart', async () => {
    const scan = await create({
      ...objectOf('ImageScan', { image: IMAGE, policyRef }, 'apart'),
      status: { phase: 'Completed' },
    });
    expect(getPath(scan, 'status')).toBeUndefined();
  });
});
