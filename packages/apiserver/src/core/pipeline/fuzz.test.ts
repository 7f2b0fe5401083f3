import type { Json, JsonObject } from '@cartographer/machinery';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import { StatusError } from '../../status-error.ts';
import { createTestCore, gadgets, type TestCore } from '../testing/core.ts';

let t: TestCore;
beforeAll(async () => {
  t = await createTestCore();
  const lists = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, value: { type: 'integer' } } },
  };
  const properties = {
    a: { type: 'string', default: 'x' },
    list: lists,
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
  };
  await t.create('customresourcedefinitions', gadgets({ properties, 'x-kubernetes-preserve-unknown-fields': false }));
});

const leaf = fc.oneof(
  fc.constantFrom<Json>(null, true, 0, -1, 1.5, 2 ** 40, '', 'a', '1Gi', '2026-01-01T00:00:00Z', 'YQ=='),
  fc.string({ maxLength: 4 }),
);
const key = fc.constantFrom(
  'name',
  'value',
  'a',
  'list',
  'set',
  'spec',
  'template',
  'containers',
  'env',
  'labels',
  'matchLabels',
  'selector',
  'ports',
  'port',
  'rules',
  'verbs',
  'versions',
  'schema',
  'openAPIV3Schema',
  'type',
  'names',
  'kind',
  '$patch',
  '__proto__',
  'metadata',
  'ownerReferences',
  'uid',
  'finalizers',
  'conditions',
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 4 }) as fc.Arbitrary<Json>,
  ),
}));
const fields = fc.dictionary(
  fc.constantFrom('spec', 'status', 'data', 'rules', 'roleRef', 'subjects', 'involvedObject', 'type'),
  json,
  { maxKeys: 4 },
) as fc.Arbitrary<JsonObject>;
const metadata = fc.dictionary(
  fc.constantFrom('labels', 'annotations', 'finalizers', 'ownerReferences', 'generation', 'managedFields'),
  json,
  { maxKeys: 1 },
) as fc.Arbitrary<JsonObject>;

let accepted = 0;

/** A refusal has a Status; anything else is a bug. */
async function judged(work: Promise<unknown>): Promise<void> {
  try {
    await work;
    accepted++;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    expect(error.status.code).toBeGreaterThanOrEqual(400);
  }
}

test('whatever is written to whatever kind, the answer is an object or a Status', async () => {
  const resources = t.core.registry
    .all()
    .map(({ resource, group }) => (group === '' ? resource : `${resource}.${group}`));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...resources), fields, metadata, json, async (resource, body, meta, patch) => {
      const info = t.info(resource);
      const name = info.resource === 'customresourcedefinitions' ? 'as.probe.test' : 'fuzz';
      const gvk = { apiVersion: info.group === '' ? info.version : `${info.group}/${info.version}`, kind: info.kind };
      const object = { ...gvk, metadata: { ...meta, name }, ...body };
      await judged(t.create(resource, object));
      await judged(t.apply(resource, object, { force: true }));
      await judged(t.patch(resource, name, 'merge', patch));
      await judged(t.patch(resource, name, 'merge', body, { subresource: 'status' }));
      await judged(t.patch(resource, name, 'strategic', patch));
      await judged(t.patch(resource, name, 'json', [{ op: 'replace', path: '/spec', value: patch }]));
      await judged(t.update(resource, object));
      await judged(t.remove(resource, name));
      await t.core.settled();
    }),
    { numRuns: 150 },
  );
  expect(accepted).toBeGreaterThan(100); // or nothing was tested
});
