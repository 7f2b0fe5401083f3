import type { Clock, KubeObject } from '@cartographer/machinery';

import type { Change } from './event-window.ts';
import type { ResourceTable } from './resource-table.ts';
import type { Store, StoreWrite } from './store.ts';

/** A change together with the table it happened in. */
export type TableChange = { readonly table: ResourceTable; readonly change: Change };

/** Hears of changes; runs synchronously and must not write (it may queue work that writes). */
type JournalListener = (change: TableChange) => void;

/**
 * Numbers, stores and publishes changes. A change is in the table at once, so that the next write
 * builds on it; it is published and acknowledged when its batch is on disk; a batch that the disk refuses is
 * taken back as a whole. Reads call `flush` first and therefore never see what could still be taken back.
 */
export interface Journal {
  /** The newest resource version handed out. */
  readonly resourceVersion: number;
  /** The newest resource version whose change is published: what a bookmark may promise. */
  readonly publishedVersion: number;
  /** Records one change of a table. `build` gets the resource version of the change and makes the new state. */
  record(write: RecordedWrite): KubeObject;
  /** Resolves when everything recorded so far is durable; rejects when the disk refused it. */
  acknowledged(): Promise<void>;
  flush(): void;
  subscribe(listener: JournalListener): void;
  /** Called with the changes that were taken back, newest first, after they were. */
  onRollback(listener: (changes: readonly TableChange[]) => void): void;
  close(): void;
}

/** A write to record: the table, the kind of change and the states before and after. */
type RecordedWrite = {
  readonly table: ResourceTable;
  readonly type: Change['type'];
  readonly namespace: string;
  readonly name: string;
  readonly old: KubeObject | undefined;
  readonly build: (resourceVersion: string) => KubeObject;
};

type Batch = { readonly changes: PendingChange[]; settle?: PromiseWithResolvers<void> };
type PendingChange = TableChange & { readonly namespace: string; readonly name: string };

/** Creates the journal of a store; counting goes on after `resourceVersion`. */
export function createJournal(store: Store, clock: Clock, resourceVersion: number): Journal {
  let version = resourceVersion;
  let published = resourceVersion;
  let batch: Batch = { changes: [] };
  let scheduled = false;
  let flushing = false;
  const listeners: JournalListener[] = [];
  const rollbackListeners: ((changes: readonly TableChange[]) => void)[] = [];
  const done = Promise.resolve();

  const publish = (changes: readonly PendingChange[]): void => {
    for (const { table, change } of changes) table.window.append(change);
    published = changes.at(-1)?.change.resourceVersion ?? published;
    for (const { table, change } of changes) {
      for (const listener of table.listeners) listener.changed();
      for (const listener of listeners) listener({ table, change });
    }
  };
  const rollBack = (changes: readonly PendingChange[]): void => {
    const undone = changes.toReversed();
    for (const { table, change, namespace, name } of undone) {
      if (change.old === undefined) table.remove(namespace, name);
      else table.set(namespace, name, change.old);
    }
    for (const listener of rollbackListeners) listener(undone);
  };
  const flush = (): void => {
    if (batch.changes.length === 0 || flushing) return;
    const { changes, settle } = batch;
    batch = { changes: [] };
    flushing = true;
    try {
      store.commit(changes.map(storeWrite), version);
    } catch (error) {
      rollBack(changes);
      settle?.reject(error);
      return;
    } finally {
      flushing = false;
    }
    publish(changes);
    settle?.resolve();
  };
  const enqueue = (pending: PendingChange): void => {
    batch.changes.push(pending);
    if (store.immediate) {
      flush();
    } else if (!scheduled) {
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        flush();
      });
    }
  };
  return {
    get resourceVersion() {
      return version;
    },
    get publishedVersion() {
      return published;
    },
    record({ table, type, namespace, name, old, build }) {
      const object = build(String(++version));
      if (type === 'DELETED') table.remove(namespace, name);
      else table.set(namespace, name, object);
      const change: Change = { type, resourceVersion: version, at: clock.now(), object, old };
      enqueue({ table, change, namespace, name });
      return object;
    },
    acknowledged() {
      if (batch.changes.length === 0) return done;
      if (batch.settle === undefined) {
        batch.settle = Promise.withResolvers();
        batch.settle.promise.catch(() => undefined); // whoever waits hears of it; nobody may be waiting
      }
      return batch.settle.promise;
    },
    flush,
    subscribe: (listener) => void listeners.push(listener),
    onRollback: (listener) => void rollbackListeners.push(listener),
    close() {
      flush();
      store.close();
    },
  };
}

function storeWrite({ table, change, namespace, name }: PendingChange): StoreWrite {
  const object = change.type === 'DELETED' ? undefined : change.object;
  return { resource: table.id, namespace, name, object, durable: table.durable };
}
