import type { BillPackage } from '@cartographer/bills';
import type { Clock } from '@cartographer/machinery';
import type { SqlDatabase } from '@cartographer/store';
import type { AdvisoryLookup } from '../../advisories/advisory-index.ts';
import type { Finding } from '../../match/finding.ts';
import { findings } from '../../match/findings.ts';
import { Portfolio } from '../portfolio.ts';
import { bill, npm } from './records.ts';

/** A portfolio of a test, and what was matched. */
export type Opened = { readonly portfolio: Portfolio; readonly matched: BillPackage[] };

/** What the tests of a portfolio stand on: a database that is empty when a test begins, and a clock that stands still. */
export type SuiteStage = {
  readonly clock: Clock & { readonly advance: (ms: number) => Promise<void> };
  /** Opens it, again and again if need be, with the number of what matches. */
  readonly open: (version?: number) => Promise<Opened>;
};

/** Makes a {@link SuiteStage}. `another` gives another handle on the same database. */
export function suiteStage(another: () => SqlDatabase, clock: SuiteStage['clock']): SuiteStage {
  return {
    clock,
    async open(version = 1) {
      const matched: BillPackage[] = [];
      const match = (
        packages: readonly BillPackage[],
        advisories: AdvisoryLookup,
      ): { findings: readonly Finding[] } => {
        matched.push(...packages);
        return findings(packages, advisories);
      };
      return { portfolio: await Portfolio.open({ database: another(), clock, matcher: { match, version } }), matched };
    },
  };
}

/** Puts bills of ten packages; every tenth one carries `common`. */
export async function manyBills({ portfolio, matched }: Opened, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const others = Array.from({ length: 9 }, (_, place) => npm(`p${at}-${place}`, '1.0.0'));
    const last = at % 10 === 0 ? npm('common', '1.0.0') : npm(`p${at}-9`, '1.0.0');
    await portfolio.putBill({ digest: `sha256:image-${at}` }, bill(...others, last));
  }
  matched.length = 0;
}

/** The findings of a bill: `A-1 left`, sorted. */
export async function idsOf(portfolio: Portfolio, digest: string): Promise<readonly string[]> {
  return (await portfolio.findingsOf(digest)).map(({ id, package: { name } }) => `${id} ${name}`).toSorted();
}

/** Tells all news: `– → A-1 left`. */
export async function tell(portfolio: Portfolio): Promise<readonly string[]> {
  const news = await portfolio.news();
  await portfolio.toldNews(news);
  return news.flatMap(({ differences }) =>
    differences.map(({ was, is }) => `${was?.id ?? '–'} → ${is?.id ?? '–'} ${(is ?? was)?.package.name}`),
  );
}
