import { carto } from '@cartographer/api';
import { isForbidden } from '@cartographer/kube';
import { findCondition, type KubeObject, listAt, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { pagesOf } from '../read/pages.ts';
import { plainLine } from '../screen/text.ts';
import { OWNER_OF } from './find-chain.ts';

/** How many owners follow a blueprint, and how many of those are ready. */
export type Served = { readonly owners: number; readonly ready: number };

/** Counts owners by `Kind name` of the blueprint that they follow; undefined where not all namespaces may be read. */
export async function countServed(
  session: Session,
  kinds: readonly string[],
): Promise<ReadonlyMap<string, Served> | undefined> {
  const counts = new Map<string, Served>();
  for (const kind of kinds) {
    const owner = OWNER_OF[kind];
    if (owner === undefined) continue;
    try {
      for await (const page of pagesOf(session.client, carto.kinds[owner.kind], { signal: session.signal })) {
        for (const object of page)
          count(counts, `${kind} ${textAt(object['status'], owner.blueprintRef, 'name')}`, object);
      }
    } catch (error) {
      if (!isForbidden(error)) throw error;
      session.say(plainLine(`owners are not counted: ${error.message}`));
      return undefined;
    }
  }
  return counts;
}

function count(counts: Map<string, Served>, key: string, { status }: KubeObject): void {
  const { owners, ready } = counts.get(key) ?? { owners: 0, ready: 0 };
  const conditions = listAt(status, 'conditions') as readonly unknown[] as Parameters<typeof findCondition>[0];
  const isReady = findCondition(conditions, 'Ready')?.status === 'True';
  counts.set(key, { owners: owners + 1, ready: ready + Number(isReady) });
}
