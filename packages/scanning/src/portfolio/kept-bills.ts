import type { Bill, BillPackage, Unread } from '@cartographer/bills';
import type { Transaction } from '@cartographer/store';
import { findingWrites, writeFindings } from './kept-findings.ts';
import { MOST_VALUES, numbersFor } from './kept-names.ts';
import { noteQuestions } from './kept-questions.ts';
import { contentOf, digestOfBill, keyOfPackage, parts } from './keys.ts';
import { advisoriesOf, type Match } from './rematch.ts';
import type { Tables } from './tables.ts';

/** What a bill is of. */
export type Subject = {
  /** Of an image, one platform of it, or a source's archive. */
  readonly digest: string;
  /** `linux/amd64` where several bills are of one digest; empty otherwise. */
  readonly platform?: string;
};

/** Keeps a bill and matches all of its packages, unless it is kept already; and what it is of. @returns how many were matched. */
export async function writeBill(
  tx: Transaction<Tables>,
  subject: Subject,
  bill: Bill,
  match: Match,
  now: string,
): Promise<{ readonly digest: string; readonly matched: number }> {
  const digest = digestOfBill(bill);
  const kept = await tx.selectFrom('bills').select('id').where('digest', '=', digest).executeTakeFirst();
  const id = kept?.id ?? (await insertBill(tx, digest, bill, match, now));
  const row = { digest: subject.digest, platform: subject.platform ?? '', bill: id, seen: now };
  await tx
    .insertInto('subjects')
    .values(row)
    .onConflict((at) => at.columns(['digest', 'platform']).doUpdateSet({ bill: id, seen: now }))
    .execute();
  return { digest, matched: kept === undefined ? bill.packages.length : 0 };
}

async function insertBill(
  tx: Transaction<Tables>,
  digest: string,
  { packages, unread }: Bill,
  match: Match,
  now: string,
): Promise<number> {
  const { id } = await tx
    .insertInto('bills')
    .values({ digest, unread: JSON.stringify(unread) })
    .returning('id')
    .executeTakeFirstOrThrow();
  const byKey = Map.groupBy(packages.entries(), ([, item]) => keyOfPackage(item));
  const numbers = await numbersFor(tx, byKey.keys());
  await noteQuestions(tx, packages, numbers);
  for (const keys of parts(byKey.keys(), MOST_VALUES)) {
    const names = keys.map((key) => numbers.get(key) ?? 0);
    const rows = keys.flatMap((key, at) =>
      (byKey.get(key) ?? []).map(([position, item]) => ({
        name: names[at] ?? 0,
        bill: id,
        position,
        content: contentOf(item),
      })),
    );
    for (const values of parts(rows, MOST_VALUES)) await tx.insertInto('bill_packages').values(values).execute();
    const advisories = await advisoriesOf(tx, names);
    const matched = keys.map((key, at) => ({
      bill: id,
      name: names[at] ?? 0,
      findings: match(
        (byKey.get(key) ?? []).map(([, item]) => item),
        advisories,
      ).findings,
    }));
    await writeFindings(tx, findingWrites([], matched, now), undefined);
  }
  return id;
}

/** A bill as it was given, by its own number. */
export async function readBill(tx: Transaction<Tables>, id: number): Promise<Bill> {
  const { unread } = await tx.selectFrom('bills').select('unread').where('id', '=', id).executeTakeFirstOrThrow();
  const rows = await tx
    .selectFrom('bill_packages')
    .select('content')
    .where('bill', '=', id)
    .orderBy('position')
    .execute();
  return {
    packages: rows.map(({ content }) => JSON.parse(content) as BillPackage),
    unread: JSON.parse(unread) as Unread[],
  };
}

/** Forgets what was not seen since, and the bills that are of nothing then. @returns how many bills. */
export async function forgetBills(tx: Transaction<Tables>, before: string): Promise<number> {
  await tx.deleteFrom('subjects').where('seen', '<', before).execute();
  const rows = await tx
    .selectFrom('bills')
    .select('id')
    .where('id', 'not in', (eb) => eb.selectFrom('subjects').select('bill'))
    .execute();
  for (const part of parts(rows, MOST_VALUES)) {
    const ids = part.map(({ id }) => id);
    for (const table of ['findings', 'finding_ids', 'news', 'bill_packages'] as const) {
      await tx.deleteFrom(table).where('bill', 'in', ids).execute();
    }
    await tx.deleteFrom('bills').where('id', 'in', ids).execute();
  }
  return rows.length;
}
