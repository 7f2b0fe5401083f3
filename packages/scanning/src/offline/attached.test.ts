import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import type { Descriptor } from '@cartographer/oci';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addCarrier,
  cycloneDx,
  envelope,
  type Keys,
  keys,
  sarifFindings,
  statement,
  TYPES,
} from '../scanner/inventories/testing/attach.ts';
import { type ServedImages, serveImages } from '../scanner/inventories/testing/served-images.ts';
import { npmAdvisory } from '../scanner/testing/scan-stage.ts';
import { readPolicy } from '../verdict/read-policy.ts';
import { judge } from './judge.ts';
import { scan } from './scan.ts';

const REPOSITORY = 'team/app';
const key = keys();
const { signal } = new AbortController();
let advisories = '';
let registry: ServedImages;
let image: Descriptor;

beforeAll(async () => {
  advisories = await mkdtemp(join(tmpdir(), 'carto-attached-'));
  await writeFile(join(advisories, 'more.json'), JSON.stringify(npmAdvisory('GHSA-0000-0000-0001', 'more')));
});
afterAll(() => rm(advisories, { recursive: true }));
beforeEach(async () => {
  registry = await serveImages();
  const left = ['app/node_modules/left/package.json', '{"name":"left","version":"1.0.0"}'] as const;
  image = registry.repository(REPOSITORY).add([left]);
});
afterEach(() => registry[Symbol.asyncDispose]());

function attest(document: object, ...by: readonly Keys[]): void {
  const about = statement(image, document, 'runs' in document ? 'https://example.com/sarif' : undefined);
  const carrier = addCarrier(registry.repository(REPOSITORY), TYPES.envelope, envelope(about, ...by), image);
  const place = `${REPOSITORY}@${image.digest}`;
  registry.referrers?.set(place, [...(registry.referrers.get(place) ?? []), carrier]);
}

const trusting = (field: 'inventory' | 'findings', more = '') =>
  `${field}: {trust: [${JSON.stringify(key.pem)}]${more}}`;

async function scanned(spec?: string) {
  const yaml = `{apiVersion: scanning.carto.run/v1alpha1, kind: ClusterScanPolicy, metadata: {name: gate}, spec: {namespaceSelector: {}, deny: [{severityAtLeast: High}], ${spec}}}`;
  const read = spec === undefined ? undefined : readPolicy(yaml);
  if (read?.kind === 'wrong') throw new Error(read.errors.join());
  const input = { image: `${registry.host}/${REPOSITORY}@${image.digest}` };
  const policy = read?.value;
  const said: string[] = [];
  const { bill, report } = await scan(input, {
    advisories,
    clock: systemClock,
    random: () => 0,
    dockerConfig: advisories,
    fetch,
    signal,
    say: (line) => said.push(line),
    ...(policy === undefined ? {} : { policy }),
  });
  const verdict = policy === undefined ? undefined : judge(policy, { bill, report, input, nowMs: Date.now() });
  return { bill, report, verdict };
}

describe('carto scan --image', () => {
  it('adds the packages of bills that are attached, as the scanner of a cluster does', async () => {
    attest(cycloneDx('more@1.0.0'));
    const { bill, report } = await scanned();
    expect(bill.packages.map(({ name }) => name)).toEqual(['left', 'more']);
    expect(report).toMatchObject({ findings: [{ id: 'GHSA-0000-0000-0001' }], complete: true });
    expect(report).not.toHaveProperty('attached');
  });

  it('takes a bill that a key of the policy signed alone, and names one that none has', async () => {
    attest(cycloneDx('more@1.0.0'), key);
    expect((await scanned(trusting('inventory'))).bill.packages.map(({ name }) => name)).toEqual(['more']);
    registry.referrers?.clear();
    attest(cycloneDx('more@1.0.0'), keys());
    const { bill, verdict } = await scanned(trusting('inventory'));
    expect(bill.unread.map(({ why }) => why)).toEqual(['is not signed by a key that the policies trust']);
    expect(verdict?.result).toBe('Refused');
  });

  it('judges findings that a key of the policy signed, and no others', async () => {
    attest(sarifFindings('CVE-1'), key);
    attest(sarifFindings('CVE-2'), keys());
    const { report, verdict } = await scanned(trusting('findings'));
    expect(report.findings.map(({ id, package: { purl } }) => [id, purl])).toEqual([['CVE-1', 'pkg:npm/left@1.0.0']]);
    expect(report.attached?.ignored).toHaveLength(1);
    expect(verdict?.message).toMatch(/^refused by ClusterScanPolicy gate: 1 Critical \(CVE-1 in left 1\.0\.0/);
  });

  it('is refused where the findings that the policy asks for are missing, and incomplete where they cannot be read', async () => {
    expect((await scanned(trusting('findings'))).verdict?.message).toMatch(/are attached yet/);
    attest(sarifFindings('CVE-1', 'of nothing'), key);
    const { report, verdict } = await scanned(trusting('findings', ', onMissing: Warn'));
    expect([report.complete, verdict?.result]).toEqual([false, 'Warned']);
  });
});
