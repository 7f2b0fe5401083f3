import type { Clock } from '@cartographer/machinery';
import type { Portfolio } from '../portfolio/portfolio.ts';
import type { ScanIndex } from './scan-index.ts';

/** How often bills that nobody needs are looked for. */
export const HOUSEKEEPING_MS = 6 * 3_600_000;

/** What is kept in order. */
export type House = {
  readonly portfolio: Pick<Portfolio, 'sawSubjects' | 'forgetBills'>;
  readonly index: Pick<ScanIndex, 'get' | 'all'>;
  readonly clock: Clock;
  /** How long bills that no scan has any more are kept. */
  readonly keepBillsMs: number;
  /** Keys of all scans that there are. */
  readonly allScans: () => readonly string[];
};

/**
 * Forgets bills that no scan has had for long, until the signal ends it; not while one is not judged yet, whose bill nobody
 * would know to keep.
 */
export async function keepHouse(
  { portfolio, index, clock, keepBillsMs, allScans }: House,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(HOUSEKEEPING_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (allScans().some((key) => index.get(key) === undefined)) continue;
    await portfolio.sawSubjects([...index.all()].flatMap(([, { subjects }]) => subjects));
    await portfolio.forgetBills(keepBillsMs);
  }
}
