import { expect } from 'vitest';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmAdvisory,
  npmBill,
  policy,
  type ScanStage,
  scannerWrites,
  source,
} from './scan-stage.ts';

export const LEFT = 'GHSA-0000-0000-0002';
/** What a source that took something in writes. */
export const ONE_SOURCE = { 'update clustervulnerabilitysources/status': 1 };

/** A scan of each of so many images; every so-manieth carries `left`, all of them `right`. */
export async function settledWith(count: number, each = 10): Promise<ScanStage> {
  const stage = await createScanStage();
  await stage.advisory('right.json', npmAdvisory('GHSA-0000-0000-0001', 'right', { fixed: '0.0.1' }));
  await stage.apply(policy() + source('folder', stage.folder));
  for (let number = 1; number <= count; number += 1) {
    const own = [['right', '1.0.0'] as const, [`own-${number}`, '1.0.0'] as const];
    stage.bills.set(digestFor(number), npmBill(...own, ...(number % each === 0 ? [['left', '1.2.3'] as const] : [])));
    await stage.apply(imageScan(`app-${number}`, number));
  }
  await stage.restart();
  return stage;
}

/** An advisory comes, changes its text and goes: ten scans of so many carry its package, and nothing else is written. */
export async function changesTenScansOf(scans: number): Promise<void> {
  await using stage = await settledWith(scans, scans / 10);
  expect(await stage.status('app-1')).toMatchObject({
    observedGeneration: 1,
    phase: 'Completed',
    compliantArtifact: { registry: { image: `registry.example.com/team/app-1@${digestFor(1)}` } },
    message: 'passed: no findings',
  });
  expect([...stage.reads.values()].every((times) => times === 1)).toBe(true);

  let since = stage.audit.length;
  await stage.advisory('left.json', npmAdvisory(LEFT, 'left'));
  await stage.interval();
  expect(scannerWrites(stage, since)).toEqual({
    'update imagescans/status': 10,
    'create events': 10,
    ...ONE_SOURCE,
  });
  const refused = await stage.status(`app-${scans}`);
  expect(refused.verdict).toMatchObject({ result: 'Refused', policies: ['gate@1'] });
  expect(refused.compliantArtifact).toBeUndefined();
  expect(refused.findings).toMatchObject([{ id: LEFT, fixedIn: '2.0.0', package: 'pkg:npm/left@1.2.3' }]);
  expect((await stage.get('ClusterVulnerabilitySource', 'folder'))['status']).toMatchObject({
    advisories: 2,
    lastChange: { added: 1, changed: 0, withdrawn: 0, packages: 1, scans: 10, changedScans: 10 },
  });

  // Another text, of an advisory that touches ten, and of one that touches none.
  since = stage.audit.length;
  await stage.advisory('left.json', npmAdvisory(LEFT, 'left', { summary: 'it is quite broken' }));
  await stage.advisory('right.json', npmAdvisory('GHSA-0000-0000-0001', 'right', { fixed: '0.0.2' }));
  await stage.interval();
  expect(scannerWrites(stage, since)).toEqual(ONE_SOURCE);

  since = stage.audit.length;
  await stage.restart();
  await stage.interval();
  expect(scannerWrites(stage, since)).toEqual({});

  since = stage.audit.length;
  await stage.advisory('left.json');
  await stage.interval();
  expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 10, 'create events': 10, ...ONE_SOURCE });
  expect((await stage.status(`app-${scans}`)).compliantArtifact).toBeDefined();
  expect([...stage.reads.values()].every((times) => times === 1)).toBe(true);
}
