import { type Log, silentLog } from '@cartographer/machinery';
import { openStore, postgresDatabase, type SqlDatabase, type Store, sql } from '@cartographer/store';
import { createFakeClock } from '@cartographer/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { portfolioSuite } from '../../packages/scanning/src/portfolio/testing/portfolio-suite.ts';
import { asked, type PostgresServer, startPostgres } from '../../packages/store/src/testing/postgres-server.ts';
import { storeSuite } from '../../packages/store/src/testing/store-suite.ts';

type Tables = { texts: { text: string } };

let server: PostgresServer;
let url: string;
beforeAll(async () => {
  server = await startPostgres();
});
beforeEach(async () => {
  url = await server.createDatabase();
});
afterAll(() => server.stop());

function database(options: { readonly statementTimeoutMs?: number; readonly log?: Log } = {}): SqlDatabase {
  return postgresDatabase({ url, log: silentLog, ...options });
}

function openTexts(options: Parameters<typeof database>[0] = {}): Promise<Store<Tables>> {
  return openStore<Tables>(database(options), [
    { name: 'make texts', up: (tx) => tx.schema.createTable('texts').addColumn('text', 'text').execute() },
  ]);
}

async function textsOf(store: Store<Tables>): Promise<readonly string[]> {
  return (await store.selectFrom('texts').selectAll().orderBy('text').execute()).map(({ text }) => text);
}

describe('a store in PostgreSQL', () => {
  storeSuite(() => database());
});

describe('a portfolio in PostgreSQL', () => {
  portfolioSuite(() => database(), createFakeClock());
});

describe('PostgreSQL', () => {
  it('two processes that start at once take each step of the schema once', async () => {
    let ran = 0;
    const count = (): Promise<void> => Promise.resolve(void (ran += 1));
    const steps = [
      { name: 'one', up: count },
      { name: 'two', up: count },
    ];
    const stores = await Promise.all([1, 2, 3].map(() => openStore(database(), steps)));
    expect(ran).toBe(2);
    await Promise.all(stores.map((store) => store.destroy()));
  });

  it('a database that goes away is told as such, and is used again when it is back', async () => {
    const warned: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, message: string) => void warned.push(message) };
    const store = await openTexts({ log });
    await store.insertInto('texts').values({ text: 'before' }).execute();
    await server.kill();
    const away = store.insertInto('texts').values({ text: 'meanwhile' }).execute();
    await expect(away).rejects.toMatchObject({ code: 'CARTO_STORE_UNREACHABLE', retry: 'backoff' });
    await expect(textsOf(store)).rejects.toMatchObject({ code: 'CARTO_STORE_UNREACHABLE' });
    await server.start();
    await store.insertInto('texts').values({ text: 'after' }).execute();
    expect(await textsOf(store)).toEqual(['after', 'before']);
    expect(warned).toContain('a connection at rest broke');
    await store.destroy();
  });

  it('a connection that breaks within a transaction undoes it, and nothing else', async () => {
    const store = await openTexts();
    const cut = store.transaction().execute(async (tx) => {
      await tx.insertInto('texts').values({ text: 'half' }).execute();
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await asked(url, `select pg_terminate_backend(${rows[0]?.pid}, 10000)`);
      await tx.insertInto('texts').values({ text: 'other half' }).execute();
    });
    await expect(cut).rejects.toMatchObject({ code: 'CARTO_STORE_UNREACHABLE' });
    expect(await textsOf(store)).toEqual([]);
    await store.destroy();
  });

  it('a statement that takes too long is ended', async () => {
    const store = await openTexts({ statementTimeoutMs: 100 });
    const sleeping = sql`select pg_sleep(60)`.execute(store);
    await expect(sleeping).rejects.toMatchObject({ code: 'CARTO_STORE_BUSY', retry: 'backoff' });
    await expect(sleeping).rejects.toThrow(/^database 127\.0\.0\.1:\d+\/store_\d+: canceling statement/);
    expect(await textsOf(store)).toEqual([]);
    await store.destroy();
  });

  it.each([
    ['53100', 'CARTO_STORE_FULL'],
    ['40P01', 'CARTO_STORE_BUSY'],
    ['53300', 'CARTO_STORE_UNREACHABLE'],
    ['42501', 'CARTO_STORE_UNREACHABLE'],
    ['XX001', 'CARTO_STORE_DAMAGED'],
    ['22012', undefined],
  ])('what the server says as %s is told as %s', async (state, code) => {
    const store = await openTexts();
    const raised = sql`${sql.raw(`do $$ begin raise exception using errcode = '${state}'; end $$`)}`.execute(store);
    await expect(raised).rejects.toMatchObject(code === undefined ? { code: state } : { name: 'CartoError', code });
    expect(await textsOf(store)).toEqual([]);
    await store.destroy();
  });

  it('a statement that failed within a transaction is not passed over', async () => {
    const store = await openTexts();
    const passedOver = store.transaction().execute(async (tx) => {
      await tx.insertInto('texts').values({ text: 'lost' }).execute();
      await sql`select 1 / 0`.execute(tx).catch(() => undefined);
    });
    await expect(passedOver).rejects.toThrow('a transaction that had failed was committed');
    expect(await textsOf(store)).toEqual([]);
    await store.destroy();
  });

  it('an address that does not answer is named without the password', async () => {
    const nowhere = postgresDatabase({ url: 'postgres://carto:hunter2@127.0.0.1:1/store', log: silentLog });
    const opening = openStore(nowhere, []);
    await expect(opening).rejects.toMatchObject({ code: 'CARTO_STORE_UNREACHABLE' });
    await expect(opening).rejects.toThrow(
      /^database 127\.0\.0\.1:1\/store: connect ECONNREFUSED 127\.0\.0\.1:1; check/,
    );
  });
});
