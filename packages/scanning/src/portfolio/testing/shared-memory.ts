import { IN_MEMORY, type SqlDatabase, sqliteDatabase } from '@cartographer/store';

/** A database in memory that stands until the test is over, however often its handles are closed. */
export function sharedMemory(): SqlDatabase {
  return { ...sqliteDatabase(IN_MEMORY), close: () => Promise.resolve() };
}
