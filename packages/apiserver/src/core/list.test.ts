import { expect, test } from 'vitest';

import { createTestCore, failureOf, refusal, type TestCore } from './testing/core.ts';

async function withConfigMaps(...names: readonly string[]): Promise<TestCore> {
  const t = await createTestCore();
  for (const name of names) await t.create('configmaps', { metadata: { name, labels: { n: name } } });
  return t;
}

const names = (list: { readonly items: readonly { readonly metadata: { readonly name?: string } }[] }) =>
  list.items.map(({ metadata }) => metadata.name);

test('lists are sorted by namespace and name', async () => {
  const t = await withConfigMaps('b', 'c', 'a');
  await t.create('configmaps', { metadata: { name: 'a' } }, { namespace: 'kube-system' });
  await t.remove('configmaps', 'b');
  await t.create('configmaps', { metadata: { name: 'b' } });
  expect(await t.names('configmaps')).toEqual(['a', 'b', 'c', 'kube-root-ca.crt']);
  const all = await t.core.list(t.info('configmaps'), { fieldSelector: 'metadata.name=a' });
  expect(all.items.map(({ metadata }) => metadata.namespace)).toEqual(['default', 'kube-system']);
});

test('pages of one listing show the state of its first page', async () => {
  const t = await withConfigMaps('a', 'b', 'c', 'd');
  const cm = t.info('configmaps');
  const first = await t.core.list(cm, { namespace: 'default', limit: 2 });
  expect(first.metadata).toMatchObject({ remainingItemCount: 3, resourceVersion: t.core.resourceVersion });
  await t.remove('configmaps', 'c');
  await t.create('configmaps', { metadata: { name: 'aa' } });
  const second = await t.core.list(cm, { namespace: 'default', limit: 2, continue: first.metadata.continue });
  expect(names(second)).toEqual(['c', 'd']);
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  const third = await t.core.list(cm, { namespace: 'default', limit: 2, continue: second.metadata.continue });
  expect(names(third)).toEqual(['kube-root-ca.crt']);
  expect(third.metadata.continue).toBeUndefined();
});

test('a page token expires after five minutes, and its answer offers one that goes on regardless', async () => {
  const t = await withConfigMaps('a', 'b', 'c');
  const cm = t.info('configmaps');
  const first = await t.core.list(cm, { namespace: 'default', limit: 1 });
  await t.clock.advance(5 * 60_000 + 1);
  await t.create('configmaps', { metadata: { name: 'bb' } });
  const { status } = await failureOf(t.core.list(cm, { namespace: 'default', continue: first.metadata.continue }));
  expect(status).toMatchObject({ code: 410, reason: 'Expired' });
  const rest = await t.core.list(cm, { namespace: 'default', continue: status.metadata['continue'] as string });
  expect(names(rest)).toEqual(['b', 'bb', 'c', 'kube-root-ca.crt']);
});

test('a page token of one namespace opens no other', async () => {
  const t = await withConfigMaps('a', 'b');
  const cm = t.info('configmaps');
  const { metadata } = await t.core.list(cm, { namespace: 'default', limit: 1 });
  for (const namespace of ['kube-system', undefined]) {
    expect(await refusal(t.core.list(cm, { namespace, continue: metadata.continue }))).toBe('400 BadRequest');
  }
});

test('remainingItemCount is left out when a selector chooses', async () => {
  const t = await withConfigMaps('a', 'b', 'c');
  const page = await t.core.list(t.info('configmaps'), { namespace: 'default', limit: 1, labelSelector: 'n' });
  expect(page.metadata.continue).toBeDefined();
  expect(page.metadata.remainingItemCount).toBeUndefined();
});

test.each([
  ['limit 1 at version 0', { limit: 1, resourceVersion: '0' }, 4],
  ['a negative limit', { limit: -1 }, 4],
  ['a set selector', { labelSelector: 'n in (a,b)' }, 2],
  ['an inequality', { labelSelector: 'n!=a' }, 3],
  ['a name', { fieldSelector: 'metadata.name=b' }, 1],
  ['not a name', { fieldSelector: 'metadata.name!=b' }, 3],
])('%s lists as a real server does', async (_name, options, count) => {
  const t = await withConfigMaps('a', 'b', 'c');
  const list = await t.core.list(t.info('configmaps'), { namespace: 'default', ...options });
  expect(list.items).toHaveLength(count);
});

test.each([
  [{ continue: 'zzz' }, '400 BadRequest'],
  [{ resourceVersion: 'abc' }, '400 BadRequest'],
  [{ resourceVersion: '-1', limit: 1 }, '400 BadRequest'],
  [{ resourceVersionMatch: 'Exact' }, '422 Invalid FieldValueForbidden@resourceVersionMatch'],
  [{ resourceVersion: '0', resourceVersionMatch: 'Exact' }, '422 Invalid FieldValueForbidden@resourceVersionMatch'],
  [{ resourceVersion: '1', resourceVersionMatch: 'Foo' }, '422 Invalid FieldValueNotSupported@resourceVersionMatch'],
  [{ sendInitialEvents: true }, '422 Invalid FieldValueForbidden@sendInitialEvents'],
  [{ labelSelector: 'a===b' }, '400 BadRequest'],
  [{ fieldSelector: 'data.a=1' }, '400 BadRequest'],
  [{ fieldSelector: 'foo' }, '400 BadRequest'],
  [{ resourceVersion: '99999999', limit: 1 }, '500 -'],
])('a list with %o is refused', async (options, answer) => {
  const t = await createTestCore();
  expect(await refusal(t.core.list(t.info('configmaps'), options))).toBe(answer);
});

test('a list of a version yet to come waits for it, three seconds at most', async () => {
  const t = await createTestCore();
  const next = String(Number(t.core.resourceVersion) + 1);
  const early = t.core.list(t.info('configmaps'), { namespace: 'default', resourceVersion: next });
  await t.create('configmaps', { metadata: { name: 'a' } });
  await t.clock.advance(100);
  expect(names(await early)).toContain('a');
  const never = refusal(t.core.list(t.info('configmaps'), { resourceVersion: '99999999' }));
  await t.clock.advance(3_100);
  expect(await never).toBe('504 Timeout ResourceVersionTooLarge@undefined');
});

test('a list of an exact earlier version shows what was there then', async () => {
  const t = await withConfigMaps('a', 'b');
  const { resourceVersion } = t.core;
  const then = await t.core.list(t.info('configmaps'), { namespace: 'default' });
  await t.remove('configmaps', 'a');
  await t.patch('configmaps', 'b', 'merge', { data: { x: '1' } });
  await t.create('configmaps', { metadata: { name: 'c' } });
  const options = { namespace: 'default', resourceVersion, resourceVersionMatch: 'Exact' };
  expect(await t.core.list(t.info('configmaps'), options)).toEqual(then);
  const page = await t.core.list(t.info('configmaps'), { ...options, limit: 1 });
  expect(names(page)).toEqual(['a']);
  const next = await t.core.list(t.info('configmaps'), { namespace: 'default', continue: page.metadata.continue });
  expect(names(next)).toEqual(['b', 'kube-root-ca.crt']);
});

test('an exact version that is older than ten minutes is expired', async () => {
  const t = await withConfigMaps('a', 'b');
  await t.clock.advance(12 * 60_000);
  const options = { resourceVersion: '1', resourceVersionMatch: 'Exact' };
  expect(await refusal(t.core.list(t.info('configmaps'), options))).toBe('410 Expired');
});

test('the namespace of a missing namespace lists nothing', async () => {
  const t = await createTestCore();
  expect(await t.names('configmaps', 'nope')).toEqual([]);
});
