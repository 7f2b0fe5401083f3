import { rootSchema } from '@cartographer/api';
import { compileJsonPath, compileSchema, type JsonObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageScanKind, sourceScanKind } from '../kinds/scans.ts';
import { findingKey, type ScanFacts } from './facts.ts';
import { type ScanReport, STATUS_BYTES, scanStatus, verdictDigest } from './scan-status.ts';
import { clusterExceptionOf, factsOf, findingOf, inDays, inventoryOf, NOW, policyOf } from './testing/stage.ts';
import { verdict } from './verdict.ts';

const gate = policyOf('web-gate', { deny: [{ severityAtLeast: 'High', fixable: true }] });
const high = findingOf('GHSA-1', { aliases: ['CVE-2026-1'], score: 7.5 });
const artifact = { registry: { image: `registry.example.com/team/app@${factsOf().digest}` } };

function reportOf(findings = [high], facts: Partial<ScanFacts> = {}, more: Partial<ScanReport> = {}): ScanReport {
  const whole = factsOf(facts);
  return { generation: 3, artifact, facts: whole, verdict: verdict(findings, [gate], [], whole, NOW), ...more };
}

const statusOf = (findings = [high], facts: Partial<ScanFacts> = {}, more: Partial<ScanReport> = {}) =>
  scanStatus(reportOf(findings, facts, more), undefined, NOW);

const conditionsOf = (status: ReturnType<typeof statusOf>) =>
  (status.conditions ?? []).map(({ type, status: is, reason }) => `${type} ${is} ${reason}`);

describe('the status of a scan', () => {
  it('tells the whole story of one that is refused', () => {
    const status = statusOf([high], { since: new Map([[findingKey(high), inDays(-1)]]) });
    expect(status).toMatchObject({
      observedGeneration: 3,
      phase: 'Completed',
      artifact,
      inventory: { packages: 214, from: ['layers'], platforms: ['linux/amd64'], complete: true, uncovered: [] },
      advisories: [{ source: 'osv', revision: '1' }],
      counts: { critical: 0, high: 1, fixable: 1, excepted: 0 },
      findings: [
        {
          id: 'GHSA-1',
          aliases: ['CVE-2026-1'],
          severity: 'High',
          score: 7.5,
          package: 'pkg:npm/a@1.2.3',
          fixedIn: '1.2.4',
          since: inDays(-1),
          policy: 'web-gate',
          rule: 0,
        },
      ],
      verdict: { number: 1, result: 'Refused', policies: ['web-gate@4'] },
    });
    expect(status.compliantArtifact).toBeUndefined();
    expect(status.verdict?.recheckAt).toBeUndefined();
    expect(status.message).toMatch(/^refused by ClusterScanPolicy web-gate: 1 High/);
    expect(conditionsOf(status)).toEqual([
      'Inventoried True Complete',
      'Matched True Matched',
      'Succeeded True Scanned',
      'PolicySucceeded False PolicyViolation',
      'Ready False PolicyViolation',
    ]);
  });

  it('has what was scanned as compliant while it passes, and only then', () => {
    expect(statusOf([])).toMatchObject({ compliantArtifact: artifact, verdict: { result: 'Passed' } });
    expect(statusOf([], { inventory: inventoryOf({ uncovered: ['Hex'] }) })).toMatchObject({
      compliantArtifact: artifact,
    });
    for (const facts of [{ sources: [] }, { policy: 'gone' }, { inventory: { kind: 'pending' as const } }]) {
      expect(statusOf([], facts).compliantArtifact).toBeUndefined();
    }
  });

  it('waits, with what is known already, for a source that our store failed to take in', () => {
    const facts = factsOf();
    const sources = facts.sources.map((source) => ({ ...source, behind: true as const }));
    const waiting = statusOf([], { sources });
    expect(waiting).toMatchObject({ phase: 'Scanning', inventory: { packages: 214 }, verdict: { result: 'Unknown' } });
    expect(waiting.compliantArtifact).toBeUndefined();
    expect(conditionsOf(waiting)).toEqual([
      'Inventoried True Complete',
      'Matched Unknown StoreFailed',
      'Succeeded Unknown Scanning',
      'PolicySucceeded Unknown StoreFailed',
      'Ready Unknown StoreFailed',
    ]);
    expect(conditionsOf(statusOf([], { sources, passes: true }))).toEqual(conditionsOf(statusOf([])));
  });

  it('gives templates for the original scans what they read, while it passes', () => {
    const blob = { url: 'https://source.example.com/a.tar.gz', revision: 'main/1' };
    const passed = [statusOf([]), statusOf([], {}, { artifact: { blob } })];
    const refused = [statusOf(), statusOf([high], {}, { artifact: { blob } })];
    const read = (path: string, status: unknown) =>
      compileJsonPath(`{.status.compliantArtifact.${path}}`, { allowMissingKeys: true }).find({ status }).flat();
    const readAll = ([image, source]: readonly unknown[]) => [
      ...read('registry.image', image),
      ...read('blob.url', source),
      ...read('blob.revision', source),
    ];
    expect(readAll(passed)).toEqual([artifact.registry.image, blob.url, blob.revision]);
    expect(readAll(refused)).toEqual([]);
  });

  it.each([
    [
      { inventory: { kind: 'pending' as const } },
      'Pending',
      [
        'Inventoried Unknown Reading',
        'Matched Unknown NotInventoried',
        'Succeeded Unknown Scanning',
        'PolicySucceeded Unknown Scanning',
        'Ready Unknown Scanning',
      ],
    ],
    [
      { sources: [] },
      'Scanning',
      [
        'Inventoried True Complete',
        'Matched Unknown NoAdvisories',
        'Succeeded Unknown Scanning',
        'PolicySucceeded Unknown NoAdvisories',
        'Ready Unknown NoAdvisories',
      ],
    ],
    [
      { sources: [{ name: 'osv', matched: false }] },
      'Scanning',
      [
        'Inventoried True Complete',
        'Matched Unknown SourcesNotMatched',
        'Succeeded Unknown Scanning',
        'PolicySucceeded Unknown SourcesNotMatched',
        'Ready Unknown SourcesNotMatched',
      ],
    ],
    [
      { inventory: { kind: 'failed', reason: 'RegistryForbidden', message: 'asks for a login' } as const },
      'Failed',
      [
        'Inventoried False RegistryForbidden',
        'Matched Unknown NotInventoried',
        'Succeeded False RegistryForbidden',
        'PolicySucceeded False InventoryMissing',
        'Ready False InventoryMissing',
      ],
    ],
    [
      {
        inventory: inventoryOf({
          attached: { heard: [], unread: [], ignored: [{ what: 'referrer 1', why: 'is not signed' }] },
        }),
      },
      'Completed',
      [
        'Inventoried True Complete',
        'Matched True FindingsIgnored',
        'Succeeded True Scanned',
        'PolicySucceeded True Passed',
        'Ready True Passed',
      ],
    ],
    [
      { inventory: inventoryOf({ unread: [{ what: 'layer 1', why: 'is large' }] }) },
      'Completed',
      [
        'Inventoried True Incomplete',
        'Matched True Matched',
        'Succeeded True Scanned',
        'PolicySucceeded False PolicyViolation',
        'Ready False PolicyViolation',
      ],
    ],
    [
      {},
      'Completed',
      [
        'Inventoried True Complete',
        'Matched True Matched',
        'Succeeded True Scanned',
        'PolicySucceeded True Passed',
        'Ready True Passed',
      ],
    ],
    [
      { inventory: inventoryOf({ uncovered: ['Debian:12'] }) },
      'Completed',
      [
        'Inventoried True Complete',
        'Matched True Matched',
        'Succeeded True Scanned',
        'PolicySucceeded True Warned',
        'Ready True Warned',
      ],
    ],
    [
      { policy: 'gone' },
      'Completed',
      [
        'Inventoried True Complete',
        'Matched True Matched',
        'Succeeded True Scanned',
        'PolicySucceeded Unknown PolicyNotFound',
        'Ready Unknown PolicyNotFound',
      ],
    ],
  ])('of %j is %s', (facts, phase, conditions) => {
    const status = statusOf([], facts);
    expect(status.phase).toBe(phase);
    expect(conditionsOf(status)).toEqual(conditions);
  });

  it('says how many names it leaves out', () => {
    const names = (count: number) => Array.from({ length: count }, (_, i) => `E${i + 10}`);
    const uncoveredOf = (count: number) =>
      statusOf([], { inventory: inventoryOf({ uncovered: names(count) }) }).inventory?.uncovered;
    expect(uncoveredOf(10)).toEqual(names(10));
    expect(uncoveredOf(11)).toEqual([...names(9), 'and 2 more']);
  });

  it('says in Ready when what passed before would now be refused', () => {
    const earlier = {
      artifact: { registry: { image: 'app@sha256:1' } },
      since: inDays(-9),
      verdict: reportOf().verdict,
    };
    const status = statusOf([], {}, { lastCompliant: earlier });
    expect(status.lastCompliant).toEqual({ image: 'app@sha256:1', since: inDays(-9), verdict: 'Refused' });
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.message).toMatch(/; app@sha256:1, which passed before it, would now be refused by ClusterScanPolicy/);
    expect(ready?.status).toBe('True');
  });
});

describe('a status that is made again', () => {
  const later = NOW + 3_600_000;
  const moved = { sources: [{ name: 'osv', matched: true, revision: '2', fetched: inDays(0) }] };

  it('comes back as it was when nothing reads differently, whatever the time and the revision', () => {
    const first = statusOf();
    expect(scanStatus(reportOf([high], moved), first, later)).toBe(first);
  });

  it('has a number more, new times and new revisions only when it says something else', () => {
    const first = statusOf([]);
    const second = scanStatus(reportOf([high], moved), first, later);
    expect(second).toMatchObject({ verdict: { number: 2 }, advisories: [{ revision: '2' }] });
    const timeOf = (status: typeof first, type: string) =>
      status.conditions?.find((condition) => condition.type === type)?.lastTransitionTime;
    expect(timeOf(second, 'Inventoried')).toBe(timeOf(first, 'Inventoried'));
    expect(timeOf(second, 'Ready')).not.toBe(timeOf(first, 'Ready'));
    const third = scanStatus(reportOf([high], moved, { generation: 4 }), second, later);
    expect(third).toMatchObject({ observedGeneration: 4, verdict: { number: 2 } });
    expect(verdictDigest(third)).toBe(verdictDigest(second));
    expect(verdictDigest(second)).not.toBe(verdictDigest(first));
  });

  it('is the same after a way through a server that sorts fields', () => {
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.keys(value)
                .toSorted((left, right) => (left < right ? -1 : 1))
                .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
            )
          : value;
    const stored = sorted(statusOf()) as ReturnType<typeof statusOf>;
    expect(scanStatus(reportOf([high], moved), stored, later)).toBe(stored);
    expect(verdictDigest(stored)).toBe(verdictDigest(statusOf()));
  });

  it('says when time alone will change it, but not when advisories grow old', () => {
    const facts = factsOf();
    const excused = verdict([high], [gate], [clusterExceptionOf('GHSA-1')], facts, NOW);
    expect(excused.recheckAt).toBe(Date.parse(inDays(4)));
    const status = statusOf([], {}, { verdict: excused });
    expect(status.verdict?.recheckAt).toBe('2026-06-11T00:00:00Z');
  });
});

describe('with hostile texts', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3000 }),
    fc
      .constantFrom('\u0000', '\ud800', '"', '\\', '😀', '漢', 'a')
      .chain((unit) => fc.integer({ min: 0, max: 4000 }).map((count) => unit.repeat(count))),
  );
  const finding = fc
    .record({
      id: hostile,
      aliases: fc.array(hostile, { maxLength: 5 }),
      fixedIn: hostile,
      name: hostile,
      version: hostile,
      purl: hostile,
    })
    .map(({ id, aliases, fixedIn, ...found }) =>
      findingOf(id, { aliases, fixedIn, package: { ...found, ecosystem: 'npm' } }),
    );
  const facts = fc
    .record({ names: fc.array(hostile, { minLength: 30, maxLength: 40 }), why: hostile })
    .map(({ names, why }) =>
      factsOf({
        inventory: inventoryOf({
          digest: why,
          from: names,
          platforms: names,
          uncovered: names,
          unread: names.map((what) => ({ what, why })),
        }),
        sources: names.map((name) => ({ name, matched: true, revision: why, fetched: inDays(0) })),
      }),
    );
  const image = `registry.example.com/${'a'.repeat(400)}@sha256:${'b'.repeat(64)}`;

  it('a status is smaller than 16 KiB, and one that its definition takes', () => {
    const schemas = [imageScanKind, sourceScanKind].map((kind) => ({ kind, schema: compileSchema(rootSchema(kind)) }));
    fc.assert(
      fc.property(fc.array(finding, { minLength: 10, maxLength: 14 }), facts, hostile, (findings, whole, reason) => {
        const policies = Array.from({ length: 20 }, (_, i) =>
          policyOf(`${'p'.repeat(250)}${i}`, { deny: [{ fixable: true }] }),
        );
        const judged = verdict(findings, policies, [], whole, NOW);
        const artifacts = [
          { registry: { image } },
          { blob: { url: `https://${'u'.repeat(2040)}`, revision: 'r'.repeat(512) } },
        ];
        for (const [i, what] of artifacts.entries()) {
          const lastCompliant = { artifact: what, since: inDays(0), verdict: judged };
          const failed = {
            ...whole,
            inventory: { kind: 'failed', reason: 'ImageUnreadable', message: reason } as const,
          };
          for (const each of [whole, failed]) {
            const status = scanStatus(
              { generation: 1, artifact: what, facts: each, verdict: judged, lastCompliant },
              undefined,
              NOW,
            );
            expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(STATUS_BYTES);
            const { kind, schema } = schemas[i] ?? {};
            const object = {
              apiVersion: 'scanning.carto.run/v1alpha1',
              kind: kind?.kind,
              metadata: {},
              spec: {},
              status,
            };
            const errors = schema?.validate(JSON.parse(JSON.stringify(object)) as JsonObject) ?? [];
            expect(errors.filter(({ field }) => field.startsWith('status'))).toEqual([]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
