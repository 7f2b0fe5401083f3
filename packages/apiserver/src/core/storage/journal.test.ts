import type { KubeObject } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, test } from 'vitest';

import { createJournal, type Journal } from './journal.ts';
import { ResourceTable } from './resource-table.ts';
import type { Store, StoreWrite } from './store.ts';

type FlakyStore = Store & { readonly batches: (readonly StoreWrite[])[]; broken: boolean };

function flakyStore(): FlakyStore {
  const batches: (readonly StoreWrite[])[] = [];
  return {
    immediate: false,
    batches,
    broken: false,
    load: () => ({ resourceVersion: 0, objects: [] }),
    commit(batch) {
      if (this.broken) throw new Error('disk full');
      batches.push(batch);
    },
    close: () => undefined,
  };
}

function put(journal: Journal, table: ResourceTable, name: string): void {
  const old = table.get('', name);
  const build = (resourceVersion: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name, resourceVersion },
  });
  journal.record({ table, type: old === undefined ? 'ADDED' : 'MODIFIED', namespace: '', name, old, build });
}

test('writes of one turn are one batch, published and acknowledged after it is stored', async () => {
  const store = flakyStore();
  const journal = createJournal(store, createFakeClock(), 5);
  const table = new ResourceTable('xs', 5);
  const heard: number[] = [];
  journal.subscribe(({ change }) => heard.push(change.resourceVersion));
  put(journal, table, 'a');
  put(journal, table, 'a');
  put(journal, table, 'b');
  expect([heard, table.window.end, journal.publishedVersion, journal.resourceVersion]).toEqual([[], 0, 5, 8]);
  await journal.acknowledged();
  expect([heard, table.window.end, journal.publishedVersion]).toEqual([[6, 7, 8], 3, 8]);
  expect(store.batches.map((batch) => batch.length)).toEqual([3]);
});

test('a batch that the disk refuses is taken back, and nobody has heard of it', async () => {
  const store = flakyStore();
  const journal = createJournal(store, createFakeClock(), 0);
  const table = new ResourceTable('xs', 0);
  const heard: number[] = [];
  const undone: string[] = [];
  journal.subscribe(({ change }) => heard.push(change.resourceVersion));
  journal.onRollback((changes) =>
    undone.push(...changes.map(({ change }) => `${change.type} ${change.resourceVersion}`)),
  );
  put(journal, table, 'kept');
  await journal.acknowledged();
  store.broken = true;
  put(journal, table, 'kept');
  put(journal, table, 'new');
  put(journal, table, 'new');
  await expect(journal.acknowledged()).rejects.toThrow('disk full');
  expect(heard).toEqual([1]);
  expect(undone).toEqual(['MODIFIED 4', 'ADDED 3', 'MODIFIED 2']);
  expect(table.get('', 'kept')?.metadata.resourceVersion).toBe('1');
  expect(table.get('', 'new')).toBeUndefined();
  store.broken = false;
  put(journal, table, 'new');
  await journal.acknowledged();
  expect(table.get('', 'new')?.metadata.resourceVersion).toBe('5'); // versions are never used twice
});

test('a flush before a read makes what is pending durable at once', async () => {
  const store = flakyStore();
  const journal = createJournal(store, createFakeClock(), 0);
  const table = new ResourceTable('xs', 0);
  put(journal, table, 'a');
  journal.flush();
  expect(store.batches).toHaveLength(1);
  await journal.acknowledged();
});
