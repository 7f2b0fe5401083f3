export { type CreateTableBuilder, type Generated, type Kysely, sql, type Transaction } from 'kysely';
export { isStoreFailure, type SqlConnection, type SqlDatabase, type SqlResult } from './database.ts';
export type { Migration } from './migrations.ts';
export { type PostgresOptions, postgresDatabase } from './postgres.ts';
export { type Prepared, prepared } from './prepared.ts';
export { IN_MEMORY, type SqliteOptions, sqliteDatabase } from './sqlite.ts';
export { openStore, type Store } from './store.ts';
