import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { createStage, type Stage, workload } from './testing/stage.ts';

const EVENTS = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };

function strictCrd(kind: string, status: boolean): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  const item = { type: 'object', properties: { name: { type: 'string' }, n: { type: 'integer' } } };
  const spec = {
    type: 'object',
    properties: {
      size: { type: 'string' },
      items: { type: 'array', items: item },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const properties = {
    spec,
    ...(status ? { status: { type: 'object', properties: { url: { type: 'string' } } } } : {}),
  };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties } },
    ...(status ? { subresources: { status: {} } } : {}),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.test.carto.run` },
    spec: {
      group: 'test.carto.run',
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [version],
    },
  };
}

const crds = [strictCrd('Strict', false), strictCrd('Watched', true)];

function blueprint(template: JsonObject): string {
  const kinds: readonly JsonObject[] = [
    {
      apiVersion: 'carto.run/v1alpha1',
      kind: 'ClusterTemplate',
      metadata: { name: 't' },
      spec: { template: { metadata: { name: 'made' }, ...template } },
    },
    {
      apiVersion: 'carto.run/v1alpha1',
      kind: 'ClusterSupplyChain',
      metadata: { name: 'web' },
      spec: {
        selector: { chain: 'web' },
        resources: [{ name: 'only', templateRef: { kind: 'ClusterTemplate', name: 't' } }],
      },
    },
  ];
  return kinds.map((object) => JSON.stringify(object)).join('\n---\n');
}

async function warnings({ client }: Stage): Promise<readonly unknown[]> {
  const { items } = await client.list(EVENTS, { namespace: 'default' });
  return items.filter((event) => event['type'] === 'Warning').map((event) => event['message']);
}

const configMap: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } };
const strict: JsonObject = { apiVersion: 'test.carto.run/v1', kind: 'Strict', spec: { size: 'x' } };
const withSpec = (spec: JsonObject): JsonObject => ({ ...strict, spec: { size: 'x', ...spec } });

const cases: readonly (readonly [string, JsonObject, JsonObject, string])[] = [
  ['status: {} of a kind without status', configMap, { ...configMap, status: {} }, ''],
  ['foo: {}', configMap, { ...configMap, foo: {} }, 'foo'],
  ['foo: []', configMap, { ...configMap, foo: [] }, 'foo'],
  ['foo: ""', configMap, { ...configMap, foo: '' }, 'foo'],
  ['foo: 0 and bar: false', configMap, { ...configMap, foo: 0, bar: false }, 'foo, bar'],
  ['foo: null', configMap, { ...configMap, foo: null }, ''],
  ['foo: {} beside binaryData: {}, which the kind has', configMap, { ...configMap, foo: {}, binaryData: {} }, 'foo'],
  ['metadata.foo: {}', configMap, { ...configMap, metadata: { name: 'made', foo: {} } }, 'metadata.foo'],
  ['status: {} of a custom kind without status', strict, { ...strict, status: {} }, ''],
  ['nested', strict, withSpec({ nope: {}, deeper: [] }), 'spec.nope, spec.deeper'],
  ['in an item of a list', strict, withSpec({ items: [{ name: 'i', nope: '' }] }), 'spec.items[0].nope'],
];

describe.each(cases)('an unknown field that is empty: %s', (_what, before, template, lost) => {
  const message = '[only] left out fields that';
  const expected = lost === '' ? [] : [expect.stringMatching(new RegExp(`^\\${message} .* does not have: `))];

  it('is left out of a new object, with an event', async () => {
    await using stage = await createStage({ crds });
    await stage.restart();
    await stage.apply(`${blueprint(template)}\n---${workload('shop', 'web')}`);
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(await warnings(stage)).toEqual(expected);
    for (const warning of await warnings(stage)) expect(String(warning).split(': ')[1]).toBe(lost);
  });

  it('is left out of an object that stands, with an event', async () => {
    await using stage = await createStage({ crds });
    await stage.restart();
    await stage.apply(`${blueprint(before)}\n---${workload('shop', 'web')}`);
    await stage.settled();
    await stage.apply(blueprint(template));
    await stage.settled();
    expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
    expect(await warnings(stage)).toEqual(expected);
    for (const warning of await warnings(stage)) expect(String(warning).split(': ')[1]).toBe(lost);
  });
});

it.each([
  ['under a map that keeps unknown fields', withSpec({ free: { nope: {}, deep: { list: [] } } })],
  ['a status of a kind with status', { ...strict, kind: 'Watched', status: {} }],
])('an empty field that the kind takes is no loss: %s', async (_what, template) => {
  await using stage = await createStage({ crds });
  await stage.restart();
  await stage.apply(`${blueprint(template)}\n---${workload('shop', 'web')}`);
  await stage.settled();
  expect(await stage.ready('Workload', 'shop')).toBe('True Ready');
  expect(await warnings(stage)).toEqual([]);
});
