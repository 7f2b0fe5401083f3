import { expect, test } from 'vitest';

import { createTestCore, failureOf, gadget, gadgets, refusal } from '../testing/core.ts';

test('a new namespace is active and equipped', async () => {
  const t = await createTestCore();
  const made = await t.create('namespaces', { metadata: { name: 'team' } });
  expect(made).toMatchObject({
    metadata: { labels: { 'kubernetes.io/metadata.name': 'team' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  await t.core.settled();
  expect(await t.names('serviceaccounts', 'team')).toEqual(['default']);
  expect(t.get('configmaps', 'kube-root-ca.crt', 'team')).toMatchObject({ data: { 'ca.crt': 'CA' } });
});

test('the default account and the root certificate come back when deleted', async () => {
  const t = await createTestCore();
  await t.remove('serviceaccounts', 'default');
  await t.remove('configmaps', 'kube-root-ca.crt');
  await t.core.settled();
  expect(t.has('serviceaccounts', 'default')).toBe(true);
  expect(t.has('configmaps', 'kube-root-ca.crt')).toBe(true);
});

test('a deleted namespace takes everything in it along', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  await t.create('namespaces', { metadata: { name: 'team' } });
  for (let i = 0; i < 300; i++) await t.create('configmaps', { metadata: { name: `c-${i}` } }, { namespace: 'team' });
  await t.create('gadgets', gadget('g'), { namespace: 'team' });
  const answer = await t.remove('namespaces', 'team');
  expect(answer).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
  expect(answer['metadata']).not.toHaveProperty('deletionGracePeriodSeconds');
  await t.core.settled();
  expect(t.has('namespaces', 'team')).toBe(false);
  expect(await t.names('gadgets', 'team')).toEqual([]);
  expect(await t.names('serviceaccounts', 'team')).toEqual([]);
});

test('finalizers hold a namespace, and its conditions name them', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  await t.create('namespaces', { metadata: { name: 'team' } });
  await t.create('gadgets', gadget('g', {}, { finalizers: ['x.y/z'] }), { namespace: 'team' });
  await t.remove('namespaces', 'team');
  await t.core.settled();
  const { status } = t.get('namespaces', 'team') as unknown as { status: { conditions: object[] } };
  expect(status.conditions).toContainEqual(
    expect.objectContaining({
      type: 'NamespaceContentRemaining',
      status: 'True',
      message: 'Some resources are remaining: gadgets.probe.test has 1 resource instances',
    }),
  );
  expect(status.conditions).toContainEqual(
    expect.objectContaining({
      type: 'NamespaceFinalizersRemaining',
      message: 'Some content in the namespace has finalizers remaining: x.y/z in 1 resource instances',
    }),
  );
  const late = await failureOf(t.create('configmaps', { metadata: { name: 'late' } }, { namespace: 'team' }));
  expect(late.status).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  await t.patch('gadgets', 'g', 'merge', { metadata: { finalizers: null } }, { namespace: 'team' });
  await t.core.settled();
  expect(t.has('namespaces', 'team')).toBe(false);
});

test('the system namespaces cannot be deleted', async () => {
  const t = await createTestCore();
  for (const name of ['default', 'kube-system', 'kube-public']) {
    expect(await refusal(t.remove('namespaces', name))).toBe('403 Forbidden');
  }
});

test('a foreign finalizer in spec holds the namespace until /finalize takes it off', async () => {
  const t = await createTestCore();
  const made = await t.create('namespaces', { metadata: { name: 'team' } });
  const spec = { finalizers: ['kubernetes', 'example.com/mine'] };
  await t.update(
    'namespaces',
    { ...made, metadata: { name: 'team' }, spec },
    {
      subresource: 'finalize',
    },
  );
  await t.remove('namespaces', 'team');
  await t.core.settled();
  expect(t.get('namespaces', 'team')).toMatchObject({ spec: { finalizers: ['example.com/mine'] } });
  await t.update('namespaces', { metadata: { name: 'team' }, spec: {} }, { subresource: 'finalize' });
  expect(t.has('namespaces', 'team')).toBe(false);
});

test('a namespace can be made again right after it is gone', async () => {
  const t = await createTestCore();
  for (let round = 0; round < 3; round++) {
    await t.create('namespaces', { metadata: { name: 'team' } });
    await t.core.settled();
    await t.remove('namespaces', 'team');
    await t.core.settled();
    expect(t.has('namespaces', 'team')).toBe(false);
  }
});
