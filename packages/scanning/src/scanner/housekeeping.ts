import { type Clock, type Log, messageOf } from '@cartographer/machinery';
import { isStoreFailure } from '@cartographer/store';
import type { Portfolio } from '../portfolio/portfolio.ts';
import type { FirstSights } from './first-sights.ts';
import { LAYER_READERS } from './inventories/kept-layers.ts';
import type { ScanIndex } from './scan-index.ts';

/** How often bills that nobody needs are looked for. */
export const HOUSEKEEPING_MS = 6 * 3_600_000;

/** What is kept in order. */
export type House = {
  readonly portfolio: Pick<Portfolio, 'sawSubjects' | 'forgetBills' | 'forgetLayers'>;
  readonly index: Pick<ScanIndex, 'get' | 'all'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** How long bills that no scan has any more are kept. */
  readonly keepBillsMs: number;
  /** Keys of all scans that there are. */
  readonly allScans: () => readonly string[];
  readonly sights: Pick<FirstSights, 'keepOnly'>;
  /** Names of those that there are. */
  readonly namespaces: () => readonly string[];
};

/**
 * Forgets bills that no scan has had for long, layers that no bill is of, and sights in namespaces that are gone, until the
 * signal ends it; not while a scan is not judged yet, whose bill nobody would know to keep.
 */
export async function keepHouse(house: House, signal: AbortSignal): Promise<void> {
  const { index, clock, log, allScans } = house;
  while (!signal.aborted) {
    await clock.sleep(HOUSEKEEPING_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (allScans().some((key) => index.get(key) === undefined)) continue;
    try {
      await tidy(house);
    } catch (error) {
      // Whoever needs the store says so; what is left over now is forgotten the next time.
      if (!isStoreFailure(error)) throw error;
      log.warn({ error: messageOf(error) }, 'what nobody needs is kept until the store works again');
    }
  }
}

async function tidy({ portfolio, index, keepBillsMs, sights, namespaces }: House): Promise<void> {
  await portfolio.sawSubjects([...index.all()].flatMap(([, { subjects }]) => subjects));
  await portfolio.forgetBills(keepBillsMs);
  await portfolio.forgetLayers(LAYER_READERS, keepBillsMs);
  await sights.keepOnly(new Set(namespaces()));
}
