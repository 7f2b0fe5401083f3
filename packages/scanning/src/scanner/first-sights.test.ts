import { IN_MEMORY, sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { ScanException } from '../kinds/read.ts';
import type { Finding } from '../match/finding.ts';
import { Portfolio } from '../portfolio/portfolio.ts';
import { FirstSights } from './first-sights.ts';

const HOUR_MS = 3_600_000;

describe('first sights', () => {
  const finding = (id: string, ...aliases: readonly string[]): Finding => ({
    id,
    aliases,
    records: [id],
    severity: 'High',
    package: { name: 'a', version: '1', purl: 'pkg:npm/a@1', ecosystem: 'npm' },
    summary: '',
  });

  it('are those of a vulnerability by whichever name, also one that it was not known by', async () => {
    const clock = createFakeClock();
    const portfolio = await Portfolio.open({ database: sqliteDatabase(IN_MEMORY), clock });
    const sights = new FirstSights({ portfolio, exceptions: () => [], clock });
    const { born } = portfolio;
    await sights.of('shop', [finding('A-1')]);
    await clock.advance(HOUR_MS);
    await sights.of('shop', [finding('B-1')]);
    expect(await sights.of('shop', [finding('A-1', 'B-1', 'CVE-1')])).toEqual(
      new Map(['A-1', 'B-1', 'CVE-1'].map((name) => [name, born])),
    );
    // Another process, and the other records gone.
    const later = new FirstSights({ portfolio, exceptions: () => [], clock });
    expect(await later.of('shop', [finding('CVE-1')])).toEqual(new Map([['CVE-1', born]]));
    expect(await later.of('bank', [finding('CVE-1')])).not.toEqual(new Map([['CVE-1', born]]));
    await portfolio.close();
  });

  it('are kept once: what was seen is written no more', async () => {
    const clock = createFakeClock();
    const portfolio = await Portfolio.open({ database: sqliteDatabase(IN_MEMORY), clock });
    let writes = 0;
    const counted = {
      born: portfolio.born,
      sightsIn: (namespace: string) => portfolio.sightsIn(namespace),
      forgetSights: (namespaces: ReadonlySet<string>) => portfolio.forgetSights(namespaces),
      sawVulnerabilities: (...told: Parameters<Portfolio['sawVulnerabilities']>) => {
        writes += 1;
        return portfolio.sawVulnerabilities(...told);
      },
    };
    const exception = { namespace: 'shop', created: '2025-01-01T00:00:00Z', spec: { vulnerability: 'cve-1' } };
    const deps = { portfolio: counted, exceptions: () => [exception as ScanException], clock };
    const first = await new FirstSights(deps).of('shop', [finding('A-1', 'CVE-1')]);
    expect(first.get('A-1')).toBe('2025-01-01T00:00:00Z');
    const again = new FirstSights(deps);
    for (const _round of [1, 2]) expect(await again.of('shop', [finding('A-1', 'CVE-1')])).toEqual(first);
    expect(writes).toBe(1);
    await portfolio.close();
  });
});
