import type { BillPackage } from '@cartographer/bills';
import type { Transaction } from '@cartographer/store';
import { baseEcosystem } from '../versions/ecosystems.ts';
import { MOST_VALUES } from './kept-names.ts';
import { advisedName, keyOfPackage, parts, storedKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** What an API of advisories is asked about a package: whatever its version and its distribution's release. */
export type Question = {
  /** Its number in the portfolio. */
  readonly id: number;
  /** As OSV calls it, without release: `Debian`. */
  readonly ecosystem: string;
  /** As the bill has it: not every API finds other spellings of it. */
  readonly name: string;
};

/** Which questions: of these ecosystems, whatever their release; of all, where it is left out. */
export type QuestionScope = { readonly source: string; readonly ecosystems?: readonly string[] };

const MOST_QUESTIONS = 5_000;

/** Keeps the questions about packages of a bill. */
export async function noteQuestions(
  tx: Transaction<Tables>,
  packages: readonly BillPackage[],
  numbers: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = new Map(
    packages.flatMap((item) => {
      const key = questionKey(item);
      const row = {
        name: numbers.get(keyOfPackage(item)) ?? 0,
        ecosystem: storedKey(ecosystemOf(item)),
        // What is too long, or no database takes, is no name that an API knows.
        package: storedKey(advisedName(item)),
      };
      return key === undefined ? [] : [[key, { key, ...row }] as const];
    }),
  );
  for (const values of parts(rows.values(), MOST_VALUES)) {
    await tx
      .insertInto('questions')
      .values(values)
      .onConflict((at) => at.column('key').doNothing())
      .execute();
  }
}

/** The questions about packages that some bill holds; `unasked` alone: those that the source has not answered yet. */
export async function questionsOf(
  tx: Transaction<Tables>,
  { source, ecosystems }: QuestionScope,
  which: 'all' | 'unasked',
): Promise<readonly Question[]> {
  const found: Question[] = [];
  const wanted = ecosystems?.map(baseEcosystem);
  for (let after = 0; ; ) {
    let query = tx
      .selectFrom('questions')
      .select(['id', 'ecosystem', 'package'])
      .where('id', '>', after)
      .where((eb) =>
        eb.exists(eb.selectFrom('bill_packages').select('bill').whereRef('bill_packages.name', '=', 'questions.name')),
      );
    if (wanted !== undefined) query = query.where('ecosystem', 'in', wanted);
    if (which === 'unasked') {
      query = query.where('id', 'not in', (eb) =>
        eb.selectFrom('asked').select('question').where('source', '=', source),
      );
    }
    const rows = await query.orderBy('id').limit(MOST_QUESTIONS).execute();
    const last = rows.at(-1);
    if (last === undefined) return found;
    for (const row of rows) found.push({ id: row.id, ecosystem: row.ecosystem, name: row.package });
    after = last.id;
  }
}

/** Says that a source has answered questions, and that what it answered is taken in. */
export async function noteAsked(tx: Transaction<Tables>, source: string, questions: Iterable<number>): Promise<void> {
  for (const part of parts(questions, MOST_VALUES)) {
    await tx
      .insertInto('asked')
      .values(part.map((question) => ({ source, question })))
      .onConflict((at) => at.doNothing())
      .execute();
  }
}

/** Whether a source has answered for every package of a bill that is in its scope. */
export async function isAskedFor(
  tx: Transaction<Tables>,
  { source, ecosystems }: QuestionScope,
  bill: string,
): Promise<boolean> {
  const wanted = ecosystems && new Set(ecosystems.map(baseEcosystem));
  const rows = await tx
    .selectFrom('bill_packages')
    .innerJoin('bills', 'bills.id', 'bill_packages.bill')
    .select('content')
    .where('bills.digest', '=', bill)
    .execute();
  const packages = rows.map(({ content }) => JSON.parse(content) as BillPackage);
  const keys = new Set(
    packages.filter((item) => wanted?.has(ecosystemOf(item)) ?? true).flatMap((item) => questionKey(item) ?? []),
  );
  for (const part of parts(keys, MOST_VALUES)) {
    const answered = await tx
      .selectFrom('questions')
      .innerJoin('asked', 'asked.question', 'questions.id')
      .select('questions.id')
      .where('asked.source', '=', source)
      .where('questions.key', 'in', part)
      .execute();
    if (answered.length < part.length) return false;
  }
  return true;
}

/** Records of a source that speak of a package that some bill holds. */
export async function heldRecords(tx: Transaction<Tables>, source: string): Promise<ReadonlySet<string>> {
  const rows = await tx
    .selectFrom('advisories')
    .select('record')
    .where('source', '=', source)
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('advisory_names')
        .innerJoin('bill_packages', 'bill_packages.name', 'advisory_names.name')
        .select('advisory_names.advisory'),
    )
    .execute();
  return new Set(rows.map(({ record }) => record));
}

/** Keeps the questions about bills of before any were kept. */
export async function noteEarlierBills(tx: Transaction<Tables>): Promise<void> {
  if ((await tx.selectFrom('questions').select('id').limit(1).execute()).length > 0) return;
  for (let after = 0; ; ) {
    const bills = await tx.selectFrom('bills').select('id').where('id', '>', after).orderBy('id').limit(1).execute();
    const [bill] = bills;
    if (bill === undefined) return;
    const rows = await tx
      .selectFrom('bill_packages')
      .innerJoin('names', 'names.id', 'bill_packages.name')
      .select(['names.id', 'names.key', 'content'])
      .where('bill', '=', bill.id)
      .execute();
    const numbers = new Map(rows.map(({ id, key }) => [key, id]));
    await noteQuestions(
      tx,
      rows.map(({ content }) => JSON.parse(content) as BillPackage),
      numbers,
    );
    after = bill.id;
  }
}

function ecosystemOf({ ecosystem }: BillPackage): string {
  return baseEcosystem(ecosystem);
}

/** Undefined for a package that no API knows: one without ecosystem or name. */
function questionKey(item: BillPackage): string | undefined {
  const [ecosystem, name] = [ecosystemOf(item), advisedName(item)];
  return ecosystem === '' || name === '' ? undefined : storedKey(`${ecosystem}/${name}`);
}
