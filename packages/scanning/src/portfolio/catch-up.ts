import type { Store } from '@cartographer/store';
import type { Write } from './change.ts';
import { type Match, rematch } from './rematch.ts';
import type { Tables } from './tables.ts';

/** How many packages are matched again in one transaction. */
const MOST_NAMES = 200;

/**
 * Brings what is kept to what this program makes of it: where a program with another matcher wrote it, all bills are matched
 * again.
 * @returns since when first sights are kept.
 */
export async function catchUp(
  store: Store<Tables>,
  write: Write,
  { version, match, now }: { readonly version: number; readonly match: Match; readonly now: () => string },
): Promise<string> {
  const row = { one: 1, number: 0, matcher: version, born: now() };
  await store
    .insertInto('portfolio')
    .values(row)
    .onConflict((at) => at.doNothing())
    .execute();
  // One that was made before sights were kept.
  await store.updateTable('portfolio').set({ born: row.born }).where('born', '=', '').execute();
  const { matcher, born } = await store.selectFrom('portfolio').select(['matcher', 'born']).executeTakeFirstOrThrow();
  if (matcher !== version) {
    await matchAll(store, write, { match, now });
    await write((tx) => tx.updateTable('portfolio').set({ matcher: version }).execute());
  }
  return born;
}

async function matchAll(
  store: Store<Tables>,
  write: Write,
  { match, now }: { readonly match: Match; readonly now: () => string },
): Promise<void> {
  for (let after = 0; ; ) {
    const names = await store
      .selectFrom('names')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .limit(MOST_NAMES)
      .execute();
    const ids = names.map(({ id }) => id);
    const last = ids.at(-1);
    if (last === undefined) return;
    await write((tx, number) => rematch(tx, ids, match, { now: now(), number }));
    after = last;
  }
}
