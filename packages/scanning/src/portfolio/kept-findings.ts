import type { Transaction } from '@cartographer/store';
import type { Finding } from '../match/finding.ts';
import { MOST_VALUES } from './kept-names.ts';
import { parts, rowOf, storedKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** A finding, and since when it stands for this bill: RFC 3339. */
export type KeptFinding = Finding & { readonly since: string };

/** Findings of one package name in one bill, as matching gave them just now. */
export type Matched = { readonly bill: number; readonly name: number; readonly findings: readonly Finding[] };

/** A row of the table. */
export type FindingRow = {
  readonly bill: number;
  readonly name: number;
  readonly row: string;
  readonly content: string;
  readonly since: string;
};

/** How rows come to be what matching gave. */
export type FindingWrites = {
  readonly added: readonly FindingRow[];
  readonly changed: readonly (FindingRow & { readonly was: string })[];
  readonly gone: readonly FindingRow[];
};

/**
 * What has to be written so that the rows of some bills and names are what was matched. A finding that is led by another
 * record now, one that shares a name with it, stands for as long as before.
 */
export function findingWrites(kept: readonly FindingRow[], matched: readonly Matched[], now: string): FindingWrites {
  const left = new Map(kept.map((row) => [placeOf(row), row]));
  const seen = new Set<string>();
  const added: FindingRow[] = [];
  const changed: (FindingRow & { was: string })[] = [];
  for (const { bill, name, findings } of matched) {
    for (const finding of findings) {
      const row = { bill, name, row: rowOf(finding), content: JSON.stringify(finding), since: now };
      const place = placeOf(row);
      // A bill that has a package twice has its findings once.
      if (seen.has(place)) continue;
      seen.add(place);
      const before = left.get(place);
      left.delete(place);
      if (before === undefined) added.push(row);
      else if (before.content !== row.content) changed.push({ ...row, since: before.since, was: before.content });
    }
  }
  const gone = [...left.values()];
  return { added: added.map((row) => ({ ...row, since: sinceOf(row, gone) })), changed, gone };
}

function placeOf({ bill, name, row }: Pick<FindingRow, 'bill' | 'name' | 'row'>): string {
  return `${bill} ${name} ${row}`;
}

function sinceOf(row: FindingRow, gone: readonly FindingRow[]): string {
  const before = gone.filter(({ bill, name }) => bill === row.bill && name === row.name);
  if (before.length === 0) return row.since;
  const finding = JSON.parse(row.content) as Finding;
  const ids = new Set(idsOf(finding));
  const same = before.filter(({ content }) => {
    const other = JSON.parse(content) as Finding;
    return (
      other.package.purl === finding.package.purl &&
      other.package.version === finding.package.version &&
      idsOf(other).some((id) => ids.has(id))
    );
  });
  return same.map(({ since }) => since).reduce((first, since) => (since < first ? since : first), row.since);
}

/** Writes rows, and notes what differs as news under that number where one is given. */
export async function writeFindings(
  tx: Transaction<Tables>,
  { added, changed, gone }: FindingWrites,
  news: number | undefined,
): Promise<void> {
  for (const row of gone) await deleteRow(tx, 'findings', row);
  for (const row of [...gone, ...changed]) await deleteRow(tx, 'finding_ids', row);
  for (const rows of parts([...added, ...changed], MOST_VALUES)) {
    await tx
      .insertInto('findings')
      .values(rows.map(({ bill, name, row, content, since }) => ({ bill, name, row, content, since })))
      .onConflict((at) =>
        at.columns(['name', 'bill', 'row']).doUpdateSet((eb) => ({ content: eb.ref('excluded.content') })),
      )
      .execute();
    const ids = rows.flatMap(({ bill, name, row, content }) =>
      idsOf(JSON.parse(content) as Finding).map((id) => ({ id: storedKey(id), bill, name, row })),
    );
    for (const values of parts(ids, MOST_VALUES)) {
      await tx
        .insertInto('finding_ids')
        .values(values)
        .onConflict((at) => at.doNothing())
        .execute();
    }
  }
  if (news !== undefined) await writeNews(tx, { added, changed, gone }, news);
}

async function deleteRow(
  tx: Transaction<Tables>,
  table: 'findings' | 'finding_ids',
  { bill, name, row }: FindingRow,
): Promise<void> {
  await tx.deleteFrom(table).where('bill', '=', bill).where('name', '=', name).where('row', '=', row).execute();
}

async function writeNews(
  tx: Transaction<Tables>,
  { added, changed, gone }: FindingWrites,
  number: number,
): Promise<void> {
  const differing = [
    ...added.map((row) => ({ ...row, was: null })),
    ...changed,
    ...gone.map((row) => ({ ...row, was: row.content })),
  ].map(({ bill, name, row, was }) => ({ bill, name, row, was, number }));
  for (const values of parts(differing, MOST_VALUES)) {
    await tx
      .insertInto('news')
      .values(values)
      .onConflict((at) =>
        at.columns(['bill', 'name', 'row']).doUpdateSet((eb) => ({ number: eb.ref('excluded.number') })),
      )
      .execute();
  }
}

function idsOf({ id, aliases }: Finding): readonly string[] {
  return [id, ...aliases];
}
