import type { KubeObject } from '@cartographer/machinery';

import type { TableChange } from '../storage/journal.ts';
import type { ResourceTable } from '../storage/resource-table.ts';

/** Where an object is. */
type Place = { readonly table: ResourceTable; readonly namespace: string; readonly name: string };

/** Which objects name which owner, by the owner's uid. */
export interface OwnerIndex {
  /** Takes up one change; call it for every change in order. */
  change(change: TableChange): void;
  /** Takes up an object that was there from the start. */
  add(table: ResourceTable, object: KubeObject): void;
  dependents(ownerUid: string): readonly KubeObject[];
  places(ownerUid: string): readonly Place[];
}

/** Creates an empty index. */
export function createOwnerIndex(): OwnerIndex {
  const byOwner = new Map<string, Map<string, Place>>();
  const remove = (table: ResourceTable, { metadata }: KubeObject): void => {
    for (const { uid } of metadata.ownerReferences ?? []) {
      const places = byOwner.get(uid);
      places?.delete(keyOf(table, metadata.namespace, metadata.name));
      if (places?.size === 0) byOwner.delete(uid);
    }
  };
  const add = (table: ResourceTable, { metadata }: KubeObject): void => {
    const { namespace = '', name = '' } = metadata;
    for (const { uid } of metadata.ownerReferences ?? []) {
      let places = byOwner.get(uid);
      if (places === undefined) byOwner.set(uid, (places = new Map()));
      places.set(keyOf(table, namespace, name), { table, namespace, name });
    }
  };
  const places = (ownerUid: string): readonly Place[] => [...(byOwner.get(ownerUid)?.values() ?? [])];
  return {
    add,
    change({ table, change }) {
      if (change.old !== undefined) remove(table, change.old);
      if (change.type !== 'DELETED') add(table, change.object);
    },
    places,
    dependents: (ownerUid) =>
      places(ownerUid)
        .map(({ table, namespace, name }) => table.get(namespace, name))
        .filter(
          (object) => object?.metadata.ownerReferences?.some(({ uid }) => uid === ownerUid) === true,
        ) as KubeObject[],
  };
}

/** A place as a text: the key of queues. */
export function keyOf(table: ResourceTable, namespace = '', name = ''): string {
  return `${table.id} ${namespace}/${name}`;
}
