import type { KubeObject } from '@cartographer/machinery';

/** One object's new state: what a commit writes. `object` undefined means deleted. */
export type StoreWrite = {
  /** Storage name of the resource: `configmaps`, `gadgets.probe.test`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  /** Whether the write must have reached the disk before it is acknowledged; Events and Leases need not. */
  readonly durable: boolean;
};

/** One object as it was found in the store. */
export type StoredObject = {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
};

/** Where objects survive a restart: live state only, no history. */
export interface Store {
  /** True when a commit costs next to nothing, so that gathering writes into batches is pointless. */
  readonly immediate: boolean;
  /** Everything stored, and the highest resource version that may have been handed out. */
  load(): { readonly resourceVersion: number; readonly objects: Iterable<StoredObject> };
  /**
   * Writes a batch, all or nothing, and returns when it is as durable as its writes ask.
   * @throws StatusError naming the data folder when the disk refuses; then nothing of the batch is stored.
   */
  commit(batch: readonly StoreWrite[], resourceVersion: number): void;
  close(): void;
}

/** A store that forgets: for tests and `--ephemeral`. */
export function createMemoryStore(): Store {
  return {
    immediate: true,
    load: () => ({ resourceVersion: 0, objects: [] }),
    commit: () => undefined,
    close: () => undefined,
  };
}
