import type { Bill, BillPackage, Unread } from '@cartographer/bills';
import { prepared, type Store, type Transaction } from '@cartographer/store';
import type { AttachedFindings } from '../inventory/attached/attached-findings.ts';
import { forgetAttachedNames, nameAttached } from './attached-names.ts';
import { type KeptAttached, keptAttached } from './kept-attached.ts';
import { findingWrites, writeFindings } from './kept-findings.ts';
import { useLayers } from './kept-layers.ts';
import { MOST_VALUES, numbersFor } from './kept-names.ts';
import { noteQuestions } from './kept-questions.ts';
import { contentOf, digestOfBill, keyOfPackage, parts } from './keys.ts';
import { advisoriesOf, type Match } from './rematch.ts';
import type { Tables } from './tables.ts';

/** What a bill is of. */
export type Subject = {
  /** Of an image, or what stands for a source's archive. */
  readonly digest: string;
  /** Where an image was read from; empty for a source. The same digest elsewhere is another subject: who may read one may not read the other. */
  readonly repository?: string;
};

/** What is told of a subject besides its packages. */
export type SubjectSaid = {
  /** The platforms that an image is for, `linux/amd64`. */
  readonly platforms: readonly string[];
  /** What its packages were read from: `layers`, `referrer`, `files`. */
  readonly from: readonly string[];
  /** What scanners of the operator have said of it; absent where no policy asked for that yet. */
  readonly attached?: KeptAttached;
};

/** What to keep of a subject. */
export type KeptSubject = Subject & {
  readonly said?: SubjectSaid;
  /** Digests of the layers that it is made of. */
  readonly layers?: readonly string[];
};

const NOTHING_SAID: SubjectSaid = { platforms: [], from: [] };

/** What is told of a bill, without its packages. */
export type BillFacts = {
  readonly digest: string;
  readonly packages: number;
  /** Sorted. */
  readonly ecosystems: readonly string[];
  readonly unread: readonly Unread[];
};

/** Keeps a bill and matches all of its packages, unless it is kept already; and what it is of. @returns how many were matched. */
export async function writeBill(
  tx: Transaction<Tables>,
  { digest: of, repository = '', said = NOTHING_SAID, layers = [] }: KeptSubject,
  bill: Bill,
  match: Match,
  now: string,
): Promise<{ readonly digest: string; readonly matched: number }> {
  const digest = digestOfBill(bill);
  const kept = await tx.selectFrom('bills').select('id').where('digest', '=', digest).executeTakeFirst();
  const id = kept?.id ?? (await insertBill(tx, digest, bill, match, now));
  // In a row of before they were kept.
  const facts = factsOf(bill.packages);
  await tx.updateTable('bills').set({ facts }).where('id', '=', id).where('facts', '=', '').execute();
  const row = { bill: id, seen: now, said: JSON.stringify(said) };
  await tx
    .insertInto('subjects')
    .values({ digest: of, repository, ...row })
    .onConflict((at) => at.columns(['digest', 'repository']).doUpdateSet(row))
    .execute();
  // One of before repositories were told apart.
  if (repository !== '') {
    await tx.deleteFrom('subjects').where('digest', '=', of).where('repository', '=', '').execute();
  }
  await useLayers(tx, { digest: of, repository }, layers);
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
    .values({ digest, unread: JSON.stringify(unread), facts: '' })
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
export async function readBill(tx: Store<Tables>, id: number): Promise<Bill> {
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

const factRows = prepared((store: Store<Tables>, digest: string, repository: string) =>
  store
    .selectFrom('subjects')
    .innerJoin('bills', 'bills.id', 'subjects.bill')
    .select(['bills.id', 'bills.digest', 'bills.unread', 'bills.facts', 'subjects.said'])
    .where('subjects.digest', '=', digest)
    .where('subjects.repository', '=', repository),
);

/** What is told of the bill of a subject, without reading its packages; undefined where none is kept. */
export async function readFacts(
  store: Store<Tables>,
  { digest, repository = '' }: Subject,
): Promise<(BillFacts & SubjectSaid) | undefined> {
  const [row] = await factRows(store, digest, repository);
  if (row === undefined) return undefined;
  // In a row of before they were kept they are still to be made.
  const facts = row.facts === '' ? factsOf((await readBill(store, row.id)).packages) : row.facts;
  return {
    digest: row.digest,
    unread: JSON.parse(row.unread) as Unread[],
    ...(JSON.parse(facts) as Pick<BillFacts, 'packages' | 'ecosystems'>),
    ...(row.said === '' ? NOTHING_SAID : (JSON.parse(row.said) as SubjectSaid)),
  };
}

/** Adds what was seen at a look to what is kept of a subject; undefined where that is not kept any more. */
export async function writeAttached(
  tx: Transaction<Tables>,
  { digest, repository = '' }: Subject,
  seen: AttachedFindings,
  look: { readonly keys: readonly string[]; readonly now: string },
): Promise<KeptAttached | undefined> {
  const row = await tx
    .selectFrom('subjects')
    .select('said')
    .where('digest', '=', digest)
    .where('repository', '=', repository)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const before = row.said === '' ? NOTHING_SAID : (JSON.parse(row.said) as SubjectSaid);
  const attached = keptAttached(before.attached, seen, look);
  const said = JSON.stringify({ ...before, attached });
  if (said !== row.said) {
    await tx
      .updateTable('subjects')
      .set({ said })
      .where('digest', '=', digest)
      .where('repository', '=', repository)
      .execute();
    await nameAttached(tx, { digest, repository }, attached);
  }
  return attached;
}

function factsOf(packages: readonly BillPackage[]): string {
  const ecosystems = new Set(packages.map(({ ecosystem }) => ecosystem));
  ecosystems.delete('');
  return JSON.stringify({ packages: packages.length, ecosystems: [...ecosystems].toSorted() });
}

/** Forgets what was not seen since, and the bills that are of nothing then. @returns how many bills. */
export async function forgetBills(tx: Transaction<Tables>, before: string): Promise<number> {
  await tx.deleteFrom('subjects').where('seen', '<', before).execute();
  await forgetAttachedNames(tx);
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
