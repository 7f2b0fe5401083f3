import { CartoError } from '@cartographer/machinery';
import type { SqlDatabase } from '@cartographer/store';

/** A database that counts its statements, and fails when a test wants it to. */
export type FailingDatabase = SqlDatabase & {
  /** Statements that were run, those that begin and end transactions included. */
  statements: number;
  /** The n-th statement from now fails, before or after it was done, and all that follow it: the process is as good as dead. */
  readonly failAt: (statement: number, when: 'before' | 'after') => void;
  /** It is there again. */
  readonly heal: () => void;
};

/** Wraps a database; each statement is run by the real one. */
export function failingDatabase(inner: SqlDatabase): FailingDatabase {
  let left = Number.POSITIVE_INFINITY;
  let when: 'before' | 'after' = 'before';
  const gone = (): CartoError => new CartoError('CARTO_STORE_UNREACHABLE', 'the database went away');
  const database: FailingDatabase = {
    ...inner,
    statements: 0,
    failAt: (statement, at) => {
      left = statement;
      when = at;
    },
    heal: () => {
      left = Number.POSITIVE_INFINITY;
    },
    connect: async () => {
      const connection = await inner.connect();
      return {
        release: () => connection.release(),
        run: async (sql, parameters) => {
          database.statements += 1;
          left -= 1;
          if (left < 0) throw gone();
          const result = left === 0 && when === 'before' ? undefined : await connection.run(sql, parameters);
          if (result !== undefined && left > 0) return result;
          // What its user had begun is undone by the database itself when the user dies.
          await connection.run('rollback', []);
          throw gone();
        },
      };
    },
  };
  return database;
}
