import type { Transaction } from '@cartographer/store';
import type { AttachedFinding } from '../match/attached-findings.ts';
import type { KeptAttached } from './kept-attached.ts';
import type { KeptFinding } from './kept-findings.ts';
import { MOST_VALUES } from './kept-names.ts';
import { parts, storedKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** What was attached to the artifact that a bill is of. */
export type AttachedTo = {
  readonly digest: string;
  readonly repository: string;
  readonly findings: readonly AttachedFinding<KeptFinding>[];
};

/** What is told of a subject, as far as it matters here. */
type Said = { readonly attached?: KeptAttached };

type Place = { readonly digest: string; readonly repository: string };

/** Keeps by what names the findings are asked for that were attached. */
export async function nameAttached(
  tx: Transaction<Tables>,
  { digest, repository }: Place,
  { findings }: KeptAttached,
): Promise<void> {
  const ids = new Set(findings.flatMap(({ finding: { id, aliases } }) => [id, ...aliases]).map(storedKey));
  for (const part of parts(ids, MOST_VALUES)) {
    await tx
      .insertInto('attached_ids')
      .values(part.map((id) => ({ id, digest, repository })))
      .onConflict((at) => at.doNothing())
      .execute();
  }
}

/** Names what was attached before names were kept, once. */
export async function nameEarlierAttached(tx: Transaction<Tables>): Promise<void> {
  const rows = await tx
    .selectFrom('subjects')
    .leftJoin('attached_ids', (join) =>
      join
        .onRef('attached_ids.digest', '=', 'subjects.digest')
        .onRef('attached_ids.repository', '=', 'subjects.repository'),
    )
    .select(['subjects.digest', 'subjects.repository', 'subjects.said'])
    .where('subjects.said', 'like', '%"signedBy"%')
    .where('attached_ids.id', 'is', null)
    .execute();
  for (const row of rows) {
    const { attached } = JSON.parse(row.said) as Said;
    if (attached !== undefined) await nameAttached(tx, row, attached);
  }
}

/** Forgets the names of what is kept no more. */
export async function forgetAttachedNames(tx: Transaction<Tables>): Promise<void> {
  await tx
    .deleteFrom('attached_ids')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subjects')
            .select('subjects.digest')
            .whereRef('subjects.digest', '=', 'attached_ids.digest')
            .whereRef('subjects.repository', '=', 'attached_ids.repository'),
        ),
      ),
    )
    .execute();
}

/** What is attached with a finding of that name to what these bills are of, by the number of the bill. */
export async function attachedWith(
  tx: Transaction<Tables>,
  vulnerability: string,
  bills: readonly number[],
): Promise<ReadonlyMap<number, readonly AttachedTo[]>> {
  const rows = await tx
    .selectFrom('attached_ids')
    .innerJoin('subjects', (join) =>
      join
        .onRef('subjects.digest', '=', 'attached_ids.digest')
        .onRef('subjects.repository', '=', 'attached_ids.repository'),
    )
    .select(['subjects.bill', 'subjects.digest', 'subjects.repository', 'subjects.said'])
    .where('attached_ids.id', '=', storedKey(vulnerability))
    .where('subjects.bill', 'in', bills)
    .orderBy('subjects.digest')
    .orderBy('subjects.repository')
    .execute();
  const found = rows.map(({ bill, digest, repository, said }) => {
    const { attached } = JSON.parse(said) as Said;
    const findings = (attached?.findings ?? []).filter(({ finding: { id, aliases } }) =>
      [id, ...aliases].includes(vulnerability),
    );
    return { bill, to: { digest, repository, findings } };
  });
  const byBill = Map.groupBy(found, ({ bill }) => bill);
  return new Map([...byBill].map(([bill, each]) => [bill, each.map(({ to }) => to)]));
}
