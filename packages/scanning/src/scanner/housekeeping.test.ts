import { silentLog } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Portfolio } from '../portfolio/portfolio.ts';
import { bill, npm } from '../portfolio/testing/records.ts';
import { sharedMemory } from '../portfolio/testing/shared-memory.ts';
import { FirstSights } from './first-sights.ts';
import { HOUSEKEEPING_MS, keepHouse } from './housekeeping.ts';
import { LAYER_READERS } from './inventories/kept-layers.ts';
import { ScanIndex } from './scan-index.ts';

const ROUNDS_KEPT = 4;
const SUBJECTS = ['sha256:web', 'sha256:earlier', 'sha256:old'];

let clock: FakeClock;
let portfolio: Portfolio;
let index: ScanIndex;
let scans: string[];
let stop: AbortController;
let ended: Promise<void>;
let hasEnded: boolean;

beforeEach(async () => {
  clock = createFakeClock();
  portfolio = await Portfolio.open({ database: sharedMemory(), clock });
  for (const digest of SUBJECTS) await portfolio.putBill({ digest }, bill(npm(digest, '1.0.0')));
  index = new ScanIndex();
  scans = [];
  [stop, hasEnded] = [new AbortController(), false];
  const keepBillsMs = ROUNDS_KEPT * HOUSEKEEPING_MS;
  const sights = new FirstSights({ portfolio, exceptions: () => [], clock });
  const house = {
    portfolio,
    index,
    clock,
    log: silentLog,
    keepBillsMs,
    allScans: () => scans,
    sights,
    namespaces: () => ['shop'],
  };
  ended = keepHouse(house, stop.signal).finally(() => {
    hasEnded = true;
  });
});
afterEach(async () => {
  stop.abort();
  await ended;
  await portfolio.close();
});

/** A round has ended when the next one waits for its time. */
const isAtRest = (): boolean => clock.pending > 0 || hasEnded;

async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    await clock.advance(HOUSEKEEPING_MS);
    while (!isAtRest()) await clock.settle();
  }
}

async function kept(): Promise<readonly string[]> {
  const bills = await Promise.all(SUBJECTS.map((digest) => portfolio.billOf({ digest })));
  return SUBJECTS.filter((_, at) => bills[at] !== undefined);
}

/** A scan that there is; one that is judged holds its bills. */
function addScan(key: string, subjects?: readonly string[]): void {
  scans.push(key);
  if (subjects === undefined) return;
  index.note(key, {
    namespace: 'shop',
    bills: [],
    subjects,
    ecosystems: ['npm'],
    unasked: [],
    names: new Set(),
    policy: '',
  });
}

describe('housekeeping', () => {
  it('forgets a bill that no scan has had for so long, and keeps those that one has, or passed with before', async () => {
    addScan('ImageScan/shop/web', ['sha256:web', 'sha256:earlier']);
    await rounds(ROUNDS_KEPT);
    expect(await kept()).toEqual(SUBJECTS);
    await rounds(1);
    expect(await kept()).toEqual(['sha256:web', 'sha256:earlier']);
  });

  it('forgets layers with the bills of images that have them, and sights in namespaces that are gone', async () => {
    const key = (digest: string) => ({ registry: 'registry', digest, readers: LAYER_READERS });
    for (const digest of ['a', 'b']) await portfolio.putLayer(key(digest), 'read');
    await portfolio.putBill({ digest: 'sha256:web', layers: ['a'] }, bill(npm('sha256:web', '1.0.0')));
    await portfolio.putBill({ digest: 'sha256:old', layers: ['b'] }, bill(npm('sha256:old', '1.0.0')));
    for (const namespace of ['shop', 'gone']) {
      await portfolio.sawVulnerabilities(namespace, [{ vulnerability: 'CVE-1', since: '2026-01-01T00:00:00Z' }]);
    }
    addScan('ImageScan/shop/web', ['sha256:web']);
    await rounds(1);
    expect([(await portfolio.sightsIn('shop')).size, (await portfolio.sightsIn('gone')).size]).toEqual([1, 0]);
    await rounds(ROUNDS_KEPT);
    expect([await portfolio.layerOf(key('a')), await portfolio.layerOf(key('b'))]).toEqual(['read', undefined]);
  });

  it('counts from when the last scan that had a bill was seen', async () => {
    addScan('ImageScan/shop/web', SUBJECTS);
    await rounds(2 * ROUNDS_KEPT);
    index.forget('ImageScan/shop/web');
    scans = [];
    await rounds(ROUNDS_KEPT);
    expect(await kept()).toEqual(SUBJECTS);
    await rounds(1);
    expect(await kept()).toEqual([]);
  });

  it('forgets nothing while a scan is not judged yet, and begins when it is', async () => {
    addScan('ImageScan/shop/web', ['sha256:web']);
    addScan('ImageScan/shop/new');
    await rounds(3 * ROUNDS_KEPT);
    expect(await kept()).toEqual(SUBJECTS);
    addScan('ImageScan/shop/new', ['sha256:earlier']);
    await rounds(1);
    expect(await kept()).toEqual(['sha256:web', 'sha256:earlier']);
  });

  it('ends when it is told to, and does nothing more', async () => {
    await rounds(ROUNDS_KEPT);
    stop.abort();
    await ended;
    await clock.advance(2 * HOUSEKEEPING_MS);
    expect([await kept(), clock.pending]).toEqual([SUBJECTS, 0]);
  });
});
