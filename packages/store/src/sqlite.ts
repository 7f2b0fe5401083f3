import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BoundedMap, CartoError, type ErrorCode, messageOf } from '@cartographer/machinery';
import type { SqlConnection, SqlDatabase, SqlResult } from './database.ts';

/** A database of this process alone, gone when it is closed. */
export const IN_MEMORY = ':memory:';

const BUSY_TIMEOUT_MS = 2_000;
/** Statements kept prepared; a program has some dozens, those that insert many rows in several sizes. */
const MAX_PREPARED = 200;
/** Of the write-ahead log, once a large transaction is over. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** SQLite's primary result codes that are about the world and not about the statement. */
const FAILURES: ReadonlyMap<number, { readonly code: ErrorCode; readonly next: string }> = new Map(
  (
    [
      ['CARTO_STORE_BUSY', 'another process writes to it; see that only one uses it', [5, 6]],
      ['CARTO_STORE_FULL', 'make room on its disk', [13]],
      ['CARTO_STORE_DAMAGED', 'move it away to start afresh: everything in it is made again', [11, 26]],
      ['CARTO_STORE_UNREACHABLE', 'check the path, its rights and the disk', [3, 8, 10, 14, 23]],
    ] as const
  ).flatMap(([code, next, results]) => results.map((result) => [result, { code, next }])),
);

/** What a {@link sqliteDatabase} may be told. */
export type SqliteOptions = {
  /** The most that the file may have, in pages of 4 KiB; as much as the disk has, when not given. */
  readonly maxPages?: number;
  /** How long a statement waits for another process that writes. The process stands still meanwhile. */
  readonly busyTimeoutMs?: number;
};

/**
 * A SQLite database in a file, which only its owner may read, or in memory. It is opened by the first connection. What
 * is written survives a crash of the process, and a cut of power up to the last moments; it is never half of a transaction.
 */
export function sqliteDatabase(file: string, options: SqliteOptions = {}): SqlDatabase {
  let opened: Opened | undefined;
  return {
    kind: 'sqlite',
    where: file,
    connect: () => {
      try {
        opened ??= new Opened(file, options);
        return Promise.resolve(opened);
      } catch (error) {
        return Promise.reject(translated(error, file));
      }
    },
    close: () => {
      opened?.close();
      opened = undefined;
      return Promise.resolve();
    },
  };
}

/** A statement, and whether it gives rows. */
type Statement = { readonly statement: StatementSync; readonly gives: boolean };

class Opened implements SqlConnection {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #prepared = new BoundedMap<Statement>(MAX_PREPARED);

  constructor(file: string, { maxPages, busyTimeoutMs = BUSY_TIMEOUT_MS }: SqliteOptions) {
    this.#file = file;
    // SQLite gives its other files the mode of this one.
    if (file !== IN_MEMORY) closeSync(openSync(file, 'a', 0o600));
    this.#database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    try {
      this.#database.exec(
        `pragma journal_mode = wal; pragma synchronous = normal; pragma journal_size_limit = ${MAX_LOG_BYTES}`,
      );
      if (maxPages !== undefined) this.#database.exec(`pragma max_page_count = ${maxPages}`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  run(sql: string, parameters: readonly unknown[]): Promise<SqlResult> {
    try {
      return Promise.resolve(this.#run(sql, parameters));
    } catch (error) {
      return Promise.reject(translated(error, this.#file));
    }
  }

  #run(sql: string, parameters: readonly unknown[]): SqlResult {
    // A full disk has ended the transaction already.
    if (sql === 'rollback' && !this.#database.isTransaction) return { rows: [] };
    const { statement, gives } = this.#prepared.get(sql) ?? this.#prepare(sql);
    const values = parameters as (string | number | bigint | null | Uint8Array)[];
    if (gives) return { rows: statement.all(...values) };
    return { rows: [], changes: Number(statement.run(...values).changes) };
  }

  #prepare(sql: string): Statement {
    const statement = this.#database.prepare(sql);
    const made = { statement, gives: statement.columns().length > 0 };
    this.#prepared.set(sql, made);
    return made;
  }

  release(): void {
    // There is but one.
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function translated(error: unknown, file: string): unknown {
  const { errcode, code } = error as { readonly errcode?: number; readonly code?: string };
  if (errcode === undefined) {
    if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
    return failure(error, file, code === 'ENOSPC' ? 13 : 14);
  }
  return failure(error, file, errcode & 0xff);
}

function failure(cause: unknown, file: string, result: number): unknown {
  const found = FAILURES.get(result);
  if (found === undefined) return cause;
  return new CartoError(found.code, `database ${file}: ${messageOf(cause)}; ${found.next}`, { cause });
}
