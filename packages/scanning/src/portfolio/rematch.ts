import type { BillPackage } from '@cartographer/bills';
import type { Transaction } from '@cartographer/store';
import type { Advisory } from '../advisories/advisory.ts';
import { AdvisoryIndex, type AdvisoryLookup } from '../advisories/advisory-index.ts';
import type { Finding } from '../match/finding.ts';
import { compareTexts } from '../versions/order.ts';
import { findingWrites, type Matched, writeFindings } from './kept-findings.ts';
import { MOST_VALUES } from './kept-names.ts';
import { parts } from './keys.ts';
import type { Tables } from './tables.ts';

/** What matches packages against advisories. */
export type Match = (
  packages: readonly BillPackage[],
  advisories: AdvisoryLookup,
) => { readonly findings: readonly Finding[] };

/** What was matched again, and what came of it. */
export type Rematched = {
  /** Packages of bills that were matched: the same one in two bills is two. */
  matched: number;
  /** Bills that hold a touched package. */
  readonly bills: Set<number>;
  /** Those of them of which a finding differs. */
  readonly changedBills: Set<number>;
  /** Findings that were added, changed or taken away. */
  findings: number;
};

/** How many bills of one package are matched at once. */
const MOST_BILLS = 500;

/** Matches these packages again in each bill that holds one, and nothing else; writes what differs, as news under the number. */
export async function rematch(
  tx: Transaction<Tables>,
  names: Iterable<number>,
  match: Match,
  { now, number }: { readonly now: string; readonly number: number },
): Promise<Rematched> {
  const done: Rematched = { matched: 0, bills: new Set(), changedBills: new Set(), findings: 0 };
  for (const part of parts(names, MOST_VALUES)) {
    const held = await tx.selectFrom('bill_packages').select('name').distinct().where('name', 'in', part).execute();
    for (const { name } of held) {
      const advisories = await advisoriesOf(tx, [name]);
      for await (const bills of billsOf(tx, name)) {
        const matched = await matchName(tx, name, bills, match, advisories);
        const kept = await tx
          .selectFrom('findings')
          .selectAll()
          .where('name', '=', name)
          .where('bill', 'in', bills)
          .execute();
        const writes = findingWrites(kept, matched.rows, now);
        const differing = [...writes.added, ...writes.changed, ...writes.gone];
        await writeFindings(tx, writes, number);
        done.matched += matched.packages;
        done.findings += differing.length;
        for (const bill of bills) done.bills.add(bill);
        for (const { bill } of differing) done.changedBills.add(bill);
      }
    }
  }
  return done;
}

/** The records that speak of some packages, of all sources; of several of one id the one that was modified last counts. */
export async function advisoriesOf(tx: Transaction<Tables>, names: readonly number[]): Promise<AdvisoryIndex> {
  const index = new AdvisoryIndex();
  for (const part of parts(names, MOST_VALUES)) {
    const rows = await tx
      .selectFrom('advisories')
      .select(['source', 'record', 'content'])
      .where('id', 'in', (eb) => eb.selectFrom('advisory_names').select('advisory').where('name', 'in', part))
      .execute();
    // The same records in the same order, whatever the database gives first.
    const placed = rows.toSorted((left, right) =>
      left.record === right.record ? compareTexts(left.source, right.source) : compareTexts(left.record, right.record),
    );
    for (const { content } of placed) index.add(JSON.parse(content) as Advisory);
  }
  return index;
}

async function* billsOf(tx: Transaction<Tables>, name: number): AsyncGenerator<readonly number[]> {
  for (let after = 0; ; ) {
    const rows = await tx
      .selectFrom('bill_packages')
      .select('bill')
      .distinct()
      .where('name', '=', name)
      .where('bill', '>', after)
      .orderBy('bill')
      .limit(MOST_BILLS)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ bill }) => bill);
    after = last.bill;
  }
}

async function matchName(
  tx: Transaction<Tables>,
  name: number,
  bills: readonly number[],
  match: Match,
  advisories: AdvisoryLookup,
): Promise<{ readonly rows: readonly Matched[]; readonly packages: number }> {
  const rows = await tx
    .selectFrom('bill_packages')
    .select(['bill', 'content'])
    .where('name', '=', name)
    .where('bill', '>=', bills[0] ?? 0)
    .where('bill', '<=', bills.at(-1) ?? 0)
    .orderBy('bill')
    .orderBy('position')
    .execute();
  const byBill = Map.groupBy(rows, ({ bill }) => bill);
  const matched = [...byBill].map(([bill, held]) => {
    const packages = held.map(({ content }) => JSON.parse(content) as BillPackage);
    return { bill, name, findings: match(packages, advisories).findings };
  });
  return { rows: matched, packages: rows.length };
}
