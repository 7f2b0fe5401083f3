import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rfc3339 } from '@cartographer/machinery';
import { IN_MEMORY, openStore, sqliteDatabase } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { findingOf } from '../verdict/testing/stage.ts';
import { Portfolio } from './portfolio.ts';
import { MIGRATIONS, type Tables } from './tables.ts';
import { bill, change, npm, put, record } from './testing/records.ts';

/** What each released step of the schema makes and one bill, one record and one finding in it, as SQL: `1.sql` and so on. */
const RELEASED = join(import.meta.dirname, 'testing', 'released');

/** When it was recorded. */
const RECORDED = '2026-01-02T03:04:05Z';

describe('the schema', () => {
  const released = readdirSync(RELEASED).toSorted();

  it('each released step is recorded', () => {
    expect(released).toEqual(MIGRATIONS.map((_step, at) => `${at + 1}.sql`));
  });

  it('of before it was told what is not understood forgets whatever it found no package in, and no more', async () => {
    const text = readFileSync(join(RELEASED, '4.sql'), 'utf8');
    const database = sqliteDatabase(IN_MEMORY);
    const connection = await database.connect();
    const empty = [
      `insert into bills ("id", "digest", "unread", "facts") values (7, 'sha256:empty', '[]', '{"packages":0,"ecosystems":[]}')`,
      `insert into subjects ("digest", "repository", "bill", "seen", "said") values ('sha256:other', 'r/app', 7, '', '{}')`,
    ];
    for (const statement of [...text.split(';\n'), ...empty].filter((it) => it.trim() !== ''))
      await connection.run(statement, []);
    const portfolio = await Portfolio.open({ database, clock: createFakeClock() });
    expect(await portfolio.factsOf({ digest: 'sha256:other', repository: 'r/app' })).toBeUndefined();
    const known = { digest: 'sha256:image', repository: 'registry.example.com/team/app' };
    expect(await portfolio.factsOf(known)).toMatchObject({ packages: 1 });
    await portfolio.close();
  });

  it('of before names of attached findings were kept finds them by their names', async () => {
    const text = readFileSync(join(RELEASED, '5.sql'), 'utf8');
    const database = sqliteDatabase(IN_MEMORY);
    const connection = await database.connect();
    const finding = { ...findingOf('CVE-7', { aliases: ['GHSA-7'] }), since: RECORDED };
    const attached = { heard: ['key'], findings: [{ finding, signedBy: ['key'] }], looks: {} };
    const said = JSON.stringify({ platforms: [], from: ['layers'], attached });
    for (const statement of text.split(';\n').filter((it) => it.trim() !== '')) await connection.run(statement, []);
    await connection.run(`update subjects set said = ?`, [said]);
    const portfolio = await Portfolio.open({ database, clock: createFakeClock() });
    for (const name of ['CVE-7', 'GHSA-7'])
      expect(await portfolio.touchedBy(name)).toMatchObject([{ held: [], attached: [{ findings: [{ finding }] }] }]);
    await portfolio.close();
  });

  it.each(released)('what was released as %s is never edited, and what was kept with it is known', async (file) => {
    const text = readFileSync(join(RELEASED, file), 'utf8');
    const database = sqliteDatabase(IN_MEMORY);
    const connection = await database.connect();
    for (const statement of text.split(';\n').filter((it) => it.trim() !== '')) await connection.run(statement, []);
    const recorded = (await connection.run('select name, sql from sqlite_master order by name', [])).rows;

    const fresh = sqliteDatabase(IN_MEMORY);
    const store = await openStore<Tables>(fresh, MIGRATIONS.slice(0, Number.parseInt(file, 10)));
    const made = (await (await fresh.connect()).run('select name, sql from sqlite_master order by name', [])).rows;
    expect(made).toEqual(recorded);
    await store.destroy();

    const clock = createFakeClock();
    const portfolio = await Portfolio.open({ database, clock });
    // Sights are kept since the second step; a store of before begins now.
    const kept = file === '1.sql' ? [] : ['A-1', 'CVE-1'].map((name): [string, string] => [name, RECORDED]);
    expect(await portfolio.sightsIn('shop')).toEqual(new Map(kept));
    expect(portfolio.born).toBe(file === '1.sql' ? rfc3339(clock.now()) : RECORDED);
    // Images have a repository, and layers are kept, since the third step.
    const isBefore = file === '1.sql' || file === '2.sql';
    const subject = { digest: 'sha256:image', repository: isBefore ? '' : 'registry.example.com/team/app' };
    const [touched] = await portfolio.touchedBy('CVE-1');
    expect(touched).toMatchObject({ subjects: [subject], held: [{ id: 'A-1' }] });
    expect(await portfolio.factsOf(subject)).toMatchObject({
      packages: 1,
      ecosystems: ['npm'],
      platforms: isBefore ? [] : ['linux/amd64'],
    });
    const layer = { registry: 'registry.example.com', digest: 'sha256:layer', readers: '1' };
    expect(await portfolio.layerOf(layer)).toBe(isBefore ? undefined : 'read');
    // Whoever reads the image of before anew says where.
    if (isBefore) {
      await portfolio.putBill({ ...subject, repository: 'here' }, bill(npm('a', '1.0.0')));
      expect(await portfolio.factsOf(subject)).toBeUndefined();
      expect(await portfolio.factsOf({ ...subject, repository: 'here' })).toMatchObject({ packages: 1 });
    }
    const counts = await portfolio.applyChange('osv', change('2', put(record('A-1', { a: '3.0.0' }))));
    expect(counts).toMatchObject({ added: 0, changed: 1, changedBills: 1, findings: 1 });
    await portfolio.close();
  });
});
