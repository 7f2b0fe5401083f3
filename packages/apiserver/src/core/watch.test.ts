import type { KubeObject } from '@cartographer/machinery';
import { stepsOf } from '@cartographer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createTestCore, failureOf, gadget, gadgets, refusal, type TestCore, turn } from './testing/core.ts';

const cm = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>) => ({
  metadata: { name, ...(labels === undefined ? {} : { labels }) },
  data,
});

test('a watch without resource version shows what is there, then what happens', async () => {
  const t = await createTestCore();
  await t.create('configmaps', cm('a'));
  const watch = t.watch('configmaps', { namespace: 'default' });
  await t.create('configmaps', cm('b'));
  await t.patch('configmaps', 'a', 'merge', { data: { x: '1' } });
  await t.remove('configmaps', 'b');
  expect(await watch.seen()).toEqual(['ADDED:a', 'ADDED:kube-root-ca.crt', 'ADDED:b', 'MODIFIED:a', 'DELETED:b']);
});

test('a watch from a resource version shows only what came after it', async () => {
  const t = await createTestCore();
  const { resourceVersion } = (await t.create('configmaps', cm('a'))).metadata;
  await t.create('configmaps', cm('b'));
  const watch = t.watch('configmaps', { resourceVersion });
  expect(await watch.seen()).toEqual(['ADDED:b']);
});

test('an object that starts or stops matching a selector is ADDED or DELETED', async () => {
  const t = await createTestCore();
  const watch = t.watch('configmaps', { labelSelector: 'on=1' });
  await t.create('configmaps', cm('a', {}, { on: '0' }));
  for (const on of ['1', '1', '0', '1'])
    await t.patch('configmaps', 'a', 'merge', { metadata: { labels: { on } }, data: { on } });
  const last = await t.patch('configmaps', 'a', 'merge', { data: { more: 'x' } });
  await t.remove('configmaps', 'a');
  expect(await watch.seen()).toEqual(['ADDED:a', 'DELETED:a', 'ADDED:a', 'MODIFIED:a', 'DELETED:a']);
  const deleted = watch.events.at(-1)?.object as KubeObject;
  expect(Number(deleted.metadata.resourceVersion)).toBeGreaterThan(Number(last.metadata.resourceVersion));
  expect(watch.events[1]).toMatchObject({ type: 'DELETED', object: { metadata: { labels: { on: '1' } } } });
});

test('watchers of the same view share one event object', async () => {
  const t = await createTestCore();
  const { resourceVersion } = t.core;
  const [one, two] = [t.watch('configmaps', { resourceVersion }), t.watch('configmaps', { resourceVersion })];
  await t.create('configmaps', cm('a'));
  await Promise.all([one.seen(), two.seen()]);
  expect(one.events[0]).toBe(two.events[0]);
  expect(Object.isFrozen(one.events[0]?.object)).toBe(true);
});

test('a resource version older than the window earns one ERROR event with code 410', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  const watch = t.watch('gadgets', { resourceVersion: '1' });
  await watch.ended;
  expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  expect(watch.events[0]?.object).toMatchObject({
    message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
  });
});

test('a watcher that falls behind the window is ended, and its version is then too old', async () => {
  const t = await createTestCore();
  const stream = t.core.watch(t.info('configmaps'), { resourceVersion: t.core.resourceVersion, namespace: 'default' });
  const iterator = stream[Symbol.asyncIterator]();
  const { resourceVersion } = await t.create('configmaps', cm('a')).then(({ metadata }) => metadata);
  expect((await iterator.next()).value).toMatchObject({ type: 'ADDED' });
  for (let i = 0; i <= 10_000; i++) await t.patch('configmaps', 'a', 'merge', { data: { i: String(i) } });
  expect(await iterator.next()).toEqual({ value: undefined, done: true });
  const again = t.watch('configmaps', { resourceVersion });
  await again.ended;
  expect(again.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
});

test('sendInitialEvents ends the initial objects with an annotated bookmark', async () => {
  const t = await createTestCore();
  await t.create('configmaps', cm('a', {}, { on: '1' }));
  const options = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', labelSelector: 'on=1' };
  const watch = t.watch('configmaps', { ...options, allowWatchBookmarks: true });
  const silent = t.watch('configmaps', options);
  expect(await watch.seen()).toEqual(['ADDED:a', 'BOOKMARK:']);
  expect(await silent.seen()).toEqual(['ADDED:a']);
  expect(watch.events[1]?.object).toMatchObject({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { resourceVersion: t.core.resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } },
  });
});

test.each([
  [{ sendInitialEvents: true }, '422 Invalid FieldValueForbidden@resourceVersionMatch'],
  [
    { resourceVersionMatch: 'NotOlderThan', resourceVersion: '5' },
    '422 Invalid FieldValueForbidden@resourceVersionMatch',
  ],
  [{ resourceVersion: 'abc' }, '500 -'],
  [{ labelSelector: 'a===b' }, '400 BadRequest'],
])('a watch with %o is refused', async (options, answer) => {
  const t = await createTestCore();
  expect(await refusal((async () => t.watch('configmaps', options))())).toBe(answer);
});

test('bookmarks come every minute, and one before the timeout ends the stream', async () => {
  const t = await createTestCore();
  const watch = t.watch('configmaps', {
    resourceVersion: t.core.resourceVersion,
    allowWatchBookmarks: true,
    timeoutSeconds: 100,
  });
  await t.clock.advance(60_000);
  expect(await watch.seen()).toEqual(['BOOKMARK:']);
  await t.clock.advance(40_000);
  await watch.ended;
  expect(watch.events.map(({ type }) => type)).toEqual(['BOOKMARK', 'BOOKMARK']);
});

test('a watch without timeoutSeconds ends within an hour', async () => {
  const t = await createTestCore();
  const watch = t.watch('configmaps');
  await t.clock.advance(60 * 60_000);
  await watch.ended;
});

test('a watch of a future version stays silent until then', async () => {
  const t = await createTestCore();
  const watch = t.watch('configmaps', { resourceVersion: String(Number(t.core.resourceVersion) + 1) });
  await t.create('configmaps', cm('a'));
  await t.create('configmaps', cm('b'));
  expect(await watch.seen()).toEqual(['ADDED:b']);
});

test('an aborted watch ends at once and leaves nothing behind', async () => {
  const t = await createTestCore();
  const stop = new AbortController();
  const pending = t.clock.pending;
  const watch = t.watch('configmaps', { signal: stop.signal, allowWatchBookmarks: true });
  await watch.seen();
  stop.abort();
  await watch.ended;
  expect(t.clock.pending).toBe(pending);
});

test('the last events of a removed kind are delivered before its watches end', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  await t.create('gadgets', gadget('g'));
  const watch = t.watch('gadgets');
  await t.remove('customresourcedefinitions', 'gadgets.probe.test');
  await t.core.settled();
  await watch.ended;
  expect(await watch.seen()).toEqual(['ADDED:g', 'DELETED:g']);
});

type Op = { readonly op: 'create' | 'label' | 'data' | 'delete'; readonly name: string; readonly value: string };
const ops = stepsOf(
  fc.record({
    op: fc.constantFrom('create' as const, 'label' as const, 'data' as const, 'delete' as const),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    value: fc.constantFrom('0', '1', '2'),
  }),
  { max: 40 },
);

async function perform(t: TestCore, { op, name, value }: Op): Promise<void> {
  const work: Record<Op['op'], () => Promise<unknown>> = {
    create: () => t.create('configmaps', cm(name, { value }, { on: value })),
    label: () => t.patch('configmaps', name, 'merge', { metadata: { labels: { on: value } } }),
    data: () => t.patch('configmaps', name, 'merge', { data: { value } }),
    delete: () => t.remove('configmaps', name),
  };
  try {
    await work[op]();
  } catch (error) {
    if (![404, 409].includes((await failureOf(Promise.reject(error))).status.code)) throw error;
  }
}

test('replaying the events of a watch onto a list gives a later list, and versions only grow', async () => {
  const t = await createTestCore();
  await fc.assert(
    fc.asyncProperty(
      ops,
      ops,
      fc.constantFrom('', 'on=1', 'on in (1,2)', '!on'),
      async (before, after, labelSelector) => {
        for (const op of before) await perform(t, op);
        const selection = { namespace: 'default', labelSelector };
        const start = await t.core.list(t.info('configmaps'), selection);
        const watch = t.watch('configmaps', { ...selection, resourceVersion: start.metadata.resourceVersion });
        for (const op of after) await perform(t, op);
        await watch.seen();
        watch.stop();
        const replayed = new Map(start.items.map((item) => [item.metadata.name, item]));
        let version = Number(start.metadata.resourceVersion);
        for (const { type, object } of watch.events) {
          const { name, resourceVersion } = (object as KubeObject).metadata;
          expect(Number(resourceVersion)).toBeGreaterThan(version);
          version = Number(resourceVersion);
          expect(type === 'ADDED').toBe(!replayed.has(name));
          if (type === 'DELETED') replayed.delete(name);
          else replayed.set(name, object as KubeObject);
        }
        const end = await t.core.list(t.info('configmaps'), selection);
        expect(new Set(replayed.values())).toEqual(new Set(end.items));
      },
    ),
    { numRuns: 60 },
  );
  await turn();
});
