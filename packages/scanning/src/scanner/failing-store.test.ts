import { rename } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { sqliteDatabase } from '@cartographer/store';
import { describe, expect, it } from 'vitest';
import { HOUSEKEEPING_MS } from './housekeeping.ts';
import { digestFor, imageScan, npmAdvisory, npmBill, policy, scannerWrites } from './testing/scan-stage.ts';
import { failing, fetched, retried, said, settledOn } from './testing/store-stage.ts';

describe('a store that goes away and comes back', () => {
  it('leaves the verdicts that stand, lets nothing new pass, and is gone on with', async () => {
    await using stage = await settledOn(failing);
    const before = await stage.status('app');
    stage.database().failAt(0, 'before');
    await stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));
    stage.bills.set(digestFor(2), npmBill(['right', '1.0.0']));
    // Which wakes the scan that was judged, too.
    await stage.apply(policy('gate', ', advisories: {maxAge: 1000h}') + imageScan('new', 2));
    await retried(stage);
    expect(await stage.status('app')).toEqual(before);
    expect(await fetched(stage)).toBe('Fetched False StoreFailed the database went away');
    const waiting = await stage.status('new');
    expect(said(waiting, 'Inventoried')).toMatch(/^Inventoried Unknown StoreFailed the store of the scanner fails/);
    expect(said(waiting, 'PolicySucceeded')).toMatch(/^PolicySucceeded Unknown StoreFailed .* log says what to do$/);
    expect(waiting.compliantArtifact).toBeUndefined();
    const since = stage.audit.length;
    await retried(stage);
    expect(scannerWrites(stage, since)).toEqual({});

    stage.database().heal();
    await retried(stage);
    expect(await fetched(stage)).toBe('Fetched True Fetched');
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
    expect((await stage.status('new')).verdict?.result).toBe('Passed');
  });

  it('lets nothing pass after it came back before each source was taken in that failed by it', async () => {
    await using stage = await settledOn(failing);
    const before = await stage.status('app');
    stage.database().failAt(0, 'before');
    await stage.advisory('right.json', npmAdvisory('GHSA-0000-0000-0002', 'right'));
    stage.bills.set(digestFor(2), npmBill(['right', '1.0.0']));
    stage.bills.set(digestFor(3), npmBill(['fine', '1.0.0']));
    stage.bills.set(digestFor(4), npmBill(['fine', '2.0.0']));
    await stage.interval();
    expect(await fetched(stage)).toBe('Fetched False StoreFailed the database went away');

    stage.database().heal();
    // Scans are judged now; the next try of the source is still to come. A policy that differs wakes those that pass, too.
    await stage.apply(
      policy('gate', ', advisories: {maxAge: 1000h}') +
        imageScan('bad', 2) +
        imageScan('good', 3) +
        imageScan('app', 4),
    );
    await stage.clock.settle();
    for (const name of ['bad', 'good', 'app']) {
      const waiting = await stage.status(name);
      expect(waiting.compliantArtifact).toBeUndefined();
      expect([waiting.phase, said(waiting, 'Matched')]).toEqual(['Scanning', expect.stringContaining('StoreFailed')]);
      expect(said(waiting, 'PolicySucceeded')).toBe(
        'PolicySucceeded Unknown StoreFailed the store of the scanner failed while ClusterVulnerabilitySource folder was taken in; its condition Fetched says what to do',
      );
    }
    expect(await fetched(stage)).toContain('StoreFailed');

    await retried(stage);
    expect(await fetched(stage)).toBe('Fetched True Fetched');
    for (const [name, result] of [
      ['bad', 'Refused'],
      ['good', 'Passed'],
      ['app', 'Passed'],
    ] as const)
      expect([name, (await stage.status(name)).verdict?.result]).toEqual([name, result]);
    expect(before.verdict?.result).toBe('Passed');
  });

  it('leaves what passes and what is refused as they are until a source that failed by it is taken in', async () => {
    await using stage = await settledOn(failing);
    stage.bills.set(digestFor(2), npmBill(['other', '1.0.0']));
    await stage.apply(imageScan('refused', 2));
    await stage.settled();
    const before = [await stage.status('app'), await stage.status('refused')];
    expect(before.map(({ verdict }) => verdict?.result)).toEqual(['Passed', 'Refused']);
    stage.database().failAt(0, 'before');
    await stage.advisory('more.json', npmAdvisory('GHSA-0000-0000-0003', 'more'));
    await stage.interval();
    stage.database().heal();
    await stage.apply(policy('gate', ', advisories: {maxAge: 1000h}'));
    await stage.clock.settle();
    expect(await fetched(stage)).toContain('StoreFailed');
    for (const [at, name] of ['app', 'refused'].entries())
      expect((await stage.status(name)).verdict?.result).toBe(before[at]?.verdict?.result);
    await stage.advisory('other.json');
    await retried(stage);
    expect((await stage.status('refused')).verdict?.result).toBe('Passed');
  });

  it('lets nothing pass by a source that failed by it before the scanner was started anew and cannot be asked', async () => {
    await using stage = await settledOn(failing);
    stage.database().failAt(0, 'before');
    await stage.interval();
    await rename(stage.folder, `${stage.folder}-away`);
    stage.bills.set(digestFor(2), npmBill(['right', '1.0.0']));
    await stage.restart();
    expect(await fetched(stage)).toContain('FetchFailed');
    await stage.apply(imageScan('new', 2));
    await stage.settled();
    expect(said(await stage.status('new'), 'PolicySucceeded')).toContain('Unknown StoreFailed');
    await rename(`${stage.folder}-away`, stage.folder);
    await retried(stage);
    expect((await stage.status('new')).verdict?.result).toBe('Passed');
  });

  it('keeps what passed before named while the next image waits for it', async () => {
    await using stage = await settledOn(failing);
    const { compliantArtifact } = await stage.status('app');
    stage.database().failAt(0, 'before');
    stage.bills.set(digestFor(2), npmBill(['left', '1.1.0']));
    await stage.apply(imageScan('app', 2));
    await retried(stage);
    const waiting = await stage.status('app');
    expect(said(waiting, 'Inventoried')).toContain('StoreFailed');
    expect(waiting.compliantArtifact).toBeUndefined();
    expect(compliantArtifact).toMatchObject({ registry: { image: waiting.lastCompliant?.['image' as never] } });
    stage.database().heal();
    await retried(stage);
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
  });

  it('during housekeeping ends nothing', async () => {
    await using stage = await settledOn(failing, '4h');
    stage.database().failAt(0, 'before');
    await stage.clock.advance(HOUSEKEEPING_MS);
    stage.database().heal();
    await stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));
    await retried(stage);
    expect(await fetched(stage)).toBe('Fetched True Fetched');
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
  });

  it('that another process writes to says so, and is gone on with', async () => {
    await using stage = await settledOn((file) => sqliteDatabase(file, { busyTimeoutMs: 0 }));
    const other = new DatabaseSync(stage.file());
    other.exec('begin immediate');
    await stage.advisory('left.json', npmAdvisory('GHSA-0000-0000-0002', 'left'));
    await stage.interval();
    expect(await fetched(stage)).toMatch(/^Fetched False StoreFailed database .* another process writes to it/);
    expect((await stage.status('app')).verdict?.result).toBe('Passed');
    other.exec('rollback');
    other.close();
    await retried(stage);
    expect(await fetched(stage)).toBe('Fetched True Fetched');
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
  });
});

describe('a full disk under the store', () => {
  it('says to make room, leaves what stands, lets nothing new pass, and goes on when there is room', async () => {
    await using stage = await settledOn((file) => sqliteDatabase(file));
    const before = await stage.status('app');
    const pages = async (most: number): Promise<unknown> => {
      const connection = await stage.database().connect();
      return connection.run(`pragma max_page_count = ${most}`, []);
    };
    // SQLite takes no less than the file has.
    await pages(1);
    for (let number = 0; number < 100; number += 1) {
      const summary = 'x'.repeat(390);
      const id = `GHSA-0000-0001-${String(number).padStart(4, '0')}`;
      await stage.advisory(`${id}.json`, npmAdvisory(id, number === 0 ? 'left' : `other-${number}`, { summary }));
    }
    const packages = Array.from({ length: 2_000 }, (_none, at) => [`package-${at}`, '1.0.0'] as const);
    stage.bills.set(digestFor(2), npmBill(...packages));
    await stage.apply(imageScan('new', 2));
    await retried(stage);
    expect(await fetched(stage)).toMatch(/^Fetched False StoreFailed database .* is full; make room on its disk$/);
    expect(await stage.status('app')).toEqual(before);
    const waiting = await stage.status('new');
    expect(said(waiting, 'Inventoried')).toContain(
      'Unknown StoreFailed the store of the scanner fails (CARTO_STORE_FULL)',
    );
    expect(waiting.compliantArtifact).toBeUndefined();

    await pages(1_000_000);
    await retried(stage);
    expect(await fetched(stage)).toBe('Fetched True Fetched');
    expect((await stage.status('app')).verdict?.result).toBe('Refused');
    expect((await stage.status('new')).verdict?.result).toBe('Passed');
  });
});
