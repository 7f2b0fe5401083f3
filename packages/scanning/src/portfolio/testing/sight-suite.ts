import { rfc3339 } from '@cartographer/machinery';
import { expect, it } from 'vitest';
import { storedKey } from '../keys.ts';
import type { SuiteStage } from './suite-stage.ts';

/** What holds of first sights, on every database. */
export function sightSuite({ open, clock }: SuiteStage): void {
  it('of several sights of a vulnerability in a namespace the first stays, and namespaces are kept apart', async () => {
    const { portfolio } = await open();
    const [early, late] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
    const long = 'CVE-'.padEnd(1_000, '9');
    await portfolio.sawVulnerabilities('shop', [
      { vulnerability: 'CVE-1', since: late },
      { vulnerability: 'CVE-2', since: early },
      { vulnerability: 'CVE-2', since: late },
      { vulnerability: long, since: late },
    ]);
    await portfolio.sawVulnerabilities('shop', [
      { vulnerability: 'CVE-1', since: early },
      { vulnerability: 'CVE-2', since: late },
    ]);
    await portfolio.sawVulnerabilities('bank', [{ vulnerability: 'CVE-1', since: late }]);
    expect(await portfolio.sightsIn('shop')).toEqual(
      new Map([
        ['CVE-1', early],
        ['CVE-2', early],
        [storedKey(long), late],
      ]),
    );
    expect(await portfolio.sightsIn('bank')).toEqual(new Map([['CVE-1', late]]));
    await portfolio.forgetSights(new Set(['bank']));
    expect(await portfolio.sightsIn('shop')).toEqual(new Map());
    expect(await portfolio.sightsIn('bank')).toEqual(new Map([['CVE-1', late]]));
    await portfolio.close();
  });

  it('a store knows since when it keeps them, whoever opens it again', async () => {
    const first = await open();
    const { born } = first.portfolio;
    expect(born).toBe(rfc3339(clock.now()));
    await first.portfolio.sawVulnerabilities('shop', [{ vulnerability: 'CVE-1', since: born }]);
    await first.portfolio.close();
    await clock.advance(60_000);
    const second = await open();
    expect(second.portfolio.born).toBe(born);
    expect(await second.portfolio.sightsIn('shop')).toEqual(new Map([['CVE-1', born]]));
    await second.portfolio.close();
  });
}
