import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type JsonObject, type KubeObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../storage/sqlite-store.ts';
import { createTestCore, failureOf, gadget, gadgets, plain, refusal } from '../testing/core.ts';
import { compareVersions } from './crd-resources.ts';

const NAME = 'gadgets.probe.test';
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A definition of another plural or kind in the same group. */
function definition(plural: string, kind: string, more: JsonObject = {}): JsonObject {
  const crd = gadgets() as { spec: JsonObject } & JsonObject;
  return {
    ...crd,
    metadata: { name: `${plural}.probe.test` },
    spec: { ...crd.spec, names: { plural, kind }, ...more },
  };
}

test('a definition is answered without conditions and is established right after, its resource served before', async () => {
  const t = await createTestCore();
  const watch = t.watch('customresourcedefinitions');
  const before = t.core.registry.generation;
  const made = await t.create('customresourcedefinitions', gadgets());
  expect(made).toMatchObject({
    spec: { names: { singular: 'gadget', listKind: 'GadgetList' }, conversion: { strategy: 'None' } },
    status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
  });
  expect(t.core.registry.generation).toBeGreaterThan(before);
  expect(t.get('customresourcedefinitions', NAME)).toMatchObject({
    status: {
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
      acceptedNames: { plural: 'gadgets', kind: 'Gadget' },
    },
  });
  expect(await watch.seen()).toEqual([`ADDED:${NAME}`, `MODIFIED:${NAME}`]);
  expect(await t.create('gadgets', gadget('g'))).toMatchObject({ kind: 'Gadget' });
});

test('a name that is taken is not accepted until it is free', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  await t.create('customresourcedefinitions', definition('xs', 'Gadget'));
  expect(t.get('customresourcedefinitions', 'xs.probe.test')).toMatchObject({
    status: {
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'False',
          reason: 'ListKindConflict',
          message: '"GadgetList" is already in use',
        },
        { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
      ],
    },
  });
  await t.remove('customresourcedefinitions', NAME);
  await t.core.settled();
  expect(t.core.registry.find('probe.test', 'v1', 'xs')?.kind).toBe('Gadget');
});

/** A definition whose plural is that of a built-in kind. */
const impostor = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'clusterroles.rbac.authorization.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://example.com' },
  },
  spec: {
    group: 'rbac.authorization.k8s.io',
    scope: 'Cluster',
    names: { plural: 'clusterroles', kind: 'Impostor' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

test('a definition never takes the place of a built-in kind, nor its objects along when it goes', async () => {
  const t = await createTestCore();
  await t.create('clusterroles', { metadata: { name: 'own' } });
  await t.create('customresourcedefinitions', impostor);
  await t.core.settled();
  const { name } = impostor.metadata;
  expect(t.get('customresourcedefinitions', name)).toMatchObject({
    status: { conditions: [{ reason: 'PluralConflict', message: '"clusterroles" is already in use' }, {}] },
  });
  expect(t.info('clusterroles').kind).toBe('ClusterRole');
  await t.remove('customresourcedefinitions', name);
  await t.core.settled();
  expect(t.has('customresourcedefinitions', name)).toBe(false);
  expect(t.has('clusterroles', 'own')).toBe(true);
});

test('the objects of a built-in kind stay its own through a restart, whatever is defined under its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carto-impostor-'));
  const first = await createTestCore({ store: openSqliteStore(folder) });
  await first.create('clusterroles', { metadata: { name: 'own' } });
  await first.create('customresourcedefinitions', impostor);
  await first.core.close();
  const t = await createTestCore({ store: openSqliteStore(folder) });
  expect(t.has('clusterroles', 'own')).toBe(true);
  await t.core.close();
  await rm(folder, { recursive: true });
});

test('a deleted definition takes its objects along, waits for their finalizers and refuses new ones', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  await t.create('gadgets', gadget('free'));
  await t.create('gadgets', gadget('held', {}, { finalizers: ['x.y/z'] }));
  const answer = await t.remove('customresourcedefinitions', NAME);
  expect(answer).toMatchObject({
    metadata: { generation: 1, finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
  });
  await t.core.settled();
  expect(await t.names('gadgets')).toEqual(['held']);
  expect(t.get('customresourcedefinitions', NAME)).toMatchObject({
    status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'Terminating', status: 'True' })]) },
  });
  expect(await refusal(t.create('gadgets', gadget('late')))).toBe('405 MethodNotAllowed');
  await t.patch('gadgets', 'held', 'merge', { metadata: { finalizers: null } });
  await t.core.settled();
  expect(t.has('customresourcedefinitions', NAME)).toBe(false);
  expect(t.core.registry.find('probe.test', 'v1', 'gadgets')).toBeUndefined();
});

test('a definition made anew starts empty', async () => {
  const t = await createTestCore();
  for (let round = 0; round < 2; round++) {
    await t.create('customresourcedefinitions', gadgets());
    expect(await t.names('gadgets')).toEqual([]);
    await t.create('gadgets', gadget('g'));
    await t.remove('customresourcedefinitions', NAME);
    await t.core.settled();
  }
});

test('a changed schema leaves objects alone, shows its defaults on reads and judges the next write', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets({ properties: { n: { type: 'integer' } } }));
  const { resourceVersion } = (await t.create('gadgets', gadget('g', { n: 1 }))).metadata;
  const crd = t.get('customresourcedefinitions', NAME) as KubeObject & { spec: { versions: JsonObject[] } };
  const spec = {
    ...open,
    required: ['d'],
    properties: { n: { type: 'integer', maximum: 5 }, d: { type: 'string', default: 'new' } },
  };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status: open } } };
  await t.update('customresourcedefinitions', {
    ...crd,
    spec: { ...crd.spec, versions: [{ ...crd.spec.versions[0], schema }] },
  });
  const read = t.get('gadgets', 'g');
  expect(read).toMatchObject({ metadata: { resourceVersion }, spec: { n: 1, d: 'new' } });
  expect(await refusal(t.patch('gadgets', 'g', 'merge', { spec: { n: 9 } }))).toBe(
    '422 Invalid FieldValueInvalid@spec.n',
  );
});

test('served versions show one object, preferred first, and requests to a deprecated one are warned about', async () => {
  const t = await createTestCore();
  const crd = gadgets() as unknown as { spec: { versions: JsonObject[] } } & JsonObject;
  const [v1] = crd.spec.versions;
  const versions = [
    v1,
    { ...v1, name: 'v2', storage: false, deprecated: true },
    { ...v1, name: 'v1beta1', storage: false, served: false },
  ];
  await t.create('customresourcedefinitions', { ...crd, spec: { ...crd.spec, versions } } as JsonObject);
  const served = t.core.registry.all().filter(({ resource }) => resource === 'gadgets');
  expect(served.map(({ version, deprecated }) => [version, deprecated])).toEqual([
    ['v2', 'probe.test/v2 Gadget is deprecated'],
    ['v1', undefined],
  ]);
  const v2 = served[0] as (typeof served)[number];
  await t.core.create(
    v2,
    'default',
    { ...gadget('g', { n: 1 }), apiVersion: 'probe.test/v2' },
    {},
    {
      user: { name: 'u', groups: [] },
      fieldManager: 'test',
      warnings: [],
    },
  );
  expect(t.core.get(v2, { namespace: 'default', name: 'g' }).apiVersion).toBe('probe.test/v2');
  expect(t.core.get(served[1] as never, { namespace: 'default', name: 'g' }).apiVersion).toBe('probe.test/v1');
});

test.each([
  ['another plural in the name', { metadata: { name: 'foo.bar' } }, ['FieldValueInvalid@metadata.name']],
  ['no versions', { versions: [] }, ['FieldValueRequired@spec.versions']],
  ['no group', { group: '' }, ['FieldValueInvalid@metadata.name', 'FieldValueRequired@spec.group']],
  ['unknown fields preserved', { preserveUnknownFields: true }, ['FieldValueInvalid@spec.preserveUnknownFields']],
  ['an unknown scope', { scope: 'Moon' }, ['FieldValueNotSupported@spec.scope']],
  [
    'a webhook for conversion',
    { conversion: { strategy: 'Webhook' } },
    ['FieldValueNotSupported@spec.conversion.strategy'],
  ],
  [
    'a kind that is no name',
    { names: { plural: 'gadgets', kind: 'Not A Kind' } },
    [
      'FieldValueInvalid@spec.names.kind',
      'FieldValueInvalid@spec.names.singular',
      'FieldValueInvalid@spec.names.listKind',
    ],
  ],
])('a definition with %s is refused', async (_name, { metadata, ...spec }: JsonObject, causes) => {
  const t = await createTestCore();
  const crd = gadgets() as { spec: JsonObject; metadata: JsonObject } & JsonObject;
  const body = { ...crd, metadata: metadata ?? crd.metadata, spec: { ...crd.spec, ...spec } };
  const { status } = await failureOf(t.create('customresourcedefinitions', body));
  expect(status.code).toBe(422);
  expect((status.details?.causes ?? []).map(({ reason, field }) => `${reason}@${field}`).toSorted()).toEqual(
    causes.toSorted(),
  );
});

test('a definition without spec is refused, not tripped over', async () => {
  const t = await createTestCore();
  const broken: readonly JsonObject[] = [
    {},
    { spec: null },
    { spec: {} },
    { spec: { versions: [{}] } },
    { spec: { group: 'a.b', names: {} } },
  ];
  for (const body of broken) {
    const answer = await refusal(t.create('customresourcedefinitions', { metadata: { name: NAME }, ...body }));
    expect(answer).toMatch(/^422 Invalid/);
  }
});

test('the scope of a definition cannot be changed', async () => {
  const t = await createTestCore();
  await t.create('customresourcedefinitions', gadgets());
  expect(await refusal(t.patch('customresourcedefinitions', NAME, 'merge', { spec: { scope: 'Cluster' } }))).toBe(
    '422 Invalid FieldValueInvalid@spec.scope',
  );
});

test('cluster-scoped kinds have no namespace', async () => {
  const t = await createTestCore();
  const crd = gadgets() as { spec: JsonObject } & JsonObject;
  await t.create('customresourcedefinitions', { ...crd, spec: { ...crd.spec, scope: 'Cluster' } });
  const made = await t.create('gadgets', gadget('g', {}, { namespace: 'ignored' }));
  expect(plain(made)['metadata']).toEqual({ name: 'g', generation: 1 });
});

test('versions are ordered as Kubernetes orders them', () => {
  const names = ['foo1', 'v1alpha1', 'v10', 'v2beta1', 'v1', 'bar', 'v11alpha2', 'v3beta1', 'v2', 'v11beta2'];
  expect(names.toSorted(compareVersions)).toEqual([
    'v10',
    'v2',
    'v1',
    'v11beta2',
    'v3beta1',
    'v2beta1',
    'v11alpha2',
    'v1alpha1',
    'bar',
    'foo1',
  ]);
});
