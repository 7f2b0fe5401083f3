import { CartoError } from '@cartographer/machinery';
import { type Kysely, sql } from 'kysely';
import type { SqlDatabase } from './database.ts';

/** One step of a schema. What was released is never edited: a new step follows it. */
export type Migration = {
  /** What it does: `keep bills, advisories and findings`. */
  readonly name: string;
  /** Runs within the transaction of all steps; the kind is given for what the two databases spell differently. */
  readonly up: (tx: Kysely<unknown>, kind: SqlDatabase['kind']) => Promise<void>;
};

type Tables = { carto_migrations: { number: number; name: string } };

/** Any number that nothing else takes for an advisory lock: "carto" as bytes. */
const LOCK = 0x63_61_72_74;

/**
 * Runs the steps that a database does not have yet, in order, all or none. Steps are numbered by their place, from 1.
 * Processes that start at once wait for each other: SQLite's transactions exclude each other, PostgreSQL has a lock.
 * @throws CartoError `CARTO_STORE_TOO_NEW` when the database has a step that this program does not know.
 */
export async function migrate(
  store: Kysely<unknown>,
  { kind, where }: SqlDatabase,
  migrations: readonly Migration[],
): Promise<void> {
  await (store as unknown as Kysely<Tables>).transaction().execute(async (tx) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    await tx.schema
      .createTable('carto_migrations')
      .ifNotExists()
      .addColumn('number', 'integer', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .execute();
    const done = await tx.selectFrom('carto_migrations').selectAll().orderBy('number').execute();
    const last = done.at(-1);
    if (last !== undefined && last.number > migrations.length) {
      const text = `database ${where} was written by a newer release (step ${last.number}, "${last.name}"; this one knows ${migrations.length}); use that release, or an empty database`;
      throw new CartoError('CARTO_STORE_TOO_NEW', text, { retry: 'never' });
    }
    for (const [place, { name, up }] of migrations.entries()) {
      const number = place + 1;
      if (number <= (last?.number ?? 0)) continue;
      await up(tx as unknown as Kysely<unknown>, kind);
      await tx.insertInto('carto_migrations').values({ number, name }).execute();
    }
  });
}
