import {
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqlDatabase } from './database.ts';
import { type Migration, migrate } from './migrations.ts';
import { SqlDriver } from './sql-driver.ts';

/** Tables of a database by name, as Kysely wants them. `destroy` closes it. */
export type Store<Tables> = Kysely<Tables>;

/**
 * Opens a database and brings its tables to what this program knows. On SQLite there is one connection: within a
 * transaction only its own handle may be asked, anything else waits for its end.
 * @throws CartoError when it cannot be opened, is damaged, full, or was migrated by a newer release. It is closed then.
 */
export async function openStore<Tables>(
  database: SqlDatabase,
  migrations: readonly Migration[],
): Promise<Store<Tables>> {
  const store = new Kysely<Tables>({ dialect: dialectOf(database) });
  try {
    await migrate(store as unknown as Kysely<unknown>, database, migrations);
    return store;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function dialectOf(database: SqlDatabase): Dialect {
  const createDriver = (): SqlDriver => new SqlDriver(database);
  if (database.kind === 'sqlite') {
    return {
      createDriver,
      createAdapter: () => new SqliteAdapter(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    };
  }
  return {
    createDriver,
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
