import { getPath, type JsonObject, type KubeObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';

import type { ResourceInfo } from '../../core-api.ts';
import { createTestCore, gadget, gadgets, type TestCore } from '../testing/core.ts';

const text = { type: 'string' };
const fields = (properties: JsonObject): JsonObject => ({ type: 'object', properties });

/** The schema of a version: what it has alone is called after it. */
function schemaOf(own: string): JsonObject {
  const preset = fields({ [own]: { ...text, default: own } });
  const spec = fields({ a: { type: 'integer' }, [own]: text, preset });
  return { openAPIV3Schema: fields({ spec, status: fields({ phase: text, [own]: text }) }) };
}

/** Gadgets at `v1`, which is stored, and `v1beta1`: each has fields that the other lacks. */
function gadgetsAtTwoVersions(): JsonObject {
  const crd = gadgets({}, { schema: schemaOf('now') }) as {
    spec: JsonObject & { versions: JsonObject[] };
  } & JsonObject;
  const old = { name: 'v1beta1', served: true, storage: false, subresources: { status: {} }, schema: schemaOf('old') };
  return { ...crd, spec: { ...crd.spec, versions: [...crd.spec.versions, old] } };
}

type Versions = {
  readonly t: TestCore;
  at(version: string): ResourceInfo;
  get(version: string): KubeObject;
  patch(version: string, kind: 'merge' | 'apply', body: JsonObject, status?: true): Promise<KubeObject>;
};

const key = { namespace: 'default', name: 'g' };

async function twoVersions(): Promise<Versions> {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgetsAtTwoVersions());
  const at = (version: string): ResourceInfo => {
    const found = t.core.registry.find('probe.test', version, 'gadgets');
    if (found === undefined) throw new Error(`version ${version} is not served`);
    return found;
  };
  const caller = { user: { name: 'tester', groups: ['system:masters'] }, fieldManager: 'test', warnings: [] };
  return {
    t,
    at,
    get: (version) => t.core.get(at(version), key),
    async patch(version, kind, body, status) {
      const options = {
        ...(kind === 'apply' ? { fieldManager: 'm1' } : {}),
        ...(status ? { subresource: 'status' } : {}),
      };
      return (await t.core.patch(at(version), key, { kind, body }, options as object, caller)).object;
    },
  };
}

const said = ({ apiVersion, ...object }: KubeObject): readonly unknown[] => [
  apiVersion,
  object['spec'],
  object['status'],
];

test('an object is shown at the version asked for: what its schema lacks is pruned, its defaults are filled in', async () => {
  const { t, get, at, patch } = await twoVersions();
  await t.create('gadgets', gadget('g', { a: 1, now: 'n', preset: {} }));
  await patch('v1', 'merge', { status: { phase: 'p', now: 's' } }, true);
  const atOld = ['probe.test/v1beta1', { a: 1, preset: { old: 'old' } }, { phase: 'p' }];
  expect(said(get('v1'))).toEqual([
    'probe.test/v1',
    { a: 1, now: 'n', preset: { now: 'now' } },
    { phase: 'p', now: 's' },
  ]);
  expect(said(get('v1beta1'))).toEqual(atOld);
  const { items } = await t.core.list(at('v1beta1'), { namespace: 'default' });
  expect(items.map(said)).toEqual([atOld]);
});

test('a watch shows each change at its own version, under one resource version', async () => {
  const { t, at, patch } = await twoVersions();
  const streams = ['v1', 'v1beta1'].map((version) => t.core.watch(at(version), { namespace: 'default' }));
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  await t.create('gadgets', gadget('g', { now: 'n' }));
  const next = async (): Promise<readonly KubeObject[]> =>
    Promise.all(iterators.map(async (iterator) => (await iterator.next()).value?.object as KubeObject));
  expect((await next()).map((object) => getPath(object['spec'], 'now'))).toEqual(['n', undefined]);
  await patch('v1', 'merge', { status: { now: 's' } }, true);
  const [now, old] = await next();
  expect([said(now as KubeObject)[2], said(old as KubeObject)[2]] as unknown).toEqual([{ now: 's' }, {}]);
  expect(now?.metadata.resourceVersion).toBe(old?.metadata.resourceVersion);
  for (const iterator of iterators) await iterator.return?.();
});

test('a write at one version leaves what only another version has', async () => {
  const { t, get, patch } = await twoVersions();
  await t.create('gadgets', gadget('g', { now: 'n' }));
  await patch('v1beta1', 'merge', { status: { old: 's' } }, true);
  await patch('v1', 'merge', { metadata: { labels: { a: 'b' } } });
  expect(getPath(get('v1beta1')['status'], 'old')).toBe('s');
  expect(get('v1')['status']).toEqual({});
});

test('the same fields applied at another version are one change of ownership, not of generation', async () => {
  const { get, patch } = await twoVersions();
  const applied = (version: string): JsonObject => ({
    apiVersion: `probe.test/${version}`,
    kind: 'Gadget',
    metadata: { name: 'g' },
    spec: { a: 1 },
  });
  const first = await patch('v1beta1', 'apply', applied('v1beta1'));
  const second = await patch('v1', 'apply', applied('v1'));
  expect([second.metadata.uid, second.apiVersion]).toEqual([first.metadata.uid, 'probe.test/v1']);
  expect(get('v1').metadata.managedFields?.map((entry) => `${entry.manager} ${entry.apiVersion}`)).toEqual([
    'm1 probe.test/v1',
  ]);
  expect(get('v1').metadata.generation).toBe(1);
});

test('a definition that changes what it serves ends the watches of its kind, as a real server does', async () => {
  const { t } = await twoVersions();
  const watched = t.watch('gadgets');
  await t.create('gadgets', gadget('g'));
  const crd = gadgetsAtTwoVersions() as { spec: JsonObject & { versions: readonly JsonObject[] } } & JsonObject;
  const versions = crd.spec.versions.map((version) => ({ ...version, served: version['storage'] === true }));
  await t.patch('customresourcedefinitions', 'gadgets.probe.test', 'merge', { spec: { versions } });
  expect(t.core.registry.find('probe.test', 'v1beta1', 'gadgets')).toBeUndefined();
  await watched.ended;
  expect(await watched.seen()).toEqual(['ADDED:g']);
});

test('a definition with null keywords serves its kind as one without them', async () => {
  const t = await createTestCore();
  const crd = gadgets() as { spec: { versions: readonly { schema: JsonObject }[] } } & JsonObject;
  const spec = {
    type: 'object',
    properties: { color: { type: 'string', pattern: null, minLength: null, format: null } },
  };
  const schema = { openAPIV3Schema: { type: 'object', required: null, properties: { spec } } };
  const versions = crd.spec.versions.map((version) => ({ ...version, schema }));
  await t.create('customresourcedefinitions', { ...crd, spec: { ...crd.spec, versions } });
  expect(await t.create('gadgets', gadget('g', { color: '' }))).toMatchObject({ spec: { color: '' } });
});
