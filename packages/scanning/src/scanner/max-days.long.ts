import { describe, expect, it } from 'vitest';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmAdvisory,
  npmBill,
  policy,
  type ScanStage,
  source,
} from './testing/scan-stage.ts';

const ID = 'GHSA-0000-0000-0002';
const HOUR_MS = 3_600_000;

/** A source that is not asked every ten minutes, as hours go by here. */
const daily = (folder: string): string => source('folder', folder).replace('type:', 'interval: 12h, type:');

/** A scan whose image carries the package of an advisory, under a policy with a day for exceptions. */
async function refusedScan(): Promise<ScanStage> {
  const stage = await createScanStage();
  await stage.advisory('left.json', npmAdvisory(ID, 'left'));
  await stage.apply(
    policy('gate', ', exceptions: {namespaced: Allowed, maxDays: 1}, advisories: {maxAge: 720h}') + daily(stage.folder),
  );
  stage.bills.set(digestFor(1), npmBill(['left', '1.2.3']));
  await stage.apply(imageScan('app', 1));
  await stage.restart();
  return stage;
}

async function except(stage: ScanStage, name = 'left', vulnerability = ID): Promise<void> {
  const expires = new Date(stage.clock.now() + 10_000 * HOUR_MS).toISOString();
  await stage.apply(`
apiVersion: scanning.carto.run/v1alpha1
kind: VulnerabilityException
metadata: {name: ${name}, namespace: default}
spec: {vulnerability: ${vulnerability}, status: not_affected, impact: never called, expires: "${expires}"}
`);
  await stage.settled();
}

async function hours(stage: ScanStage, count: number): Promise<void> {
  await stage.clock.advance(count * HOUR_MS);
  await stage.settled();
}

const resultOf = async (stage: ScanStage): Promise<string | undefined> => (await stage.status('app')).verdict?.result;

describe('maxDays of a policy', () => {
  it('counts from the first sight: an exception made anew, under another name or not, renews nothing', async () => {
    await using stage = await refusedScan();
    expect(await resultOf(stage)).toBe('Refused');
    await hours(stage, 10);
    await except(stage);
    expect(await resultOf(stage)).toBe('Passed');
    await hours(stage, 7);
    await stage.delete('VulnerabilityException', 'left');
    await stage.settled();
    expect(await resultOf(stage)).toBe('Refused');
    await except(stage, 'anew');
    expect(await resultOf(stage)).toBe('Passed');
    await stage.restart();
    await hours(stage, 7);
    expect(await resultOf(stage)).toBe('Refused');
    await stage.clock.advance(2_000);
    await stage.settled();
    const { conditions } = (await stage.get('VulnerabilityException', 'anew'))['status'] as {
      conditions: readonly object[];
    };
    expect(conditions).toMatchObject([{ reason: 'BeyondMaxDays' }]);
  });

  it('counts from the sight and not from an exception that was there before', async () => {
    await using stage = await refusedScan();
    await except(stage, 'before', 'GHSA-0000-0000-0003');
    await hours(stage, 20);
    stage.bills.set(digestFor(2), npmBill(['right', '1.2.3']));
    await stage.advisory('right.json', npmAdvisory('GHSA-0000-0000-0003', 'right'));
    await stage.apply(imageScan('app', 2));
    await hours(stage, 12);
    expect(await stage.status('app')).toMatchObject({ verdict: { result: 'Passed' }, counts: { excepted: 1 } });
    await hours(stage, 24);
    expect(await resultOf(stage)).toBe('Refused');
  });

  it('counts from the oldest exception still there, once the store was lost', async () => {
    await using stage = await refusedScan();
    const [before] = (await stage.status('app')).findings ?? [];
    await hours(stage, 2);
    await except(stage);
    await hours(stage, 5);
    await except(stage, 'second');
    await stage.loseStore();
    await stage.restart();
    expect(await resultOf(stage)).toBe('Passed');
    // Since when the finding stands, the status itself knows.
    expect((await stage.status('app')).findings?.[0]?.since).toBe(before?.since);
    await hours(stage, 18);
    expect(await resultOf(stage)).toBe('Passed');
    await hours(stage, 1);
    expect(await resultOf(stage)).toBe('Refused');
  });

  it('is forgotten with its namespace', async () => {
    await using stage = await refusedScan();
    const { portfolio } = stage.scanner();
    expect([...(await portfolio.sightsIn('default')).keys()]).toEqual([ID]);
    await portfolio.sawVulnerabilities('gone', [{ vulnerability: ID, since: '2026-01-01T00:00:00Z' }]);
    await hours(stage, 6);
    expect((await portfolio.sightsIn('gone')).size).toBe(0);
    expect((await portfolio.sightsIn('default')).size).toBe(1);
  });
});
