import { type KubeObject, type Log, type OwnerReference, parseApiVersion, splitKey } from '@cartographer/machinery';

import { StatusError } from '../../status-error.ts';
import { deleteObject, FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '../pipeline/delete.ts';
import { patchObject } from '../pipeline/patch.ts';
import type { WriteContext } from '../pipeline/write-context.ts';
import type { ServedResource } from '../served-resource.ts';
import type { TableChange } from '../storage/journal.ts';
import { reportForeignOwner } from './foreign-owner.ts';
import { createOwnerIndex, keyOf, type OwnerIndex } from './owner-index.ts';
import { systemCaller } from './system-caller.ts';
import { createTaskQueue, type TaskQueue } from './task-queue.ts';

/** Deletes what has lost all its owners, and finishes foreground and orphaning deletions. */
export interface GarbageCollector {
  change(change: TableChange): void;
  /** Takes up an object that was there from the start. */
  load(resource: ServedResource, object: KubeObject): void;
  /** What is served has changed: owners that could not be looked up before may be now. */
  resourcesChanged(): void;
  idle(): Promise<void>;
  close(): void;
}

const caller = systemCaller('generic-garbage-collector');

/** Creates the collector; it writes through the pipeline like any client. */
export function createGarbageCollector(context: WriteContext, log: Log): GarbageCollector {
  const index = createOwnerIndex();
  const unresolved = new Set<string>();
  const gone = new Set<string>();
  /** Owners that wait, in a foreground deletion, for their dependents to go: uid → key. */
  const waiting = new Map<string, string>();
  const process = (key: string): Promise<void> => processKey({ context, index, unresolved, gone, queue }, key);
  const queue: TaskQueue = createTaskQueue('garbage collector', process, { clock: context.clock, log });

  const consider = (key: string, { metadata }: KubeObject, old: KubeObject | undefined): void => {
    const { ownerReferences, deletionTimestamp, finalizers = [], uid = '' } = metadata;
    const isHeld = deletionTimestamp !== undefined && (isForeground(metadata) || finalizers.includes(ORPHAN_FINALIZER));
    if (isHeld) waiting.set(uid, key);
    else waiting.delete(uid);
    const hasNewOwners = ownerReferences !== undefined && ownerReferences !== old?.metadata.ownerReferences;
    if (isHeld || hasNewOwners) queue.add(key);
  };
  const wakeOwners = (object: KubeObject | undefined): void => {
    for (const { uid } of object?.metadata.ownerReferences ?? []) {
      const key = waiting.get(uid);
      if (key !== undefined) queue.add(key);
    }
  };
  return {
    change(tableChange) {
      const { table, change } = tableChange;
      index.change(tableChange);
      const { namespace, name, uid = '' } = change.object.metadata;
      if (change.type === 'DELETED') {
        waiting.delete(uid);
        const places = index.places(uid);
        if (places.length > 0) remember(gone, uid);
        for (const place of places) queue.add(keyOf(place.table, place.namespace, place.name));
      } else {
        consider(keyOf(table, namespace, name), change.object, change.old);
      }
      wakeOwners(change.old);
    },
    load(resource, object) {
      index.add(resource.table, object);
      consider(keyOf(resource.table, object.metadata.namespace, object.metadata.name), object, undefined);
    },
    resourcesChanged() {
      for (const key of unresolved) queue.add(key);
    },
    idle: () => queue.idle(),
    close: () => queue.close(),
  };
}

function isForeground(metadata: KubeObject['metadata']): boolean {
  return metadata.finalizers?.includes(FOREGROUND_FINALIZER) === true;
}

type Collection = {
  readonly context: WriteContext;
  readonly index: OwnerIndex;
  readonly unresolved: Set<string>;
  /** Owners that were seen to go: known to be absent even when their kind is not served any longer. */
  readonly gone: Set<string>;
  readonly queue: TaskQueue;
};

const GONE_LIMIT = 10_000;

function remember(gone: Set<string>, uid: string): void {
  gone.add(uid);
  const [oldest] = gone;
  if (gone.size > GONE_LIMIT && oldest !== undefined) gone.delete(oldest);
}

async function processKey(collection: Collection, key: string): Promise<void> {
  const { context, unresolved } = collection;
  unresolved.delete(key);
  const [table = '', place = ''] = key.split(' ');
  const resource = context.registry.preferred().find((item) => item.table.id === table);
  const { namespace, name } = splitKey(place);
  const object = resource?.table.get(namespace ?? '', name);
  if (resource === undefined || object === undefined) return;
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined) {
    if (finalizers.includes(ORPHAN_FINALIZER)) await orphanDependents(collection, resource, object);
    else if (isForeground(object.metadata)) await finishForeground(collection, resource, object);
    return;
  }
  await tolerateRaces(() => collect(collection, resource, object, key));
}

/** A lost race or a vanished object needs nothing: the change that won queued the key again. */
async function tolerateRaces(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = error instanceof StatusError ? error.status.code : 0;
    if (code !== 404 && code !== 409) throw error;
  }
}

type OwnerState = 'solid' | 'absent' | 'waiting' | 'unknown';

async function collect(
  collection: Collection,
  resource: ServedResource,
  object: KubeObject,
  key: string,
): Promise<void> {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) return;
  const states = owners.map((owner) => ownerState(collection, resource, object, owner));
  if (states.includes('unknown')) collection.unresolved.add(key);
  if (states.some((state) => state === 'solid' || state === 'unknown')) {
    const kept = owners.filter((_, index) => states[index] === 'solid' || states[index] === 'unknown');
    if (kept.length < owners.length) await patchMeta(collection.context, resource, object, { ownerReferences: kept });
    return;
  }
  await reportForeignOwner(collection.context, resource, object, caller);
  const uid = object.metadata.uid ?? '';
  const isWaitedFor = states.includes('waiting') && collection.index.dependents(uid).length > 0;
  await remove(collection.context, resource, object, isWaitedFor ? 'Foreground' : 'Background');
}

function ownerState(
  { context, gone }: Collection,
  resource: ServedResource,
  object: KubeObject,
  owner: OwnerReference,
): OwnerState {
  if (gone.has(owner.uid)) return 'absent';
  const { group, version } = parseApiVersion(owner.apiVersion);
  const info = context.registry.findKind(group, version, owner.kind);
  if (info === undefined) return 'unknown';
  // a cluster-scoped object cannot have a namespaced owner: no namespace to look in
  if (info.namespaced && !resource.namespaced) return 'unknown';
  const namespace = info.namespaced ? (object.metadata.namespace ?? '') : '';
  const found = info.table.get(namespace, owner.name);
  if (found === undefined || found.metadata.uid !== owner.uid) return 'absent';
  return found.metadata.deletionTimestamp !== undefined && isForeground(found.metadata) ? 'waiting' : 'solid';
}

/** Dependents go first; the owner waits only for those that block it. */
async function finishForeground(collection: Collection, resource: ServedResource, owner: KubeObject): Promise<void> {
  const { uid = '' } = owner.metadata;
  const dependents = collection.index.dependents(uid).filter((dependent) => dependent.metadata.uid !== uid);
  for (const dependent of dependents) {
    if (dependent.metadata.deletionTimestamp !== undefined) continue;
    const place = collection.index.places(uid).find((item) => item.table.get(item.namespace, item.name) === dependent);
    if (place !== undefined) collection.queue.add(keyOf(place.table, place.namespace, place.name));
  }
  const isBlocked = dependents.some(({ metadata }) =>
    metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
  );
  if (!isBlocked) await removeFinalizer(collection.context, resource, owner, FOREGROUND_FINALIZER);
}

/** Takes the owner out of its dependents' references, then lets it go. */
async function orphanDependents(collection: Collection, resource: ServedResource, owner: KubeObject): Promise<void> {
  const { context, index } = collection;
  const { uid = '' } = owner.metadata;
  for (const place of index.places(uid)) {
    const dependent = place.table.get(place.namespace, place.name);
    const info = context.registry.preferred().find(({ table }) => table === place.table);
    if (dependent === undefined || info === undefined) continue;
    const kept = (dependent.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
    await tolerateRaces(() => patchMeta(context, info, dependent, { ownerReferences: kept }));
  }
  await removeFinalizer(context, resource, owner, ORPHAN_FINALIZER);
}

async function removeFinalizer(
  context: WriteContext,
  resource: ServedResource,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((item) => item !== finalizer);
  await tolerateRaces(() => patchMeta(context, resource, object, { finalizers }));
}

async function patchMeta(
  context: WriteContext,
  resource: ServedResource,
  object: KubeObject,
  changes: { readonly ownerReferences?: readonly OwnerReference[]; readonly finalizers?: readonly string[] },
): Promise<void> {
  const { name = '', namespace, uid = '', resourceVersion = '' } = object.metadata;
  const body = { metadata: { ...changes, uid, resourceVersion } };
  await patchObject(context, resource, { name, namespace }, { kind: 'merge', body }, {}, caller);
}

async function remove(
  context: WriteContext,
  resource: ServedResource,
  object: KubeObject,
  propagationPolicy: 'Foreground' | 'Background',
): Promise<void> {
  const { name = '', namespace, uid, resourceVersion } = object.metadata;
  const preconditions = { uid, resourceVersion };
  await deleteObject(context, resource, { name, namespace }, { propagationPolicy, preconditions }, caller);
}
