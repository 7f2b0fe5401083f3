import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cartographer/kube';
import { Portfolio, readAdvisory, type SourceChange, takeInSource } from '@cartographer/scanning';
import { sqliteDatabase } from '@cartographer/store';
import { recordArchive, recordChange, recordTexts } from './advisory-records.ts';
import { cpuMs, type Row } from './row.ts';

/** What the three archives that were tried have. */
const ARCHIVED = 8_656;
const MANY = 250_000;
const MIB = 1024 ** 2;

/** Loading advisories into an empty store: beside reading them, and nothing else. */
export async function measureAdvisories(scale: number): Promise<readonly Row[]> {
  const archived = Math.round(ARCHIVED * scale);
  const many = Math.round(MANY * scale);
  return [...(await firstLoad(archived)), ...(await manyRecords(many))];
}

async function firstLoad(count: number): Promise<readonly Row[]> {
  await using archive = await recordArchive(count);
  const readMs = readAll(count);
  const source = { name: 'osv', type: 'Archive', from: archive.path } as const;
  const { signal } = new AbortController();
  const { ms } = await inPortfolio(async (portfolio) => {
    const taken = await takeInSource(portfolio, source, { fetch: nowhere, clock: systemClock, signal });
    if (!taken.isChanged || taken.counts.added < count * 0.99) throw new Error('not all records were taken in');
  });
  return [
    {
      name: `first load of an archive of ${count} records: CPU`,
      value: ms,
      unit: 'ms',
      floor: { name: 'reading the records', value: readMs },
      goal: { of: 'value', atMost: 5_000 },
    },
  ];
}

const nowhere = (): never => {
  throw new Error('a path is no address');
};

async function manyRecords(count: number): Promise<readonly Row[]> {
  const { ms, peakBytes } = await inPortfolio((portfolio, watched) =>
    portfolio.applyChange('osv', watched(recordChange(count))),
  );
  return [
    { name: `${count} records into the store: CPU`, value: ms, unit: 'ms', goal: { of: 'value', atMost: 60_000 } },
    {
      name: 'of that, memory above the start',
      value: peakBytes / MIB,
      unit: 'MiB',
      goal: { of: 'value', atMost: 400 },
    },
  ];
}

/** CPU milliseconds to read the records one after the other. */
function readAll(count: number): number {
  const startedMs = cpuMs();
  for (const text of recordTexts(count)) readAdvisory(text);
  return cpuMs() - startedMs;
}

type Watched = (change: SourceChange) => SourceChange;

async function inPortfolio(
  work: (portfolio: Portfolio, watched: Watched) => Promise<unknown>,
): Promise<{ readonly ms: number; readonly peakBytes: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  const portfolio = await Portfolio.open({ database: sqliteDatabase(join(folder, 'store.db')), clock: systemClock });
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  async function* watched(change: SourceChange): SourceChange {
    for (let seen = 0; ; seen += 1) {
      const next = await change.next();
      if (seen % 1_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
      if (next.done === true) return next.value;
      yield next.value;
    }
  }
  const startedMs = cpuMs();
  await work(portfolio, watched);
  const ms = cpuMs() - startedMs;
  peak = Math.max(peak, process.memoryUsage().rss);
  await portfolio.close();
  await rm(folder, { recursive: true, force: true });
  return { ms, peakBytes: peak - before };
}
