import { describe, expect, it } from 'vitest';
import { osv } from '../sources/testing/osv-records.ts';
import { type OsvServer, startOsvServer } from '../sources/testing/osv-server.ts';
import {
  createScanStage,
  digestFor,
  imageScan,
  npmBill,
  policy,
  type ScanStage,
  scannerWrites,
} from './testing/scan-stage.ts';

const SOURCE = { 'update clustervulnerabilitysources/status': 1 };

/** A stage whose one source is an API that knows an advisory for `left` below 2.0.0, and a scan of `left` at 2.0.0. */
async function settledWith(api: OsvServer): Promise<ScanStage> {
  const host = new URL(api.url).host;
  const stage = await createScanStage({ destinations: { allowed: [host], plainHttp: [host] } });
  api.records.set('A-1', osv('A-1', 'left'));
  stage.bills.set(digestFor(1), npmBill(['left', '2.0.0']));
  await stage.apply(`${policy('gate').replace('High', 'Low')}${apiSource(api.url)}${imageScan('app', 1)}`);
  await stage.restart();
  await stage.settled();
  return stage;
}

function apiSource(url: string, more = ''): string {
  return `
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterVulnerabilitySource
metadata: {name: osv}
spec: {type: Api, url: '${url}'${more}}
---
`;
}

async function resultOf(stage: ScanStage, name: string): Promise<unknown> {
  const { verdict, conditions = [] } = await stage.status(name);
  const { reason } = conditions.find(({ type }) => type === 'PolicySucceeded') ?? {};
  return [verdict?.result, reason];
}

async function conditionOf(stage: ScanStage, type = 'Fetched'): Promise<string> {
  const { status } = await stage.get('ClusterVulnerabilitySource', 'osv');
  const { conditions = [] } = status as {
    conditions?: { type: string; status: string; reason: string; message: string }[];
  };
  const found = conditions.find((condition) => condition.type === type);
  return `${found?.status} ${found?.reason} ${found?.message}`.trim();
}

describe('a source of type Api', () => {
  it('is asked for the packages of scans, and says what it has', async () => {
    await using api = await startOsvServer();
    await using stage = await settledWith(api);
    expect(await resultOf(stage, 'app')).toEqual(['Passed', 'Passed']);
    expect((await stage.get('ClusterVulnerabilitySource', 'osv'))['status']).toMatchObject({
      advisories: 1,
      packages: 1,
      conditions: [{ reason: 'Fetched' }, { reason: 'Matched' }, { type: 'Ready', status: 'True' }],
    });
    const since = stage.audit.length;
    await stage.interval();
    await stage.restart();
    await stage.interval();
    expect(scannerWrites(stage, since)).toEqual({});
  });

  it('moves the scans that a new id touches, at its next interval', async () => {
    await using api = await startOsvServer();
    await using stage = await settledWith(api);
    stage.bills.set(digestFor(2), npmBill(['right', '1.0.0']));
    await stage.apply(imageScan('other', 2));
    await stage.settled();
    api.records.set('A-2', osv('A-2', 'left', { affected: affected('left', '3.0.0') }));
    const since = stage.audit.length;
    await stage.interval();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 1, 'create events': 1, ...SOURCE });
    expect(await resultOf(stage, 'app')).toEqual(['Refused', 'PolicyViolation']);
  });

  it('holds back a new bill until it was asked for its packages, and no other scan', async () => {
    await using api = await startOsvServer();
    await using stage = await settledWith(api);
    api.records.set('B-1', osv('B-1', 'bad'));
    api.play = (request, response) => request.method === 'POST' && !!response.writeHead(500).end();
    stage.bills.set(digestFor(2), npmBill(['bad', '1.0.0']));
    await stage.apply(imageScan('new', 2));
    await stage.settled();
    expect(await resultOf(stage, 'new')).toEqual(['Unknown', 'SourcesNotMatched']);
    expect((await stage.status('new')).compliantArtifact).toBeUndefined();
    expect(await resultOf(stage, 'app')).toEqual(['Passed', 'Passed']);
    expect(await conditionOf(stage)).toContain('False FetchFailed');

    // So it stays when the process starts anew meanwhile.
    await stage.restart();
    expect(await resultOf(stage, 'new')).toEqual(['Unknown', 'SourcesNotMatched']);
    expect(await resultOf(stage, 'app')).toEqual(['Passed', 'Passed']);

    api.play = () => false;
    await stage.clock.advance(60_000);
    await stage.settled();
    expect(await resultOf(stage, 'new')).toEqual(['Refused', 'PolicyViolation']);
    expect(await conditionOf(stage)).toContain('True Fetched');
  });

  it('is asked for a new bill at once, not at the next interval', async () => {
    await using api = await startOsvServer();
    await using stage = await settledWith(api);
    api.asked.length = 0;
    stage.bills.set(digestFor(2), npmBill(['left', '2.0.0'], ['right', '1.0.0']));
    await stage.apply(imageScan('new', 2));
    await stage.settled();
    expect(api.asked).toEqual(['POST querybatch 1']);
    expect(await resultOf(stage, 'new')).toEqual(['Passed', 'Passed']);
  });

  it('that does not take a package holds back its bills, and is not asked for it over and over', async () => {
    await using api = await startOsvServer();
    await using stage = await settledWith(api);
    const odd = { name: 'odd', version: '1', purl: '', ecosystem: 'Unheard' };
    stage.bills.set(digestFor(2), { packages: [odd], unread: [] });
    await stage.apply(imageScan('odd', 2));
    await stage.settled();
    expect(await resultOf(stage, 'odd')).toEqual(['Unknown', 'SourcesNotMatched']);
    expect(await conditionOf(stage)).toContain('True PartlyRead not read: Unheard odd');
    api.asked.length = 0;
    await stage.clock.advance(60_000);
    await stage.settled();
    expect(api.asked).toEqual([]);
    await stage.apply(apiSource(api.url, ', ecosystems: [npm]'));
    await stage.settled();
    expect((await stage.status('odd')).inventory?.uncovered).toEqual(['Unheard']);
    expect(await resultOf(stage, 'odd')).toEqual(['Warned', 'Warned']);
  });

  it('is left alone as long as it says, whoever waits, and is asked then', async () => {
    await using api = await startOsvServer();
    await using stage = await settledWith(api);
    api.play = (_request, response) => !!response.writeHead(429, { 'retry-after': '1200' }).end();
    await stage.interval();
    expect(await conditionOf(stage)).toContain('False RateLimited');
    api.asked.length = 0;
    api.play = () => false;
    stage.bills.set(digestFor(2), npmBill(['right', '1.0.0']));
    await stage.apply(imageScan('new', 2));
    await stage.clock.advance(600_000);
    await stage.settled();
    expect(api.asked).toEqual([]);
    expect(await resultOf(stage, 'new')).toEqual(['Unknown', 'SourcesNotMatched']);
    await stage.clock.advance(600_000);
    await stage.settled();
    expect(await resultOf(stage, 'new')).toEqual(['Passed', 'Passed']);
    expect(await conditionOf(stage)).toContain('True Fetched');
  });
});

function affected(name: string, fixed: string): object {
  const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }];
  return [{ package: { ecosystem: 'npm', name }, ranges }];
}
