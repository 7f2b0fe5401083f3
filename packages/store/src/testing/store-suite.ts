import { expect, it } from 'vitest';
import type { SqlDatabase } from '../database.ts';
import type { Migration } from '../migrations.ts';
import { prepared } from '../prepared.ts';
import { openStore, type Store } from '../store.ts';

type Tables = { pairs: { id: number; text: string | null } };

const MAKE_PAIRS: Migration = {
  name: 'make pairs',
  up: (tx) =>
    tx.schema
      .createTable('pairs')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('text', 'text')
      .execute(),
};

/** What holds for every database. `another` gives another handle on the same one, which is empty when a test begins. */
export function storeSuite(another: () => SqlDatabase): void {
  const open = (migrations: readonly Migration[] = [MAKE_PAIRS]): Promise<Store<Tables>> =>
    openStore<Tables>(another(), migrations);
  const idsOf = async (store: Store<Tables>): Promise<readonly number[]> =>
    (await store.selectFrom('pairs').select('id').orderBy('id').execute()).map(({ id }) => id);

  it('what a transaction wrote is there for others, and after the database was opened anew', async () => {
    const first = await open();
    await first.transaction().execute(async (tx) => {
      await tx.insertInto('pairs').values({ id: 1, text: 'ünï \u{1F600} \'"; --' }).execute();
      await tx.insertInto('pairs').values({ id: 2, text: null }).execute();
    });
    await first.destroy();
    const second = await open();
    expect(await second.selectFrom('pairs').selectAll().orderBy('id').execute()).toEqual([
      { id: 1, text: 'ünï \u{1F600} \'"; --' },
      { id: 2, text: null },
    ]);
    await second.destroy();
  });

  it('a transaction that fails leaves nothing, whatever of it failed', async () => {
    const store = await open();
    await store.insertInto('pairs').values({ id: 1, text: 'before' }).execute();
    const twice = store.transaction().execute(async (tx) => {
      await tx.insertInto('pairs').values({ id: 2, text: 'within' }).execute();
      await tx.insertInto('pairs').values({ id: 1, text: 'again' }).execute();
    });
    await expect(twice).rejects.toThrow(/unique|duplicate/i);
    await expect(twice).rejects.not.toHaveProperty('name', 'CartoError');
    const thrown = store.transaction().execute(async (tx) => {
      await tx.deleteFrom('pairs').execute();
      throw new Error('changed my mind');
    });
    await expect(thrown).rejects.toThrow('changed my mind');
    expect(await idsOf(store)).toEqual([1]);
    await store.destroy();
  });

  it('a question that is prepared is built once for a store, and asked with the values of each call', async () => {
    let built = 0;
    const textsOf = prepared((store: Store<Tables>, from: string, to: string) => {
      built += 1;
      return store
        .selectFrom('pairs')
        .select('text')
        .where('text', '>=', from)
        .where('id', '<', 9)
        .where((eb) => eb.or([eb('text', '<', to), eb('text', '=', from)]))
        .orderBy('id');
    });
    const store = await open();
    const pairs = [
      { id: 1, text: 'a' },
      { id: 2, text: 'b' },
      { id: 3, text: "'; --" },
      { id: 9, text: 'b' },
    ];
    await store.insertInto('pairs').values(pairs).execute();
    expect(await textsOf(store, 'a', 'b')).toEqual([{ text: 'a' }]);
    expect(await textsOf(store, 'b', 'a')).toEqual([{ text: 'b' }]);
    expect(await textsOf(store, "'; --", "'z")).toEqual([{ text: "'; --" }]);
    expect(built).toBe(1);
    const other = await open();
    expect(await textsOf(other, 'a', 'c')).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(built).toBe(2);
    await Promise.all([store.destroy(), other.destroy()]);
  });

  it('transactions that are begun at once end as if one came after the other', async () => {
    const store = await open();
    await store.insertInto('pairs').values({ id: 1, text: '0' }).execute();
    const add = (): Promise<void> =>
      store.transaction().execute(async (tx) => {
        await tx.updateTable('pairs').set({ text: 'taken' }).where('id', '=', 1).execute();
        const { text } = (await tx.selectFrom('pairs').select('text').where('id', '=', 2).executeTakeFirst()) ?? {
          text: '0',
        };
        const next = { id: 2, text: String(Number(text) + 1) };
        await tx
          .insertInto('pairs')
          .values(next)
          .onConflict((at) => at.column('id').doUpdateSet(next))
          .execute();
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await store.selectFrom('pairs').select('text').where('id', '=', 2).executeTakeFirst()).toEqual({
      text: '8',
    });
    await store.destroy();
  });

  it('how many rows a statement changed is told', async () => {
    const store = await open();
    await store
      .insertInto('pairs')
      .values([1, 2, 3].map((id) => ({ id, text: '' })))
      .execute();
    const { numDeletedRows } = await store.deleteFrom('pairs').where('id', '>', 1).executeTakeFirst();
    expect(numDeletedRows).toBe(2n);
    await store.destroy();
  });

  it('each step of the schema runs once, in order', async () => {
    const ran: string[] = [];
    const steps = ['one', 'two'].map(
      (name, place): Migration => ({
        name,
        up: async (tx, kind) => {
          if (place === 0) await MAKE_PAIRS.up(tx, kind);
          ran.push(name);
        },
      }),
    );
    const stores = [await open(steps), await open(steps)];
    expect(ran).toEqual(['one', 'two']);
    await Promise.all(stores.map((store) => store.destroy()));
    const later = await open([...steps, { name: 'three', up: () => Promise.resolve(void ran.push('three')) }]);
    expect(ran).toEqual(['one', 'two', 'three']);
    await later.destroy();
  });

  it('a step that fails leaves the schema as it was', async () => {
    const failing: Migration = {
      name: 'fail halfway',
      up: async (tx, kind) => {
        await MAKE_PAIRS.up(tx, kind);
        throw new Error('halfway');
      },
    };
    await expect(open([failing])).rejects.toThrow('halfway');
    const store = await open();
    expect(await idsOf(store)).toEqual([]);
    await store.destroy();
  });

  it('a database that a newer release wrote is refused, and stays as it is', async () => {
    const newer = await open([MAKE_PAIRS, { name: 'from the future', up: () => Promise.resolve() }]);
    await newer.insertInto('pairs').values({ id: 1, text: 'kept' }).execute();
    await newer.destroy();
    const refused = open();
    await expect(refused).rejects.toMatchObject({ code: 'CARTO_STORE_TOO_NEW', retry: 'never' });
    await expect(refused).rejects.toThrow('(step 2, "from the future"; this one knows 1); use that release');
    const again = await open([MAKE_PAIRS, { name: 'from the future', up: () => Promise.resolve() }]);
    expect(await idsOf(again)).toEqual([1]);
    await again.destroy();
  });
}
