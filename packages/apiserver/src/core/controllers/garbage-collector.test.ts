import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';

import { createTestCore, gadget, gadgets, type TestCore } from '../testing/core.ts';

const ref = (owner: KubeObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...more,
});

async function child(
  t: TestCore,
  name: string,
  owners: readonly JsonObject[],
  more: JsonObject = {},
): Promise<KubeObject> {
  return t.create('configmaps', { metadata: { name, ownerReferences: owners, ...more } });
}

async function start(): Promise<TestCore> {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  return t;
}

test('dependents go after their owner, and theirs after them', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'));
  const middle = await child(t, 'middle', [ref(owner)]);
  await child(t, 'leaf', [ref(middle)]);
  await t.remove('gadgets', 'own');
  await t.core.settled();
  expect(await t.names('configmaps')).toEqual(['kube-root-ca.crt']);
});

test('a dependent with another living owner stays and loses the dead reference', async () => {
  const t = await start();
  const [one, two] = [await t.create('gadgets', gadget('one')), await t.create('gadgets', gadget('two'))];
  await child(t, 'both', [ref(one), ref(two)]);
  await t.remove('gadgets', 'one');
  await t.core.settled();
  expect(t.get('configmaps', 'both').metadata.ownerReferences).toEqual([ref(two)]);
});

test('an owner that never was, or has another uid by now, counts as gone', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'));
  await child(t, 'ghost', [ref(owner, { name: 'ghost', uid: 'none' })]);
  await child(t, 'reborn', [ref(owner, { uid: 'earlier' })]);
  await child(t, 'living', [ref(owner)]);
  await t.core.settled();
  expect(await t.names('configmaps')).toEqual(['kube-root-ca.crt', 'living']);
});

test('an owner in another namespace counts as gone, and an event says why', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'), { namespace: 'kube-public' });
  await child(t, 'stray', [ref(owner)]);
  await t.core.settled();
  expect(t.has('configmaps', 'stray')).toBe(false);
  const { items } = await t.core.list(t.info('events'), { namespace: 'default' });
  expect(items).toMatchObject([
    { reason: 'OwnerRefInvalidNamespace', type: 'Warning', involvedObject: { name: 'stray' } },
  ]);
});

test('an owner of an unknown kind is given the benefit of the doubt until the kind is known', async () => {
  const t = await createTestCore();
  await child(t, 'waiting', [{ apiVersion: 'probe.test/v1', kind: 'Gadget', name: 'g', uid: 'u' }]);
  await t.core.settled();
  expect(t.has('configmaps', 'waiting')).toBe(true);
  await t.create('customresourcedefinitions', gadgets());
  await t.core.settled();
  expect(t.has('configmaps', 'waiting')).toBe(false);
});

test('a foreground deletion takes blocking dependents first', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'));
  await child(t, 'held', [ref(owner, { blockOwnerDeletion: true })], { finalizers: ['x.y/z'] });
  await child(t, 'loose', [ref(owner)], { finalizers: ['x.y/z'] });
  const answer = await t.remove('gadgets', 'own', { propagationPolicy: 'Foreground' });
  expect(answer).toMatchObject({ metadata: { finalizers: ['foregroundDeletion'], generation: 2 } });
  await t.core.settled();
  expect(t.get('gadgets', 'own').metadata.finalizers).toEqual(['foregroundDeletion']);
  expect(t.get('configmaps', 'held').metadata.deletionTimestamp).toBeDefined();
  await t.patch('configmaps', 'held', 'merge', { metadata: { finalizers: null } });
  await t.core.settled();
  expect(t.has('gadgets', 'own')).toBe(false); // the loose one does not hold it
});

test('an orphaning deletion leaves the dependents, without the reference', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'));
  await child(t, 'left', [ref(owner)]);
  await t.remove('gadgets', 'own', { propagationPolicy: 'Orphan' });
  await t.core.settled();
  expect(t.has('gadgets', 'own')).toBe(false);
  expect(t.get('configmaps', 'left').metadata.ownerReferences).toBeUndefined();
});

test('dependents of an owner that finalizers hold stay with it', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own', {}, { finalizers: ['x.y/z'] }));
  await child(t, 'kept', [ref(owner)]);
  await t.remove('gadgets', 'own');
  await t.core.settled();
  expect(t.has('configmaps', 'kept')).toBe(true);
  await t.patch('gadgets', 'own', 'json', [{ op: 'remove', path: '/metadata/finalizers' }]);
  await t.core.settled();
  expect(t.has('configmaps', 'kept')).toBe(false);
});

test('dependents go even when the kind of their owner goes with it', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'));
  await child(t, 'leaf', [ref(owner)]);
  await t.remove('customresourcedefinitions', 'gadgets.probe.test');
  await t.core.settled();
  expect(await t.names('configmaps')).toEqual(['kube-root-ca.crt']);
});

test('a thousand dependents are gone with their owner', async () => {
  const t = await start();
  const owner = await t.create('gadgets', gadget('own'));
  for (let i = 0; i < 1000; i++) await child(t, `c-${i}`, [ref(owner)]);
  await t.remove('gadgets', 'own');
  await t.core.settled();
  expect(await t.names('configmaps')).toEqual(['kube-root-ca.crt']);
});
