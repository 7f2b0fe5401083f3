import type { Store, Transaction } from '@cartographer/store';
import { type AdvisoryWrites, type RecordChange, writeAdvisories } from './kept-advisories.ts';
import { type Match, type Rematched, rematch } from './rematch.ts';
import type { Tables } from './tables.ts';

/**
 * What a source says now, record by record, what is gone last; then its revision. Records that are kept as they are may be
 * left out or said again. A generator that throws leaves what was taken in until then, at the old revision.
 */
export type SourceChange = AsyncGenerator<RecordChange, string>;

/** What a change of a source did. */
export type ChangeCounts = {
  readonly added: number;
  readonly changed: number;
  readonly withdrawn: number;
  /** Texts that did not count, since the kept ones were modified later. */
  readonly older: number;
  /** Packages that the old or the new text of a differing record speaks of. */
  readonly packages: number;
  /** Packages of bills that were matched again: the same one in two bills is two. */
  readonly matched: number;
  /** Bills that hold a touched package. */
  readonly bills: number;
  /** Those of them of which a finding differs. */
  readonly changedBills: number;
  /** Findings that were added, changed or taken away. */
  readonly findings: number;
};

/** Runs work in a transaction of one who writes: it gets a number higher than that of all before it. */
export type Write = <T>(work: (tx: Transaction<Tables>, number: number) => Promise<T>) => Promise<T>;

/** What is taken in within one transaction; so much is held in memory, whatever a source has. */
export const CHANGE_LIMITS = { records: 500, chars: 8 * 1024 * 1024 } as const;

/**
 * Takes in a change part by part. After each the findings are those of what was taken in; the revision comes with the last.
 * Where nothing differs, nothing is written.
 */
export async function takeIn(
  store: Store<Tables>,
  write: Write,
  source: string,
  change: SourceChange,
  match: Match,
  now: () => string,
): Promise<ChangeCounts> {
  const counts = { added: 0, changed: 0, withdrawn: 0, older: 0, matched: 0, findings: 0 };
  const sets = { packages: new Set<number>(), bills: new Set<number>(), changedBills: new Set<number>() };
  for await (const { changes, revision } of partsOf(change)) {
    if (changes.length === 0 && revision === (await revisionOf(store, source))) continue;
    const [advisories, rematched] = await write(async (tx, number): Promise<[AdvisoryWrites, Rematched]> => {
      const advisories = await writeAdvisories(tx, source, changes);
      const rematched = await rematch(tx, advisories.touched, match, { now: now(), number });
      if (revision !== undefined) await setRevision(tx, source, revision, now());
      return [advisories, rematched];
    });
    for (const key of ['added', 'changed', 'withdrawn', 'older'] as const) counts[key] += advisories[key];
    for (const key of ['matched', 'findings'] as const) counts[key] += rematched[key];
    for (const name of advisories.touched) sets.packages.add(name);
    for (const bill of rematched.bills) sets.bills.add(bill);
    for (const bill of rematched.changedBills) sets.changedBills.add(bill);
  }
  const { packages, bills, changedBills } = sets;
  return { ...counts, packages: packages.size, bills: bills.size, changedBills: changedBills.size };
}

/** The digest of each record that a source has given, by id: what it is compared with when it is read again. */
export async function digestsOf(store: Store<Tables>, source: string): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for (let after = ''; ; ) {
    const rows = await store
      .selectFrom('advisories')
      .select(['record', 'digest'])
      .where('source', '=', source)
      // In the order of their index: in another one, each page would go through all that there are.
      .where('record', '>', after)
      .orderBy('record')
      .limit(MOST_DIGESTS)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return digests;
    for (const { record, digest } of rows) digests.set(record, digest);
    after = last.record;
  }
}

const MOST_DIGESTS = 5_000;

/** What was taken in last of a source; undefined where nothing was in whole. */
export async function revisionOf(store: Store<Tables>, source: string): Promise<string | undefined> {
  const row = await store.selectFrom('sources').select('revision').where('name', '=', source).executeTakeFirst();
  return row?.revision;
}

type Part = { readonly changes: readonly RecordChange[]; readonly revision?: string };

async function* partsOf(change: SourceChange): AsyncGenerator<Part> {
  try {
    let changes: RecordChange[] = [];
    let chars = 0;
    for (;;) {
      const next = await change.next();
      if (next.done === true) {
        yield { changes, revision: next.value };
        return;
      }
      changes.push(next.value);
      chars += sizeOf(next.value);
      if (changes.length < CHANGE_LIMITS.records && chars < CHANGE_LIMITS.chars) continue;
      yield { changes };
      changes = [];
      chars = 0;
    }
  } finally {
    await change.return('');
  }
}

/** About how much a record holds: lists of versions are what makes records large. */
function sizeOf(change: RecordChange): number {
  if (change.kind === 'gone') return 0;
  const { affected } = change.advisory;
  return affected.reduce((sum, { versions, ranges }) => sum + 16 * versions.length + 64 * ranges.length + 256, 1_024);
}

async function setRevision(tx: Transaction<Tables>, source: string, revision: string, updated: string): Promise<void> {
  await tx
    .insertInto('sources')
    .values({ name: source, revision, updated })
    .onConflict((at) => at.column('name').doUpdateSet({ revision, updated }))
    .execute();
}
