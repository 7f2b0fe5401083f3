import type { Store, Transaction } from '@cartographer/store';
import { MOST_VALUES } from './kept-names.ts';
import { parts } from './keys.ts';
import type { Tables } from './tables.ts';

/** By what a layer that was read is known. A registry answers for what is its own: another one's says nothing of it. */
export type LayerKey = {
  readonly registry: string;
  readonly digest: string;
  /** What read it, and within which limits; others may read it otherwise. */
  readonly readers: string;
};

/** What is kept of all layers together, in characters; what was read first goes first. */
export const MOST_LAYER_CHARS = 1024 ** 3;

/** What was kept of a layer; undefined for nothing. */
export async function readLayer(tx: Store<Tables>, key: LayerKey): Promise<string | undefined> {
  const row = await tx
    .selectFrom('layers')
    .select('content')
    .where('registry', '=', key.registry)
    .where('digest', '=', key.digest)
    .where('readers', '=', key.readers)
    .executeTakeFirst();
  return row?.content;
}

/** Keeps what was read of a layer, and forgets others where that is too much. */
export async function writeLayer(
  tx: Transaction<Tables>,
  key: LayerKey,
  content: string,
  { now, mostChars }: { readonly now: string; readonly mostChars: number },
): Promise<void> {
  const row = { size: content.length, seen: now, content };
  await tx
    .insertInto('layers')
    .values({ ...key, ...row })
    .onConflict((at) => at.columns(['registry', 'digest', 'readers']).doUpdateSet(row))
    .execute();
  const { total } = await tx
    .selectFrom('layers')
    .select((eb) => eb.fn.sum('size').as('total'))
    .executeTakeFirstOrThrow();
  let beyond = Number(total) - mostChars;
  if (beyond <= 0) return;
  const rows = await tx
    .selectFrom('layers')
    .select(['registry', 'digest', 'readers', 'size'])
    .orderBy('seen')
    .orderBy('digest')
    .limit(MOST_VALUES)
    .execute();
  for (const { size, ...oldest } of rows) {
    if (beyond <= 0) return;
    await forgetLayer(tx, oldest);
    beyond -= size;
  }
}

/** Says which layers a subject is made of. */
export async function useLayers(
  tx: Transaction<Tables>,
  { digest, repository }: { readonly digest: string; readonly repository: string },
  layers: readonly string[],
): Promise<void> {
  for (const part of parts(new Set(layers), MOST_VALUES)) {
    await tx
      .insertInto('subject_layers')
      .values(part.map((layer) => ({ digest, repository, layer })))
      .onConflict((at) => at.doNothing())
      .execute();
  }
}

/** Forgets layers that others have read, and those that no subject is made of and that were not read since. @returns how many. */
export async function forgetLayers(
  tx: Transaction<Tables>,
  { readers, before }: { readonly readers: string; readonly before: string },
): Promise<number> {
  await tx
    .deleteFrom('subject_layers')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subjects')
            .select('subjects.bill')
            .whereRef('subjects.digest', '=', 'subject_layers.digest')
            .whereRef('subjects.repository', '=', 'subject_layers.repository'),
        ),
      ),
    )
    .execute();
  const gone = await tx
    .selectFrom('layers')
    .select(['registry', 'digest', 'readers'])
    .where(({ or, and, eb }) =>
      or([
        eb('readers', '!=', readers),
        and([eb('seen', '<', before), eb('digest', 'not in', (of) => of.selectFrom('subject_layers').select('layer'))]),
      ]),
    )
    .execute();
  for (const key of gone) await forgetLayer(tx, key);
  return gone.length;
}

async function forgetLayer(tx: Transaction<Tables>, { registry, digest, readers }: LayerKey): Promise<void> {
  await tx
    .deleteFrom('layers')
    .where('registry', '=', registry)
    .where('digest', '=', digest)
    .where('readers', '=', readers)
    .execute();
}
