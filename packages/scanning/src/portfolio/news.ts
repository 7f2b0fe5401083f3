import type { Transaction } from '@cartographer/store';
import type { Finding } from '../match/finding.ts';
import type { Tables } from './tables.ts';

/** How a finding of a bill differs from what was told last: `was` is absent for a new one, `is` for one that is gone. */
export type FindingDifference = { readonly was?: Finding; readonly is?: Finding };

/** A bill of which findings may differ from what was told last. */
export type News = {
  /** Its digest. */
  readonly bill: string;
  /** Say it when it was told; what comes later has a higher number. */
  readonly number: number;
  /** None where everything is again as it was told. */
  readonly differences: readonly FindingDifference[];
};

/** Bills with news, the longest waiting first. */
export async function readNews(tx: Transaction<Tables>, mostBills: number): Promise<readonly News[]> {
  const bills = await tx
    .selectFrom('news')
    .innerJoin('bills', 'bills.id', 'news.bill')
    .select(['bills.id', 'bills.digest', (eb) => eb.fn.max('news.number').as('number')])
    .groupBy(['bills.id', 'bills.digest'])
    .orderBy('number')
    .orderBy('bills.id')
    .limit(mostBills)
    .execute();
  if (bills.length === 0) return [];
  const ids = bills.map(({ id }) => id);
  const rows = await tx
    .selectFrom('news')
    .leftJoin('findings', (join) =>
      join
        .onRef('findings.bill', '=', 'news.bill')
        .onRef('findings.name', '=', 'news.name')
        .onRef('findings.row', '=', 'news.row'),
    )
    .select(['news.bill', 'news.was', 'findings.content as is'])
    .where('news.bill', 'in', ids)
    .orderBy('news.name')
    .orderBy('news.row')
    .execute();
  const byBill = Map.groupBy(
    rows.filter(({ was, is }) => was !== is),
    ({ bill }) => bill,
  );
  return bills.map(({ id, digest, number }) => ({
    bill: digest,
    number,
    differences: (byBill.get(id) ?? []).map(({ was, is }) => ({
      ...(was !== null && { was: JSON.parse(was) as Finding }),
      ...(is !== null && { is: JSON.parse(is) as Finding }),
    })),
  }));
}

/** Forgets news that were told. */
export async function forgetNews(
  tx: Transaction<Tables>,
  told: readonly Pick<News, 'bill' | 'number'>[],
): Promise<void> {
  for (const { bill, number } of told) {
    await tx
      .deleteFrom('news')
      .where('number', '<=', number)
      .where('bill', 'in', (eb) => eb.selectFrom('bills').select('id').where('digest', '=', bill))
      .execute();
  }
}
