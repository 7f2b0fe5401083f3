import type { Store, Transaction } from '@cartographer/store';
import { MOST_VALUES } from './kept-names.ts';
import { parts, storedKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** That a vulnerability was seen: one of its names, and when, RFC 3339. */
export type Sighting = { readonly vulnerability: string; readonly since: string };

/** When each vulnerability was first seen in a namespace, by {@link storedKey} of its names. */
export async function firstSights(tx: Store<Tables>, namespace: string): Promise<ReadonlyMap<string, string>> {
  const rows = await tx
    .selectFrom('sights')
    .select(['vulnerability', 'since'])
    .where('namespace', '=', namespace)
    .execute();
  return new Map(rows.map(({ vulnerability, since }) => [vulnerability, since]));
}

/** Keeps when vulnerabilities were seen in a namespace; of several times of one the first stays. */
export async function writeSights(
  tx: Transaction<Tables>,
  namespace: string,
  sightings: readonly Sighting[],
): Promise<void> {
  const first = new Map<string, string>();
  for (const { vulnerability, since } of sightings) {
    const key = storedKey(vulnerability);
    const before = first.get(key);
    if (before === undefined || since < before) first.set(key, since);
  }
  for (const part of parts(first, MOST_VALUES)) {
    await tx
      .insertInto('sights')
      .values(part.map(([vulnerability, since]) => ({ namespace, vulnerability, since })))
      .onConflict((at) =>
        at
          .columns(['namespace', 'vulnerability'])
          .doUpdateSet((eb) => ({ since: eb.ref('excluded.since') }))
          .where((eb) => eb('sights.since', '>', eb.ref('excluded.since'))),
      )
      .execute();
  }
}

/** Forgets the sights of all namespaces but these. */
export async function forgetSights(tx: Transaction<Tables>, namespaces: ReadonlySet<string>): Promise<void> {
  const rows = await tx.selectFrom('sights').select('namespace').distinct().execute();
  const gone = rows.filter(({ namespace }) => !namespaces.has(namespace));
  for (const part of parts(gone, MOST_VALUES)) {
    const names = part.map(({ namespace }) => namespace);
    await tx.deleteFrom('sights').where('namespace', 'in', names).execute();
  }
}
