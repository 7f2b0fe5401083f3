import { CartoError } from '@cartographer/machinery';

/** Whether it is a database that did not do what it was asked: its message says which one, why, and what to do. */
export function isStoreFailure(error: unknown): error is CartoError {
  return error instanceof CartoError && error.code.startsWith('CARTO_STORE_');
}

/** What a statement answered. */
export type SqlResult = {
  readonly rows: readonly unknown[];
  /** Of a statement that writes: how many rows it changed. */
  readonly changes?: number;
};

/** One connection to a database, used by one caller at a time. */
export type SqlConnection = {
  /** @throws CartoError when the database did not do what it was asked for a reason outside the statement. */
  readonly run: (sql: string, parameters: readonly unknown[]) => Promise<SqlResult>;
  /** Gives the connection back; it is closed where it can no longer be trusted. */
  readonly release: () => void;
};

/** A database behind one port: what differs between SQLite and PostgreSQL, and no more. */
export type SqlDatabase = {
  readonly kind: 'sqlite' | 'postgres';
  /** Where it is, for messages: a path, or host, port and name; never a password. */
  readonly where: string;
  /** @throws CartoError when it cannot be opened or reached. */
  readonly connect: () => Promise<SqlConnection>;
  readonly close: () => Promise<void>;
};
