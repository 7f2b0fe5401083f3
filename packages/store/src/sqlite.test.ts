import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Migration } from './migrations.ts';
import { IN_MEMORY, sqliteDatabase } from './sqlite.ts';
import { openStore } from './store.ts';
import { storeSuite } from './testing/store-suite.ts';

type Tables = { texts: { text: string } };
const TEXTS: readonly Migration[] = [
  { name: 'make texts', up: (tx) => tx.schema.createTable('texts').addColumn('text', 'text').execute() },
];
const MEGABYTE = 'x'.repeat(1024 * 1024);

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carto-store-'));
  file = join(folder, 'store.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a store in a file', () => {
  storeSuite(() => sqliteDatabase(file));
});

describe('SQLite', () => {
  it('nobody but its owner reads the files of a database', async () => {
    const store = await openStore<Tables>(sqliteDatabase(file), TEXTS);
    await store.insertInto('texts').values({ text: 'secret' }).execute();
    const modes = ['', '-wal', '-shm'].map((suffix) => statSync(file + suffix).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    await store.destroy();
  });

  it('a database in memory is gone when it is closed', async () => {
    const database = sqliteDatabase(IN_MEMORY);
    const store = await openStore<Tables>(database, TEXTS);
    await store.insertInto('texts').values({ text: 'short-lived' }).execute();
    await store.destroy();
    const again = await openStore<Tables>(database, TEXTS);
    expect(await again.selectFrom('texts').selectAll().execute()).toEqual([]);
    await again.destroy();
  });

  it('a full disk is told as such, nothing is half written, and it goes on when there is room', async () => {
    const store = await openStore<Tables>(sqliteDatabase(file, { maxPages: 400 }), TEXTS);
    const writing = store.transaction().execute(async (tx) => {
      for (const text of [MEGABYTE, MEGABYTE]) await tx.insertInto('texts').values({ text }).execute();
    });
    await expect(writing).rejects.toMatchObject({ code: 'CARTO_STORE_FULL', retry: 'backoff' });
    await expect(writing).rejects.toThrow(`database ${file}: database or disk is full; make room on its disk`);
    expect(await store.selectFrom('texts').select('text').execute()).toEqual([]);
    await store.insertInto('texts').values({ text: MEGABYTE }).execute();
    await store.destroy();
  });

  it('a database that another process writes to is busy, and not for ever', async () => {
    const store = await openStore<Tables>(sqliteDatabase(file, { busyTimeoutMs: 0 }), TEXTS);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const writing = store.insertInto('texts').values({ text: 'meanwhile' }).execute();
    await expect(writing).rejects.toMatchObject({ code: 'CARTO_STORE_BUSY', retry: 'backoff' });
    expect(await store.selectFrom('texts').selectAll().execute()).toEqual([]);
    other.exec('commit');
    other.close();
    await store.insertInto('texts').values({ text: 'afterwards' }).execute();
    await store.destroy();
  });

  it('a file that is no database is damaged, and stays as it is', async () => {
    writeFileSync(file, 'no database at all, but long enough to be read as one'.repeat(100));
    const before = statSync(file).size;
    await expect(openStore(sqliteDatabase(file), TEXTS)).rejects.toMatchObject({ code: 'CARTO_STORE_DAMAGED' });
    expect(statSync(file).size).toBe(before);
  });

  it.each([
    ['a folder', (): string => folder],
    ['in a folder that is not there', (): string => join(folder, 'gone', 'store.db')],
  ])('a path that is %s cannot be opened, and is named', async (_what, path) => {
    const opening = openStore(sqliteDatabase(path()), TEXTS);
    await expect(opening).rejects.toMatchObject({ code: 'CARTO_STORE_UNREACHABLE' });
    await expect(opening).rejects.toThrow(`database ${path()}: `);
  });

  it('what one caller reads waits for the transaction of another', async () => {
    const store = await openStore<Tables>(sqliteDatabase(file), TEXTS);
    const seen: number[] = [];
    await Promise.all([
      store.transaction().execute(async (tx) => {
        await tx.insertInto('texts').values({ text: 'one' }).execute();
        await Promise.resolve();
        await tx.insertInto('texts').values({ text: 'two' }).execute();
      }),
      store
        .selectFrom('texts')
        .selectAll()
        .execute()
        .then((rows) => seen.push(rows.length)),
    ]);
    expect(seen).toEqual([2]);
    await store.destroy();
  });
});
