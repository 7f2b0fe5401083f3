import { Buffer } from 'node:buffer';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayerFileError } from './facts.ts';
import { sqliteRows } from './sqlite.ts';

/** A database that SQLite itself wrote. */
async function written(...statements: readonly (string | readonly [string, Buffer | string])[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'carto-sqlite-'));
  try {
    const file = join(folder, 'a.db');
    const database = new DatabaseSync(file);
    for (const statement of statements) {
      if (typeof statement === 'string') database.exec(statement);
      else database.prepare(statement[0]).run(statement[1]);
    }
    database.close();
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const TABLE = 'CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)';
const INSERT = 'INSERT INTO Packages (blob) VALUES (?)';
const inserts = (count: number, blob: Buffer): readonly (readonly [string, Buffer])[] =>
  Array.from({ length: count }, () => [INSERT, blob] as const);
const blobs = (bytes: Buffer): readonly unknown[] => [...sqliteRows(bytes, 'packages')].map(([, blob]) => blob);

/** Random damage must end in an answer or in one kind of error. */
function readAll(bytes: Buffer): string {
  try {
    return `${blobs(bytes).length}`;
  } catch (error) {
    if (error instanceof LayerFileError) return 'refused';
    throw error;
  }
}

describe('a database of SQLite', () => {
  it('gives the rows that SQLite wrote, of any size and in any number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(512, 1024, 4096, 65_536),
        fc.array(fc.oneof(fc.nat(900), fc.nat(9000), fc.constant(150_000)), { maxLength: 60 }),
        async (pageBytes, sizes) => {
          const values = sizes.map((size, index) => Buffer.alloc(size, index + 1));
          const bytes = await written(
            `PRAGMA page_size = ${pageBytes}`,
            'CREATE TABLE other (a)',
            TABLE,
            ...values.map((value) => [INSERT, value] as const),
          );
          expect(blobs(bytes)).toEqual(values);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('gives texts, numbers of a few bytes and what is empty', async () => {
    const bytes = await written(
      'CREATE TABLE Packages (a, b, c, d, e, f)',
      "INSERT INTO Packages VALUES ('é', 0, 1, -2, 70000, NULL)",
    );
    expect([...sqliteRows(bytes, 'Packages')]).toEqual([['é', 0, 1, -2, 70_000, undefined]]);
  });

  it.each([
    ['is no database', Buffer.from('nothing of the kind'.repeat(20)), 'is no database of SQLite'],
    ['is empty', Buffer.alloc(0), 'is no database of SQLite'],
  ])('that %s is refused', (_name, bytes, says) => {
    expect(() => blobs(bytes)).toThrow(says);
  });

  it('runs nothing that stands in its schema', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, i FROM n';
    const view = await written(`CREATE VIEW Packages AS ${endless}`);
    expect(() => blobs(view)).toThrow('has no table packages');
    const computed = await written(
      'CREATE TABLE Packages (hnum, blob AS (zeroblob(900000000)))',
      'INSERT INTO Packages (hnum) VALUES (1)',
    );
    expect(blobs(computed)).toEqual([undefined]);
  });

  it('is read up to so many rows', async () => {
    const bytes = await written(TABLE, ...inserts(3, Buffer.from('a')));
    expect([...sqliteRows(bytes, 'Packages', 3)]).toHaveLength(3);
    expect(() => [...sqliteRows(bytes, 'Packages', 2)]).toThrow('has more than 2 rows');
  });

  it('is read as deep as SQLite itself goes', async () => {
    const start = await written('PRAGMA page_size = 512', TABLE);
    // Pages with nothing but one more page below them, from the table's own on.
    const chain = Array.from({ length: 30 }, (_, at) => {
      const page = Buffer.alloc(512);
      page[0] = 5;
      page.writeUInt32BE(at + 3, 8);
      return page;
    });
    expect(() => blobs(Buffer.concat([start.subarray(0, 512), ...chain]))).toThrow('it is too deep');
  });

  it('whose pages lead around in a circle is refused', async () => {
    const bytes = await written('PRAGMA page_size = 512', TABLE, ...inserts(40, Buffer.alloc(300)));
    const root = bytes.subarray(512, 1024);
    expect(root[0]).toBe(5); // it has pages below it
    root.writeUInt32BE(2, 8); // the last of them is the root itself
    expect(() => blobs(bytes)).toThrow('damaged database of SQLite: page 2');
  });

  it('that is cut off or damaged anywhere gives rows or one kind of error, and always ends', async () => {
    const whole = await written('PRAGMA page_size = 512', TABLE, ...inserts(8, Buffer.alloc(700, 7)));
    for (let end = 0; end < whole.length; end += 97) expect(readAll(whole.subarray(0, end))).toMatch(/^\d+$|refused/);
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect(readAll(damaged)).toMatch(/^\d+$|refused/);
    }
  });
});
