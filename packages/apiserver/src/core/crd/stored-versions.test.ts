import { getPath, isList, type Json, type JsonObject, type KubeObject } from '@cartographer/machinery';
import { beforeEach, describe, expect, test } from 'vitest';

import { createTestCore, failureOf, type TestCore } from '../testing/core.ts';

const CRDS = 'customresourcedefinitions';
const NAME = 'vers.probe.test';

/** `v1*` is the storage version. */
function definition(...names: readonly string[]): JsonObject {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = names.map((name) => ({
    name: name.replace('*', ''),
    served: true,
    storage: name.endsWith('*'),
    schema,
  }));
  const kindNames = { plural: 'vers', singular: 'ver', kind: 'Ver', listKind: 'VerList' };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: NAME },
    spec: { group: 'probe.test', scope: 'Namespaced', names: kindNames, versions },
  };
}

const versionsOf = (...names: readonly string[]): Json => getPath(definition(...names), 'spec', 'versions') ?? null;
const missing = (version: string, index = 0): string =>
  `status.storedVersions[${index}]: Invalid value: "${version}": missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;

let t: TestCore;
beforeEach(async () => {
  t = await createTestCore();
});

const setVersions = (...names: readonly string[]): Promise<KubeObject> =>
  t.patch(CRDS, NAME, 'merge', { spec: { versions: versionsOf(...names) } });
const setStored = (stored: Json): Promise<KubeObject> =>
  t.patch(CRDS, NAME, 'merge', { status: { storedVersions: stored } }, { subresource: 'status' });
const storedOf = (crd: KubeObject): readonly Json[] => {
  const stored = getPath(crd, 'status', 'storedVersions');
  return isList(stored) ? stored : [];
};
const message = async (work: Promise<unknown>): Promise<string> => (await failureOf(work)).status.message ?? '';

describe('a version that objects may be stored in stays', () => {
  const writes: readonly (readonly [string, () => Promise<KubeObject>])[] = [
    [
      'JSON patch',
      () =>
        t.patch(CRDS, NAME, 'json', [
          { op: 'remove', path: '/spec/versions/1' },
          { op: 'replace', path: '/spec/versions/0/storage', value: true },
        ]),
    ],
    ['merge patch', () => setVersions('v2*')],
    ['update', () => t.update(CRDS, { ...live(), spec: { ...spec(), versions: versionsOf('v2*') } })],
    ['apply', () => t.apply(CRDS, definition('v2*'), { force: true })],
    ['rename', () => t.patch(CRDS, NAME, 'json', [{ op: 'replace', path: '/spec/versions/1/name', value: 'v3' }])],
  ];
  const live = (): JsonObject => t.get(CRDS, NAME);
  const spec = (): JsonObject => live()['spec'] as JsonObject;

  test.each(writes)('whatever removes it: %s', async (_how, write) => {
    await t.create(CRDS, definition('v2', 'v1*'));
    expect(await message(write())).toContain(missing('v1'));
    expect(getPath(spec(), 'versions')).toHaveLength(2);
  });

  test('until the status no longer names it', async () => {
    await t.create(CRDS, definition('v2', 'v1*'));
    expect(storedOf(await setVersions('v2*', 'v1'))).toEqual(['v1', 'v2']);
    expect(await message(setVersions('v2*'))).toContain(missing('v1'));
    expect(storedOf(await setStored(['v2']))).toEqual(['v2']);
    expect(storedOf(await setVersions('v2*'))).toEqual(['v2']);
  });

  test('and each of several is named', async () => {
    await t.create(CRDS, definition('v3', 'v2', 'v1*'));
    await setVersions('v3', 'v2*', 'v1');
    await setVersions('v3*', 'v2', 'v1');
    expect(await message(setVersions('v3*'))).toContain(`[${missing('v1')}, ${missing('v2', 1)}]`);
  });

  test('but need not be served; and one that never stored may go', async () => {
    await t.create(CRDS, definition('v2', 'v1*'));
    await t.patch(CRDS, NAME, 'json', [{ op: 'replace', path: '/spec/versions/1/served', value: false }]);
    expect(storedOf(await setVersions('v1*'))).toEqual(['v1']);
  });
});

describe('stored versions', () => {
  test('that no version has are found by the next write that is not to the status', async () => {
    await t.create(CRDS, definition('v1*'));
    expect(storedOf(await setStored(['v1', 'v9']))).toEqual(['v1', 'v9']);
    expect(await message(t.patch(CRDS, NAME, 'merge', { metadata: { labels: { a: 'b' } } }))).toContain(
      missing('v9', 1),
    );
    expect(storedOf(await setStored(['v1']))).toEqual(['v1']);
    await t.patch(CRDS, NAME, 'merge', { metadata: { labels: { a: 'b' } } });
  });

  test('always have the storage version after such a write', async () => {
    await t.create(CRDS, definition('v2', 'v1*'));
    expect(storedOf(await setStored(['v2']))).toEqual(['v2']);
    const touched = await t.patch(CRDS, NAME, 'merge', { metadata: { labels: { a: 'b' } } });
    expect(storedOf(touched)).toEqual(['v2', 'v1']);
  });

  test.each([[[]], [null]])('that are emptied (%j) are the storage version', async (stored) => {
    await t.create(CRDS, definition('v1*'));
    expect(storedOf(await setStored(stored))).toEqual(['v1']);
  });

  test('cannot be set by a write that is not to the status', async () => {
    expect(storedOf(await t.create(CRDS, { ...definition('v2', 'v1*'), status: { storedVersions: ['v7'] } }))).toEqual([
      'v1',
    ]);
    const patched = await t.patch(CRDS, NAME, 'merge', { status: { storedVersions: ['v2'] } });
    expect(storedOf(patched)).toEqual(['v1']);
  });
});

test.each([
  [['v2*', 'v1*'], 'must have exactly one version marked as storage version, status.storedVersions: Invalid value: '],
  [['v2', 'v1'], 'must have at least one stored version'],
  [['v1*', 'v1'], 'must contain unique version names'],
])('the versions %j are refused', async (names, text) => {
  expect(await message(t.create(CRDS, definition(...names)))).toContain(text);
});
