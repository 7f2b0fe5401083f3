import type { Transaction } from '@cartographer/store';
import type { Advisory } from '../advisories/advisory.ts';
import { keysOf } from '../advisories/advisory-index.ts';
import { ecosystemKey } from '../versions/ecosystems.ts';
import { MOST_VALUES, numbersFor } from './kept-names.ts';
import { parts, storedKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** What a source says of one record: what it reads now, or that it is there no more. */
export type RecordChange =
  | {
      readonly kind: 'put';
      /** Of the record's text, and of how it was read: the same digest is the same advisory. */
      readonly digest: string;
      readonly advisory: Advisory;
      /** A text that was modified before the kept one does not count: whoever fetches may be given an old copy. */
      readonly onlyNewer?: boolean;
    }
  | { readonly kind: 'gone'; readonly id: string };

/** What became of some records of a source. */
export type AdvisoryWrites = {
  readonly added: number;
  readonly changed: number;
  readonly withdrawn: number;
  /** Texts that do not count, since the kept ones were modified later. */
  readonly older: number;
  /** Numbers of the packages that the old or the new text of a record speaks of. */
  readonly touched: ReadonlySet<number>;
};

type Kept = { readonly id: number; readonly record: string; readonly digest: string; readonly content: string };

/** Keeps records of a source, of several for one id the last; what reads as before is passed over. */
export async function writeAdvisories(
  tx: Transaction<Tables>,
  source: string,
  changes: readonly RecordChange[],
): Promise<AdvisoryWrites> {
  const last = new Map(changes.map((change) => [change.kind === 'put' ? change.advisory.id : change.id, change]));
  const kept = await keptRecords(tx, source, [...last.keys()]);
  const differing = [...last.values()]
    .filter((change) => change.kind === 'put')
    .filter(({ advisory, digest }) => kept.get(advisory.id)?.digest !== digest);
  const puts = differing.filter((change) => change.onlyNewer !== true || !isOlder(change.advisory, kept));
  const gone = [...last.values()].flatMap((change) => (change.kind === 'gone' ? (kept.get(change.id) ?? []) : []));
  const replaced = puts.flatMap(({ advisory }) => kept.get(advisory.id) ?? []);

  const touched = await unlinkNames(
    tx,
    [...replaced, ...gone].map(({ id }) => id),
  );
  for (const part of parts(gone, MOST_VALUES)) {
    await tx
      .deleteFrom('advisories')
      .where(
        'id',
        'in',
        part.map(({ id }) => id),
      )
      .execute();
  }
  for (const name of await putAdvisories(tx, source, puts)) touched.add(name);
  await countCoverage(
    tx,
    source,
    puts.map(({ advisory }) => advisory),
    [...replaced, ...gone].map(({ content }) => JSON.parse(content) as Advisory),
  );
  const added = puts.length - replaced.length;
  const older = differing.length - puts.length;
  return { added, changed: replaced.length, withdrawn: gone.length, older, touched };
}

function isOlder({ id, modified }: Advisory, kept: ReadonlyMap<string, Kept>): boolean {
  const content = kept.get(id)?.content;
  const before = content === undefined ? undefined : (JSON.parse(content) as Advisory).modified;
  return before !== undefined && (modified === undefined || Date.parse(modified) < Date.parse(before));
}

async function keptRecords(
  tx: Transaction<Tables>,
  source: string,
  records: readonly string[],
): Promise<ReadonlyMap<string, Kept>> {
  const kept = new Map<string, Kept>();
  for (const part of parts(records, MOST_VALUES)) {
    const rows = await tx
      .selectFrom('advisories')
      .select(['id', 'record', 'digest', 'content'])
      .where('source', '=', source)
      .where('record', 'in', part)
      .execute();
    for (const row of rows) kept.set(row.record, row);
  }
  return kept;
}

/** @returns the numbers of the packages that the records spoke of. */
async function unlinkNames(tx: Transaction<Tables>, advisories: readonly number[]): Promise<Set<number>> {
  const names = new Set<number>();
  for (const part of parts(advisories, MOST_VALUES)) {
    const rows = await tx.deleteFrom('advisory_names').where('advisory', 'in', part).returning('name').execute();
    for (const { name } of rows) names.add(name);
  }
  return names;
}

/** @returns the numbers of the packages that the records speak of. */
async function putAdvisories(
  tx: Transaction<Tables>,
  source: string,
  puts: readonly Extract<RecordChange, { kind: 'put' }>[],
): Promise<ReadonlySet<number>> {
  const keys = new Map(puts.map(({ advisory }) => [advisory.id, [...keysOf(advisory)].map(storedKey)]));
  const numbers = await numbersFor(tx, [...keys.values()].flat());
  for (const part of parts(puts, MOST_VALUES)) {
    const values = part.map(({ advisory, digest }) => ({
      source,
      record: advisory.id,
      digest,
      content: JSON.stringify(advisory),
    }));
    const rows = await tx
      .insertInto('advisories')
      .values(values)
      .onConflict((at) =>
        at.columns(['source', 'record']).doUpdateSet((eb) => ({
          digest: eb.ref('excluded.digest'),
          content: eb.ref('excluded.content'),
        })),
      )
      .returning(['id', 'record'])
      .execute();
    const links = rows.flatMap(({ id, record }) =>
      (keys.get(record) ?? []).map((key) => ({ name: numbers.get(key) ?? 0, advisory: id })),
    );
    for (const some of parts(links, MOST_VALUES)) await tx.insertInto('advisory_names').values(some).execute();
  }
  return new Set(numbers.values());
}

async function countCoverage(
  tx: Transaction<Tables>,
  source: string,
  added: readonly Advisory[],
  removed: readonly Advisory[],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const [records, by] of [
    [added, 1],
    [removed, -1],
  ] as const) {
    for (const ecosystem of records.flatMap((record) => [...ecosystemsOf(record)])) {
      counts.set(ecosystem, (counts.get(ecosystem) ?? 0) + by);
    }
  }
  const values = [...counts].filter(([, records]) => records !== 0);
  for (const part of parts(values, MOST_VALUES)) {
    await tx
      .insertInto('coverage')
      .values(part.map(([ecosystem, records]) => ({ source, ecosystem, records })))
      .onConflict((at) =>
        at
          .columns(['source', 'ecosystem'])
          .doUpdateSet((eb) => ({ records: eb('coverage.records', '+', eb.ref('excluded.records')) })),
      )
      .execute();
  }
}

function ecosystemsOf({ affected }: Advisory): ReadonlySet<string> {
  return new Set(
    affected.filter(({ ecosystem }) => ecosystem !== '').map(({ ecosystem }) => storedKey(ecosystemKey(ecosystem))),
  );
}
