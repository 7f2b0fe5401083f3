import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { KubeObject } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StatusError } from '../../status-error.ts';
import { createTestCore, gadget, gadgets, refusal, type TestCore } from '../testing/core.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sqlite-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const reopen = (): Promise<TestCore> => createTestCore({ store: openSqliteStore(folder) });

test('objects, definitions and versions survive a restart', async () => {
  const first = await reopen();
  await first.create('customresourcedefinitions', gadgets());
  await first.create('gadgets', gadget('g', { big: 9007199254740993n }));
  await first.create('configmaps', { metadata: { name: '__proto__x' }, data: {} }).catch(() => undefined);
  const made = await first.create('configmaps', { metadata: { name: 'c' }, data: { constructor: 'k' } });
  const { resourceVersion } = first.core;
  await first.core.close();
  const second = await reopen();
  expect(second.get('configmaps', 'c')).toEqual(made);
  expect(second.get('gadgets', 'g')).toMatchObject({ spec: { big: 9007199254740993n } });
  expect(second.core.resourceVersion).toBe(resourceVersion);
  const next = await second.create('configmaps', { metadata: { name: 'd' } });
  expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion));
  const watch = second.watch('configmaps', { resourceVersion: '1' });
  await watch.ended;
  expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
  await second.core.close();
});

test('a deletion that was under way goes on after a restart', async () => {
  const first = await reopen();
  await first.create('customresourcedefinitions', gadgets());
  await first.create('namespaces', { metadata: { name: 'team' } });
  await first.create('gadgets', gadget('g', {}, { finalizers: ['x.y/z'] }), { namespace: 'team' });
  await first.remove('namespaces', 'team');
  await first.core.settled();
  await first.core.close();
  const second = await reopen();
  await second.patch('gadgets', 'g', 'merge', { metadata: { finalizers: null } }, { namespace: 'team' });
  await second.core.settled();
  expect(second.has('namespaces', 'team')).toBe(false);
  await second.core.close();
});

test('a folder in use is refused with the process that has it', async () => {
  const t = await reopen();
  expect(() => openSqliteStore(folder)).toThrow(`data folder ${folder} is in use by process ${process.pid}`);
  await t.core.close();
  await (await reopen()).core.close();
});

test('a damaged database and one of a newer release are refused with the way out', () => {
  writeFileSync(path.join(folder, 'objects.db'), 'this is not a database, it only looks like a file'.repeat(100));
  expect(() => openSqliteStore(folder)).toThrow(/cannot be read: .*; move it away to start afresh/);
  rmSync(path.join(folder, 'objects.db'));
  const database = new DatabaseSync(path.join(folder, 'objects.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openSqliteStore(folder)).toThrow('written by a newer release (format 99, this one knows 1)');
});

test('a full disk refuses the write, keeps what was acknowledged and lets later writes through', async () => {
  const store = openSqliteStore(folder);
  let full = false;
  const limited: Store = {
    immediate: false,
    load: () => store.load(),
    close: () => store.close(),
    commit: (batch, version) => {
      if (full) throw new StatusError({ ...diskFull });
      store.commit(batch, version);
    },
  };
  const t = await createTestCore({ store: limited });
  await t.create('configmaps', { metadata: { name: 'before' } });
  const watch = t.watch('configmaps', { namespace: 'default', resourceVersion: t.core.resourceVersion });
  full = true;
  expect(await refusal(t.create('configmaps', { metadata: { name: 'lost' } }))).toBe('500 InternalError');
  expect(await refusal(t.create('customresourcedefinitions', gadgets()))).toBe('500 InternalError');
  expect(await refusal(t.remove('configmaps', 'before'))).toBe('500 InternalError');
  full = false;
  expect(t.core.registry.find('probe.test', 'v1', 'gadgets')).toBeUndefined();
  expect(await t.names('configmaps')).toEqual(['before', 'kube-root-ca.crt']);
  await t.create('configmaps', { metadata: { name: 'after' } });
  expect(await watch.seen()).toEqual(['ADDED:after']);
  await t.core.close();
});

const diskFull = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'full',
  reason: 'InternalError',
  code: 500,
} as const;

const operations = stepsOf(
  fc.record({
    op: fc.constantFrom('create' as const, 'patch' as const, 'apply' as const, 'delete' as const),
    resource: fc.constantFrom('configmaps', 'leases'),
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.constantFrom('1', '2'),
  }),
  { min: 1, max: 25 },
);

test('whatever was done, a restart shows the same lists', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      const first = await reopen();
      const labels = (value: string) => ({ labels: { value } });
      const work = steps.map(async ({ op, resource, name, value }) => {
        if (op === 'create') return first.create(resource, { metadata: { name, ...labels(value) } });
        if (op === 'patch') return first.patch(resource, name, 'merge', { metadata: labels(value) });
        if (op === 'delete') return first.remove(resource, name);
        const { kind, apiVersion } =
          resource === 'leases'
            ? { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1' }
            : { kind: 'ConfigMap', apiVersion: 'v1' };
        return first.apply(resource, { kind, apiVersion, metadata: { name, ...labels(value) } }, { force: true });
      });
      await Promise.allSettled(work);
      const all = async (t: TestCore): Promise<readonly KubeObject[]> =>
        (await Promise.all(['configmaps', 'leases'].map((resource) => t.core.list(t.info(resource), {})))).flatMap(
          ({ items }) => items,
        );
      const before = await all(first);
      await first.core.close();
      const second = await reopen();
      expect(await all(second)).toEqual(before);
      await second.core.close();
    }),
    { numRuns: 8 },
  );
});
