import { findCondition } from '@cartographer/machinery';
import type { Descriptor } from '@cartographer/oci';
import { expect, it } from 'vitest';
import {
  addCarrier,
  cycloneDxFindings,
  envelope,
  type Keys,
  keys,
  sarifFindings,
  statement,
  TYPES,
} from './inventories/testing/attach.ts';
import { type ServedImages, serveImages } from './inventories/testing/served-images.ts';
import { createScanStage, npmAdvisory, policy, type ScanStage, scannerWrites, source } from './testing/scan-stage.ts';

const REPOSITORY = 'team/app';
const key = keys();
const TRUST = `, findings: {trust: [${JSON.stringify(key.pem)}], interval: 10m}`;

/** Attaches findings in a statement, signed or not. */
function attach(registry: ServedImages, image: Descriptor, document: object, ...by: readonly Keys[]): void {
  const images = registry.repository(REPOSITORY);
  const about = statement(image, document, 'runs' in document ? 'https://example.com/sarif' : undefined);
  const signed = envelope(about, ...by);
  const place = `${REPOSITORY}@${image.digest}`;
  const before = registry.referrers?.get(place) ?? [];
  registry.referrers?.set(place, [...before, addCarrier(images, TYPES.envelope, signed, image)]);
}

async function started(): Promise<{ stage: ScanStage; registry: ServedImages; image: Descriptor }> {
  const registry = await serveImages();
  const image = registry
    .repository(REPOSITORY)
    .add([['app/node_modules/left/package.json', '{"name":"left","version":"1.0.0"}']]);
  const hosts = [registry.host];
  const stage = await createScanStage({ isOverNetwork: true, destinations: { allowed: hosts, plainHttp: hosts } });
  await stage.advisory('other.json', npmAdvisory('GHSA-0000-0000-0001', 'other'));
  await stage.apply(source('folder', stage.folder) + policy('gate', TRUST));
  await stage.apply(`
apiVersion: scanning.carto.run/v1alpha1
kind: ImageScan
metadata: {name: app, namespace: default}
spec: {image: '${registry.host}/${REPOSITORY}@${image.digest}', policyRef: {name: gate}}
---
`);
  await stage.restart();
  return { stage, registry, image };
}

const saidOf = async (stage: ScanStage) => {
  const { message = '', conditions, compliantArtifact } = await stage.status('app');
  const matched = findCondition(conditions, 'Matched');
  return { message, matched: `${matched?.reason} ${matched?.message}`, isCompliant: compliantArtifact !== undefined };
};

it('attached findings reach the verdict when they are attached, and nobody starts anything', async () => {
  const { stage, registry, image } = await started();
  await using _ = stage;
  await using __ = registry;
  expect(await saidOf(stage)).toMatchObject({
    message: expect.stringContaining('no findings that a key of its findings.trust signed are attached yet') as string,
    isCompliant: false,
  });

  // Whatever others attach is named, and opens nothing.
  attach(registry, image, cycloneDxFindings(), keys());
  attach(registry, image, sarifFindings('CVE-2'));
  await stage.interval();
  const named = await saidOf(stage);
  expect(named.matched).toMatch(/^FindingsIgnored .*: sha256:.* is not signed by a key that a policy trusts/);
  expect(named.isCompliant).toBe(false);

  attach(registry, image, cycloneDxFindings(), key);
  await stage.interval();
  expect(await saidOf(stage)).toMatchObject({ message: 'passed: no findings', isCompliant: true });

  // At rest it is looked, and nothing is written.
  const since = stage.audit.length;
  registry.asked();
  await stage.interval();
  expect(registry.asked().some((line) => line.startsWith('GET referrer'))).toBe(true);
  expect(scannerWrites(stage, since)).toEqual({});

  attach(registry, image, sarifFindings('CVE-1'), key);
  await stage.interval();
  expect(scannerWrites(stage, since)).toEqual({ 'create events': 1, 'update imagescans/status': 1 });
  const refused = await saidOf(stage);
  expect(refused.message).toMatch(
    /^refused by ClusterScanPolicy gate: 1 Critical \(CVE-1 in left 1\.0\.0, no fix yet\)/,
  );
  expect(refused.isCompliant).toBe(false);
  expect(await stage.status('app')).toMatchObject({
    counts: { critical: 1 },
    findings: [{ id: 'CVE-1', severity: 'Critical', score: 9.8, package: 'pkg:npm/left@1.0.0', policy: 'gate' }],
  });

  await stage.apply(`
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterVulnerabilityException
metadata: {name: left}
spec:
  namespaceSelector: {}
  vulnerability: CVE-1
  package: pkg:npm/left
  status: fixed
  expires: "${new Date(stage.clock.now() + 7_200_000).toISOString()}"
---
`);
  await stage.settled();
  expect(await saidOf(stage)).toMatchObject({ message: 'passed: no findings, 1 excepted', isCompliant: true });

  // Who takes the findings away changes nothing, and a start neither.
  registry.referrers?.clear();
  await stage.delete('ClusterVulnerabilityException', 'left', '');
  await stage.restart();
  await stage.interval();
  expect((await saidOf(stage)).message).toMatch(/^refused by ClusterScanPolicy gate: 1 Critical \(CVE-1/);
});
