import type { Transaction } from '@cartographer/store';
import { parts } from './keys.ts';
import type { Tables } from './tables.ts';

/** How many values a statement names at once. */
export const MOST_VALUES = 500;

/** The numbers of keys that are kept already. */
async function numbersOf(tx: Transaction<Tables>, keys: Iterable<string>): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const part of parts(new Set(keys), MOST_VALUES)) {
    const rows = await tx.selectFrom('names').select(['id', 'key']).where('key', 'in', part).execute();
    for (const { id, key } of rows) numbers.set(key, id);
  }
  return numbers;
}

/** The numbers of keys; those that are new get one. */
export async function numbersFor(
  tx: Transaction<Tables>,
  keys: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Set(keys);
  const numbers = await numbersOf(tx, wanted);
  const missing = [...wanted].filter((key) => !numbers.has(key));
  for (const part of parts(missing, MOST_VALUES)) {
    const rows = await tx
      .insertInto('names')
      .values(part.map((key) => ({ key })))
      .returning(['id', 'key'])
      .execute();
    for (const { id, key } of rows) numbers.set(key, id);
  }
  return numbers;
}
