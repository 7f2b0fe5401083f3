import { carto, type KindName } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';
import { allOf } from '../read/pages.ts';
import { type Looked, look } from './look.ts';

/** The objects of a kind of ours that is not in a namespace; read once for all checks of a run. */
export function listOnce(session: Session): (kind: KindName) => Promise<Looked<readonly KubeObject[]>> {
  const { client, signal } = session;
  const lists = new Map<KindName, Promise<Looked<readonly KubeObject[]>>>();
  return (kind) => {
    const list = lists.get(kind) ?? look(session, () => allOf(client, carto.kinds[kind], { signal }));
    lists.set(kind, list);
    return list;
  };
}
