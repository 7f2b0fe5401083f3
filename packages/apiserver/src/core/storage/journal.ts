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
  return new BatchingJournal(store, clock, resourceVersion);
}

const DONE = Promise.resolve();

class BatchingJournal implements Journal {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #listeners: JournalListener[] = [];
  readonly #rollbackListeners: ((changes: readonly TableChange[]) => void)[] = [];
  #version: number;
  #published: number;
  #batch: Batch = { changes: [] };
  #isScheduled = false;
  #isFlushing = false;

  constructor(store: Store, clock: Clock, resourceVersion: number) {
    this.#store = store;
    this.#clock = clock;
    this.#version = resourceVersion;
    this.#published = resourceVersion;
  }

  get resourceVersion(): number {
    return this.#version;
  }

  get publishedVersion(): number {
    return this.#published;
  }

  record({ table, type, namespace, name, old, build }: RecordedWrite): KubeObject {
    const resourceVersion = ++this.#version;
    const object = build(String(resourceVersion));
    if (type === 'DELETED') table.remove(namespace, name);
    else table.set(namespace, name, object);
    const change: Change = { type, resourceVersion, at: this.#clock.now(), object, old };
    this.#batch.changes.push({ table, change, namespace, name });
    if (this.#store.immediate) this.flush();
    else this.#schedule();
    return object;
  }

  acknowledged(): Promise<void> {
    if (this.#batch.changes.length === 0) return DONE;
    if (this.#batch.settle === undefined) {
      this.#batch.settle = Promise.withResolvers();
      this.#batch.settle.promise.catch(() => undefined); // whoever waits hears of it; nobody may be waiting
    }
    return this.#batch.settle.promise;
  }

  flush(): void {
    const { changes, settle } = this.#batch;
    if (changes.length === 0 || this.#isFlushing) return;
    this.#batch = { changes: [] };
    this.#isFlushing = true;
    try {
      this.#store.commit(changes.map(storeWrite), this.#version);
    } catch (error) {
      this.#rollBack(changes);
      settle?.reject(error);
      return;
    } finally {
      this.#isFlushing = false;
    }
    this.#publish(changes);
    settle?.resolve();
  }

  subscribe(listener: JournalListener): void {
    this.#listeners.push(listener);
  }

  onRollback(listener: (changes: readonly TableChange[]) => void): void {
    this.#rollbackListeners.push(listener);
  }

  close(): void {
    this.flush();
    this.#store.close();
  }

  /** One batch holds what is written in one turn of the event loop. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  #publish(changes: readonly PendingChange[]): void {
    for (const { table, change } of changes) table.window.append(change);
    this.#published = changes.at(-1)?.change.resourceVersion ?? this.#published;
    for (const { table, change } of changes) {
      for (const listener of table.listeners) listener.changed();
      for (const listener of this.#listeners) listener({ table, change });
    }
  }

  #rollBack(changes: readonly PendingChange[]): void {
    const undone = changes.toReversed();
    for (const { table, change, namespace, name } of undone) {
      if (change.old === undefined) table.remove(namespace, name);
      else table.set(namespace, name, change.old);
    }
    for (const listener of this.#rollbackListeners) listener(undone);
  }
}

function storeWrite({ table, change, namespace, name }: PendingChange): StoreWrite {
  const object = change.type === 'DELETED' ? undefined : change.object;
  return { resource: table.id, namespace, name, object, durable: table.durable };
}
