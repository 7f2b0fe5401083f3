import { CartoError } from '@cartographer/machinery';
import { createControllerMetrics } from '@cartographer/runtime';
import { expect, it } from 'vitest';
import { createScanStage, digestFor, imageScan, npmAdvisory, npmBill, policy, source } from '../testing/scan-stage.ts';

it('metrics say which revision every scan is matched against, how old sources are, and what scans say', async () => {
  const metrics = createControllerMetrics();
  await using stage = await createScanStage({ metrics: () => metrics });
  const shown = async (): Promise<readonly string[]> =>
    (await metrics.expose()).text.split('\n').filter((line) => line.startsWith('carto_scanner_'));
  stage.bills.set(digestFor(1), npmBill(['left', '1.2.3']));
  stage.bills.set(digestFor(2), npmBill(['right', '1.2.3']));
  await stage.apply(policy() + imageScan('app-1', 1) + imageScan('app-2', 2));
  await stage.restart();
  expect(await shown()).toEqual([
    'carto_scanner_scans{kind="ImageScan",result="Passed"} 0',
    'carto_scanner_scans{kind="ImageScan",result="Warned"} 0',
    'carto_scanner_scans{kind="ImageScan",result="Refused"} 0',
    'carto_scanner_scans{kind="ImageScan",result="Unknown"} 2',
    'carto_scanner_scans{kind="ImageScan",result="Pending"} 0',
    ...['Passed', 'Warned', 'Refused', 'Unknown', 'Pending'].map(
      (result) => `carto_scanner_scans{kind="SourceScan",result="${result}"} 0`,
    ),
  ]);

  await stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));
  await stage.apply(source('folder', stage.folder));
  await stage.settled();
  const { revision } = (await stage.get('ClusterVulnerabilitySource', 'folder'))['status'] as { revision: string };
  const lines = await shown();
  expect(lines).toContain(`carto_scanner_matched_revision{source="folder",revision="${revision}"} 1`);
  expect(lines).toContain('carto_scanner_source_advisories{source="folder"} 1');
  expect(lines).toContain('carto_scanner_scans{kind="ImageScan",result="Refused"} 1');
  expect(lines).toContain('carto_scanner_scans{kind="ImageScan",result="Passed"} 1');
  const at = lines.find((line) => line.startsWith('carto_scanner_source_fetched_timestamp_seconds'));
  const seconds = Number(at?.split(' ')[1]);
  expect(stage.clock.now() / 1000 - seconds).toBeLessThan(600);

  // Asked again, without news: younger, and the same otherwise.
  await stage.interval();
  const later = await shown();
  expect(Number(later.find((line) => line.includes('_fetched_'))?.split(' ')[1])).toBeGreaterThan(seconds);
  const others = (all: readonly string[]) => all.filter((line) => !line.includes('_fetched_'));
  expect(others(later)).toEqual(others(lines));

  await stage.delete('ClusterVulnerabilitySource', 'folder');
  await stage.settled();
  expect((await shown()).filter((line) => line.includes('source='))).toEqual([]);
});

it('metrics say after a start which revision every scan is as of only once each was looked at', async () => {
  let metrics = createControllerMetrics();
  await using stage = await createScanStage({ metrics: () => (metrics = createControllerMetrics()) });
  const asOf = async (): Promise<boolean> =>
    (await metrics.expose()).text.includes('carto_scanner_matched_revision{source="folder"');
  stage.bills.set(digestFor(1), npmBill(['left', '1.2.3']));
  await stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));
  await stage.apply(policy() + source('folder', stage.folder) + imageScan('app-1', 1));
  await stage.restart();
  expect(await asOf()).toBe(true);

  stage.bills.set(digestFor(2), () => Promise.reject(new CartoError('CARTO_STORE_BUSY', 'not now')));
  await stage.crash();
  await stage.apply(imageScan('app-2', 2));
  await stage.restart();
  expect(await asOf()).toBe(false);
  stage.bills.set(digestFor(2), npmBill(['right', '1.2.3']));
  await stage.clock.advance(1_200_000);
  await stage.settled();
  expect((await stage.status('app-2')).verdict?.result).toBe('Passed');
  expect(await asOf()).toBe(true);
});
