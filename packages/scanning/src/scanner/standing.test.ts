import { describe, expect, it } from 'vitest';
import { npmAdvisory, policy, type ScanStage, scannerWrites } from './testing/scan-stage.ts';
import { failing, retried, said, settledOn } from './testing/store-stage.ts';

const HOUR_MS = 3_600_000;
const gate = (more: string): string => policy('gate', `, ${more}`);
const TROUBLE =
  "the store of the scanner fails (CARTO_STORE_UNREACHABLE) and is asked again; the scanner's log says what to do";

/** What the scan has passed, and what it says of the policy. */
async function standing(stage: ScanStage): Promise<readonly [isOpen: boolean, said: string]> {
  const status = await stage.status('app');
  return [status.compliantArtifact !== undefined, said(status, 'PolicySucceeded')];
}

describe('a verdict that cannot be made anew, since the store cannot be read', () => {
  it('stands until the advisories are too old for its policy, then is taken back once, and comes back with the store', async () => {
    await using stage = await settledOn(failing, '10m', gate('advisories: {maxAge: 2h}'));
    const before = await stage.status('app');
    stage.database().failAt(0, 'before');
    await stage.clock.advance(1.8 * HOUR_MS);
    expect(await stage.status('app')).toEqual(before);
    const since = stage.audit.length;
    await stage.clock.advance(0.5 * HOUR_MS);
    await stage.settled();
    const fallen = await stage.status('app');
    const message = `refused by ClusterScanPolicy gate: advisories of folder were fetched more than 2h ago; ${TROUBLE}`;
    expect(fallen.compliantArtifact).toBeUndefined();
    expect(fallen).toMatchObject({
      phase: 'Scanning',
      inventory: before.inventory,
      counts: before.counts,
      lastCompliant: { ...before.lastCompliant, verdict: 'Unknown' },
      verdict: { number: (before.verdict?.number ?? 0) + 1, result: 'Unknown' },
      message,
    });
    for (const type of ['Matched', 'PolicySucceeded', 'Ready'])
      expect(said(fallen, type)).toBe(`${type} Unknown StoreFailed ${message}`);
    expect(fallen.conditions?.map(({ type }) => type)).toEqual(before.conditions?.map(({ type }) => type));
    await stage.clock.advance(3 * HOUR_MS);
    await stage.settled();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 1, 'create events': 1 });

    stage.database().heal();
    await retried(stage);
    const after = await stage.status('app');
    expect(after.lastCompliant).toEqual(before.lastCompliant);
    expect([after.verdict?.result, after.compliantArtifact]).toEqual(['Passed', before.compliantArtifact]);
  });

  it('stands where the policy only warns of old advisories', async () => {
    await using stage = await settledOn(failing, '10m', gate('advisories: {maxAge: 2h, onStale: Warn}'));
    stage.database().failAt(0, 'before');
    await stage.clock.advance(3 * HOUR_MS);
    await stage.settled();
    expect(await standing(stage)).toEqual([true, expect.stringContaining('True Passed')]);
  });

  it('is taken back when an exception has ended by which it passed', async () => {
    await using stage = await settledOn(failing, '10m', gate('exceptions: {namespaced: Allowed}'));
    await stage.apply(exception(new Date(stage.clock.now() + 6 * HOUR_MS).toISOString()));
    await stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));
    await stage.interval();
    const { recheckAt } = (await stage.status('app')).verdict ?? {};
    stage.database().failAt(0, 'before');
    await stage.clock.advance(5 * HOUR_MS);
    expect((await standing(stage))[0]).toBe(true);
    await stage.clock.advance(1.5 * HOUR_MS);
    await stage.settled();
    expect(await standing(stage)).toEqual([
      false,
      `PolicySucceeded Unknown StoreFailed the verdict held until ${recheckAt}; ${TROUBLE}`,
    ]);
    stage.database().heal();
    await retried(stage);
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
  });

  it.each<[string, (stage: ScanStage) => Promise<void>, string]>([
    [
      'the policy is gone that it names',
      (stage) => stage.delete('ClusterScanPolicy', 'gate'),
      'ClusterScanPolicy gate does not exist',
    ],
    [
      'no source is left',
      (stage) => stage.delete('ClusterVulnerabilitySource', 'folder'),
      'there are no advisories to match with',
    ],
  ])('is taken back when %s', async (_what, lose, why) => {
    await using stage = await settledOn(failing);
    stage.database().failAt(0, 'before');
    await lose(stage);
    await retried(stage);
    const [isOpen, told] = await standing(stage);
    expect([isOpen, told]).toEqual([false, expect.stringContaining(`Unknown StoreFailed ${why}`)]);
    expect(told).toContain(TROUBLE);
  });
});

function exception(expires: string): string {
  return `
apiVersion: scanning.carto.run/v1alpha1
kind: VulnerabilityException
metadata: {name: left, namespace: default}
spec: {vulnerability: GHSA-0000-0000-0002, status: fixed, expires: '${expires}'}
---
`;
}
