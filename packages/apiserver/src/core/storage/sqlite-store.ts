import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { CartoError, failure, type KubeObject, parseJson, stringifyJson } from '@cartographer/machinery';

import { StatusError } from '../../status-error.ts';
import type { Store, StoredObject, StoreWrite } from './store.ts';

const DATABASE_FILE = 'objects.db';
const PID_FILE = 'server.pid';
const FORMAT = 1;
/** How far counting jumps after a crash: writes that need not reach the disk may have been lost, their numbers stay used. */
const CRASH_GAP = 10_000;

/**
 * Opens the store in a data folder, a SQLite database that holds live objects only. The folder belongs to one process
 * at a time; SQLite's own lock sees to that, so that nothing is left behind by a process that died.
 * @throws CartoError when another process has the folder, or the database cannot be read.
 */
export function openSqliteStore(folder: string): Store {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = openDatabase(folder);
  const pidFile = path.join(folder, PID_FILE);
  writeFileSync(pidFile, String(process.pid));
  return new SqliteStore(database, folder, pidFile);
}

function openDatabase(folder: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const file = path.join(folder, DATABASE_FILE);
    // It holds Secrets: nobody else reads it. SQLite gives its other files the mode of this one.
    closeSync(openSync(file, 'a', 0o600));
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('BEGIN EXCLUSIVE');
    prepareTables(database, folder);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof CartoError ? error : openError(folder, error as Error);
  }
}

function prepareTables(database: DatabaseSync, folder: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (found > FORMAT) {
    const text = `data folder ${folder} was written by a newer release (format ${found}, this one knows ${FORMAT}); use that release or another folder`;
    throw new CartoError('CARTO_DATA_TOO_NEW', text, { retry: 'never' });
  }
  const damage = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (damage !== 'ok') throw new Error(String(damage));
  database.exec(`
    CREATE TABLE IF NOT EXISTS objects (
      resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
      PRIMARY KEY (resource, namespace, name)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = ${FORMAT};`);
}

function openError(folder: string, error: Error): CartoError {
  if (/database is locked/.test(error.message)) {
    const text = `data folder ${folder} is in use by process ${pidOf(folder)}; stop it or choose another folder`;
    return new CartoError('CARTO_DATA_LOCKED', text, { cause: error, retry: 'never' });
  }
  const text = `data folder ${folder} cannot be read: ${error.message}; move it away to start afresh, or restore a copy`;
  return new CartoError('CARTO_DATA_UNREADABLE', text, { cause: error, retry: 'never' });
}

function pidOf(folder: string): string {
  try {
    return readFileSync(path.join(folder, PID_FILE), 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

class SqliteStore implements Store {
  readonly immediate = false;
  readonly #database: DatabaseSync;
  readonly #folder: string;
  readonly #pidFile: string;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #setMeta: StatementSync;
  #isDurable = true;

  constructor(database: DatabaseSync, folder: string, pidFile: string) {
    this.#database = database;
    this.#folder = folder;
    this.#pidFile = pidFile;
    this.#put = database.prepare(
      'INSERT INTO objects (resource, namespace, name, json) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
    );
    this.#delete = database.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?');
    this.#setMeta = database.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
  }

  load(): { resourceVersion: number; objects: Iterable<StoredObject> } {
    const last = this.#meta('resourceVersion');
    const resourceVersion = last === 0 || this.#meta('clean') === 1 ? last : last + CRASH_GAP;
    const rows = this.#database.prepare('SELECT resource, namespace, name, json FROM objects').iterate();
    const objects = this.#read(rows as Iterable<Record<string, string>>);
    this.#write(() => {
      this.#setMeta.run('clean', 0);
      this.#setMeta.run('resourceVersion', resourceVersion);
    });
    return { resourceVersion, objects };
  }

  commit(batch: readonly StoreWrite[], resourceVersion: number): void {
    this.#setDurable(batch.some(({ durable }) => durable));
    this.#write(() => {
      for (const { resource, namespace, name, object } of batch) {
        if (object === undefined) this.#delete.run(resource, namespace, name);
        else this.#put.run(resource, namespace, name, stringifyJson(object));
      }
      this.#setMeta.run('resourceVersion', resourceVersion);
    });
  }

  close(): void {
    if (!this.#database.isOpen) return;
    try {
      this.#setDurable(true);
      this.#write(() => void this.#setMeta.run('clean', 1));
    } finally {
      this.#database.close();
      rmSync(this.#pidFile, { force: true });
    }
  }

  #read(rows: Iterable<Record<string, string>>): StoredObject[] {
    const objects: StoredObject[] = [];
    try {
      for (const { resource = '', namespace = '', name = '', json = '' } of rows) {
        objects.push({ resource, namespace, name, object: parseJson(json) as KubeObject });
      }
    } catch (error) {
      throw openError(this.#folder, error as Error);
    }
    return objects;
  }

  #meta(key: string): number {
    return Number(this.#database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] ?? 0);
  }

  /** Without the fsync a commit still survives the death of the process, though not a power cut. */
  #setDurable(durable: boolean): void {
    if (durable === this.#isDurable) return;
    this.#database.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    this.#isDurable = durable;
  }

  #write(change: () => void): void {
    try {
      this.#database.exec('BEGIN');
      change();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const text = `data folder ${this.#folder} cannot be written: ${(error as Error).message}; nothing of this write is stored`;
      throw new StatusError(failure(500, 'InternalError', text), { cause: error });
    }
  }
}
