import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type { SqlConnection, SqlDatabase } from './database.ts';

/** Kysely's driver over the port: the same for both databases. */
export class SqlDriver implements Driver {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<SqlDriverConnection> {
    return new SqlDriverConnection(await this.#database.connect());
  }

  /** SQLite's transactions write from their first statement on: one that turns to writing later could find another there. */
  async beginTransaction(connection: SqlDriverConnection): Promise<void> {
    await connection.inner.run(this.#database.kind === 'sqlite' ? 'begin immediate' : 'begin', []);
  }

  async commitTransaction(connection: SqlDriverConnection): Promise<void> {
    await connection.inner.run('commit', []);
  }

  async rollbackTransaction(connection: SqlDriverConnection): Promise<void> {
    await connection.inner.run('rollback', []);
  }

  releaseConnection(connection: SqlDriverConnection): Promise<void> {
    connection.inner.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.#database.close();
  }
}

class SqlDriverConnection implements DatabaseConnection {
  readonly inner: SqlConnection;

  constructor(inner: SqlConnection) {
    this.inner = inner;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes } = await this.inner.run(sql, parameters);
    return { rows: rows as Row[], ...(changes !== undefined && { numAffectedRows: BigInt(changes) }) };
  }

  streamQuery(): never {
    throw new Error('rows are read by pages, never as a stream');
  }
}
