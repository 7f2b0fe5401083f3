import { CartoError, type ErrorCode, type Log, messageOf } from '@cartographer/machinery';
import pg from 'pg';
import type { SqlConnection, SqlDatabase, SqlResult } from './database.ts';

/** How a PostgreSQL database is reached, and how long it may take. */
export type PostgresOptions = {
  /** `postgres://user:password@host:5432/name?sslmode=verify-full`; what it does not say, the `PG…` variables do. */
  readonly url: string;
  /** Of connections that broke while nobody used them. */
  readonly log: Log;
  /** The most connections at once. */
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  /** Of one statement; the server ends it. */
  readonly statementTimeoutMs?: number;
};

const MAX_CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
/** What the client waits beyond the server's own limit before it takes the server for gone. */
const ANSWER_GRACE_MS = 10_000;

/** SQLSTATE codes, or their first two letters, that are about the world and not about the statement. Source: appendix A of PostgreSQL's manual. */
const FAILURES: readonly (readonly [ErrorCode, RegExp, string])[] = [
  ['CARTO_STORE_FULL', /^53100$/, 'make room on its disk'],
  ['CARTO_STORE_BUSY', /^(57014|55P03|40001|40P01|53200)$/, 'look at its load and at who holds its locks'],
  ['CARTO_STORE_DAMAGED', /^XX00[12]$/, 'restore it, or give an empty one: everything in it is made again'],
  [
    'CARTO_STORE_UNREACHABLE',
    /^(08|28|3D|53|57|58)|^(42501|25P03)$/,
    'check that it runs, the address, the login and its rights',
  ],
];

/**
 * A PostgreSQL database through a bounded pool. Connections are made when they are asked for, so that a database that
 * went away is there again when it comes back.
 */
export function postgresDatabase(options: PostgresOptions): SqlDatabase {
  const statementMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'cartographer',
    max: options.maxConnections ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    statement_timeout: statementMs,
    lock_timeout: statementMs,
    idle_in_transaction_session_timeout: statementMs,
    query_timeout: statementMs + ANSWER_GRACE_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  const where = placeOf(options.url);
  // The pool hangs the whole connection on the error, which belongs into no log.
  pool.on('error', (error) =>
    options.log.warn({ database: where, reason: error.message }, 'a connection at rest broke'),
  );
  let closed: Promise<void> | undefined;
  return {
    kind: 'postgres',
    where,
    connect: async () => {
      try {
        return connectionOf(await pool.connect(), where);
      } catch (error) {
        throw translated(error, where);
      }
    },
    close: () => (closed ??= pool.end()),
  };
}

function connectionOf(client: pg.PoolClient, where: string): SqlConnection {
  let broken: Error | undefined;
  // A connection that breaks between two statements says so to nobody else, and an error that nobody hears ends the process.
  const onError = (error: Error): void => {
    broken ??= error;
  };
  client.on('error', onError);
  return {
    run: async (sql, parameters) => {
      try {
        return resultOf(sql, await client.query(sql, [...parameters]));
      } catch (error) {
        const known = translated(error, where);
        if (known instanceof CartoError && known.code === 'CARTO_STORE_UNREACHABLE') broken ??= known;
        if (sql === 'rollback') broken ??= known as Error;
        throw known;
      }
    },
    release: () => {
      client.off('error', onError);
      client.release(broken);
    },
  };
}

function resultOf(sql: string, { command, rowCount, rows }: pg.QueryResult): SqlResult {
  // What PostgreSQL answers to the commit of a transaction in which a statement failed.
  if (sql === 'commit' && command === 'ROLLBACK') throw new Error('a transaction that had failed was committed');
  if (command === 'SELECT' || rowCount === null) return { rows };
  return { rows, changes: rowCount };
}

function translated(error: unknown, where: string): unknown {
  const failure = (code: ErrorCode, next: string): CartoError =>
    new CartoError(code, `database ${where}: ${messageOf(error) || 'no answer'}; ${next}`, { cause: error });
  if (error instanceof pg.DatabaseError) {
    const found = FAILURES.find(([, pattern]) => pattern.test(error.code ?? ''));
    return found === undefined ? error : failure(found[0], found[2]);
  }
  // Everything else that pg throws is about the connection, but for values that cannot be sent.
  if (error instanceof TypeError || error instanceof RangeError) return error;
  return failure('CARTO_STORE_UNREACHABLE', 'check that it runs, and the address');
}

/** Without user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host === '' ? 'PostgreSQL' : host}${pathname}`;
  } catch {
    return 'PostgreSQL';
  }
}
