import { rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SourceRounds } from './source-rounds.ts';
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
} from './testing/scan-stage.ts';

const DAY_MS = 86_400_000;
const ID = 'GHSA-0000-0000-0002';

/** A scan whose image has a package with an advisory, and that passes for a while by what is given. */
async function stageWith(more: string, further: (stage: ScanStage) => string = () => ''): Promise<ScanStage> {
  const stage = await createScanStage();
  await stage.advisory('left.json', npmAdvisory(ID, 'left'));
  stage.bills.set(digestFor(1), npmBill(['left', '1.0.0']));
  await stage.apply(policy('gate', more) + source('folder', stage.folder) + further(stage) + imageScan('app', 1));
  await stage.restart();
  return stage;
}

const timeIn = (stage: ScanStage, ms: number): string => new Date(stage.clock.now() + ms).toISOString();

const exceptionFor = (days: number) => (stage: ScanStage) =>
  `
apiVersion: scanning.carto.run/v1alpha1
kind: VulnerabilityException
metadata: {name: left, namespace: default}
spec: {vulnerability: ${ID}, status: not_affected, impact: never called, expires: "${timeIn(stage, days * DAY_MS)}"}
---
`;

const resultOf = async (stage: ScanStage): Promise<string | undefined> => (await stage.status('app')).verdict?.result;

/** Sets the clock, and gives the scanner the minute in which it has to notice. */
async function jumped(stage: ScanStage, ms: number): Promise<void> {
  stage.clock.jump(ms);
  await stage.clock.advance(61_000);
  await stage.settled();
}

const allowed = ', advisories: {maxAge: 2160h}, exceptions: {namespaced: Allowed, maxDays: 60}';

describe('a clock that jumps forward', () => {
  it('over the expiry of an exception ends it within a minute, once', async () => {
    await using stage = await stageWith(allowed, exceptionFor(30));
    expect(await resultOf(stage)).toBe('Passed');
    const since = stage.audit.length;
    await jumped(stage, 31 * DAY_MS);
    expect(await resultOf(stage)).toBe('Refused');
    expect((await stage.get('VulnerabilityException', 'left'))['status']).toMatchObject({
      conditions: [{ reason: 'Expired' }],
    });
    expect(scannerWrites(stage, since)).toEqual({
      'create events': 1,
      'update imagescans/status': 1,
      'update vulnerabilityexceptions/status': 1,
    });
    const later = stage.audit.length;
    await stage.interval();
    expect(scannerWrites(stage, later)).toEqual({});
  });

  it('over the grace after publication ends it within a minute', async () => {
    // The advisory is of the day before the stage begins.
    await using stage = await stageWith(', graceAfterPublication: 120h');
    expect(await resultOf(stage)).toBe('Warned');
    await jumped(stage, 6 * DAY_MS);
    expect(await resultOf(stage)).toBe('Refused');
  });

  it('over maxAge refuses while the source cannot be asked, and passes again when it was', async () => {
    await using stage = await stageWith(', advisories: {maxAge: 2h}');
    await stage.advisory('left.json', npmAdvisory(ID, 'other'));
    await stage.interval();
    expect(await resultOf(stage)).toBe('Passed');
    await rename(stage.folder, `${stage.folder}-away`);
    await jumped(stage, DAY_MS);
    expect(await stage.status('app')).toMatchObject({
      verdict: { result: 'Refused' },
      message: expect.stringContaining('advisories of folder were fetched more than 2h ago'),
    });
    await rename(`${stage.folder}-away`, stage.folder);
    await stage.interval();
    expect(await resultOf(stage)).toBe('Passed');
  });

  it('over maxAge leaves nobody refused once the source was asked', async () => {
    await using stage = await stageWith(', advisories: {maxAge: 2h}');
    await stage.advisory('left.json', npmAdvisory(ID, 'other'));
    await stage.interval();
    // The scan looks first here: it is woken before the watch over the clock.
    stage.clock.jump(DAY_MS);
    await stage.apply(policy('gate', ', advisories: {maxAge: 3h}'));
    await stage.clock.settle();
    await stage.interval();
    expect(await resultOf(stage)).toBe('Passed');
  });
});

describe('a clock that jumps back by a day', () => {
  it('changes no verdict, writes nothing, and an advisory still arrives at the next interval', async () => {
    await using stage = await stageWith(allowed, exceptionFor(30));
    const since = stage.audit.length;
    await jumped(stage, -DAY_MS);
    await stage.interval();
    expect(scannerWrites(stage, since)).toEqual({});
    expect(await resultOf(stage)).toBe('Passed');
    await stage.advisory('more.json', npmAdvisory('GHSA-0000-0000-0003', 'left'));
    await stage.interval();
    expect(await resultOf(stage)).toBe('Refused');
  });

  it('opens an exception again that had ended, as its time says', async () => {
    await using stage = await stageWith(allowed, exceptionFor(1));
    await jumped(stage, DAY_MS);
    expect(await resultOf(stage)).toBe('Refused');
    await jumped(stage, -DAY_MS);
    expect(await resultOf(stage)).toBe('Passed');
  });

  it('keeps no source from being asked: neither its interval nor a pause grows by it', () => {
    const rounds = new SourceRounds();
    rounds.asked('osv', 1, DAY_MS);
    rounds.paused('osv', 1, { fromMs: DAY_MS, untilMs: DAY_MS + 1_000 });
    expect([rounds.dueInMs('osv', 1, 600, DAY_MS + 200), rounds.pauseMs('osv', 1, DAY_MS + 200)]).toEqual([400, 800]);
    expect([rounds.dueInMs('osv', 1, 600, 0), rounds.pauseMs('osv', 1, 0)]).toEqual([0, 0]);
  });
});
