import { describe, expect, test } from 'vitest';
import { gadgetSchema, gadgetServer as server } from '../testing/gadget.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { getPath } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import { serverSideApply } from './apply.ts';
import { mergeSchemaOf } from './merge-schema.ts';

const full = { n: 1, m: { a: '1' }, lm: [{ k: 'a', v: '1' }], ls: ['x'], la: ['p'], at: { a: '1' } };
const fullFields = {
  'f:spec': {
    'f:at': {},
    'f:la': {},
    'f:lm': { 'k:{"k":"a"}': { '.': {}, 'f:k': {}, 'f:v': {} } },
    'f:ls': { 'v:"x"': {} },
    'f:m': { 'f:a': {} },
    'f:n': {},
  },
};

describe('server-side apply, as measured on a real server', () => {
  test('creates an object and records what was applied, not what was defaulted', () => {
    const s = server();
    s.apply('m1', { spec: full });
    expect(s.spec).toEqual({ ...full, d: 'dflt', nd: 'x' });
    expect(s.owners()).toEqual({ 'm1/Apply': fullFields });
  });

  test('the same apply again changes nothing and gives the live object itself', () => {
    const s = server();
    s.apply('m1', { spec: full });
    const before = s.object;
    const outcome = s.apply('m1', { spec: full });
    expect(outcome).toEqual({ kind: 'applied', object: before });
    expect(outcome.kind === 'applied' && outcome.object).toBe(before);
  });

  test('conflicts name every path that another manager owns with another value', () => {
    const s = server();
    s.apply('m1', { spec: full });
    const outcome = s.apply('m2', { spec: { n: 2, la: ['q'], at: { b: '2' }, lm: [{ k: 'a', v: '2' }] } });
    const paths = ['.spec.at', '.spec.la', '.spec.n', '.spec.lm[k="a"].v'];
    expect(outcome).toEqual({
      kind: 'conflict',
      message: `Apply failed with 4 conflicts: conflicts with "m1":\n${paths.map((path) => `- ${path}`).join('\n')}`,
      causes: paths.map((field) => ({ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field })),
    });
  });

  test('equal values are shared; items, set members and keys of several managers live side by side', () => {
    const s = server();
    s.apply('m1', { spec: full });
    s.apply('m2', { spec: { n: 1, lm: [{ k: 'b', v: '1' }], ls: ['y'], m: { b: '2' } } });
    expect(s.spec).toMatchObject({
      n: 1,
      lm: [
        { k: 'a', v: '1' },
        { k: 'b', v: '1' },
      ],
      ls: ['x', 'y'],
      m: { a: '1', b: '2' },
    });
    expect(s.owners()).toEqual({
      'm1/Apply': fullFields,
      'm2/Apply': {
        'f:spec': {
          'f:lm': { 'k:{"k":"b"}': { '.': {}, 'f:k': {}, 'f:v': {} } },
          'f:ls': { 'v:"y"': {} },
          'f:m': { 'f:b': {} },
          'f:n': {},
        },
      },
    });
  });

  test('what a manager no longer applies goes, unless someone else owns it', () => {
    const s = server();
    s.apply('m1', { spec: full });
    s.apply('m2', { spec: { n: 1, lm: [{ k: 'b', v: '1' }], ls: ['y'], m: { b: '2' } } });
    s.apply('m1', { spec: { n: 1, lm: [{ k: 'a' }] } });
    expect(s.spec).toEqual({
      d: 'dflt',
      lm: [{ k: 'a' }, { k: 'b', v: '1' }],
      ls: ['y'],
      m: { b: '2' },
      n: 1,
      nd: 'x',
    });
    s.apply('m3', { spec: { n: 5 } }, { force: true });
    expect(s.owners()).toEqual({
      'm1/Apply': { 'f:spec': { 'f:lm': { 'k:{"k":"a"}': { '.': {}, 'f:k': {} } } } },
      'm2/Apply': {
        'f:spec': {
          'f:lm': { 'k:{"k":"b"}': { '.': {}, 'f:k': {}, 'f:v': {} } },
          'f:ls': { 'v:"y"': {} },
          'f:m': { 'f:b': {} },
        },
      },
      'm3/Apply': { 'f:spec': { 'f:n': {} } },
    });
    s.apply('m2', {});
    expect(s.spec).toEqual({ d: 'dflt', lm: [{ k: 'a' }], n: 5, nd: 'x' });
    expect(Object.keys(s.owners())).toEqual(['m1/Apply', 'm3/Apply']);
  });

  test('an update by another manager takes the fields that it changes', () => {
    const s = server();
    s.apply('m3', { spec: { n: 5, s: 'x' } });
    s.update('upd', (object) => ({ ...object, spec: { ...(object['spec'] as JsonObject), n: 6 } }));
    expect(s.owners()).toEqual({
      'm3/Apply': { 'f:spec': { 'f:s': {} } },
      'upd/Update': { 'f:spec': { 'f:n': {} } },
    });
  });

  test('finalizers are a set and owner references are told apart by uid and owned whole', () => {
    const s = server();
    s.apply('m1', { metadata: { finalizers: ['a.b/c'] }, spec: {} });
    s.apply('m2', { metadata: { finalizers: ['d.e/f'] }, spec: {} });
    expect(getPath(s.object, 'metadata', 'finalizers')).toEqual(['a.b/c', 'd.e/f']);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c1', uid: 'u-1' }];
    s.apply('m1', { metadata: { finalizers: [], ownerReferences }, spec: {} });
    expect(getPath(s.object, 'metadata', 'finalizers')).toEqual(['d.e/f']);
    expect(s.owners()).toEqual({
      'm1/Apply': { 'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"u-1"}': {} } }, 'f:spec': {} },
      'm2/Apply': { 'f:metadata': { 'f:finalizers': { 'v:"d.e/f"': {} } }, 'f:spec': {} },
    });
  });
});

const port: StructuralSchema = {
  type: 'object',
  properties: {
    port: { type: 'integer' },
    name: { type: 'string' },
    protocol: { type: 'string', default: 'TCP' },
  },
};
const configMap: StructuralSchema = {
  type: 'object',
  properties: {
    data: { type: 'object', additionalProperties: { type: 'string' } },
    immutable: { type: 'boolean' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: port,
    },
  },
};

describe('an applied object that does not fit its schema', () => {
  const cases: readonly [string, StructuralSchema, JsonObject, string][] = [
    ['an unknown field', gadgetSchema, { spec: { zzz: 1 } }, '.spec.zzz: field not declared in schema'],
    [
      'a string for a number',
      gadgetSchema,
      { spec: { n: 'x' } },
      '.spec.n: expected numeric (int or float), got string',
    ],
    [
      'items with one key',
      gadgetSchema,
      { spec: { lm: [{ k: 'a' }, { k: 'a' }] } },
      '.spec.lm: duplicate entries for key [k="a"]',
    ],
    [
      'items with a defaulted key',
      configMap,
      { ports: [{ port: 80 }, { port: 80, name: 'x' }] },
      '.ports: duplicate entries for key [port=80,protocol="TCP"]',
    ],
    [
      'a number for a string',
      configMap,
      { data: { a: 5 } },
      '.data.a: expected string, got &value.valueUnstructured{Value:5}',
    ],
    [
      'a map for a string',
      configMap,
      { data: { a: { b: 1 } } },
      '.data.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":1}}',
    ],
    [
      'a number in labels',
      configMap,
      { metadata: { labels: { n: 5 } } },
      '.metadata.labels.n: expected string, got &value.valueUnstructured{Value:5}',
    ],
    ['unknown metadata', configMap, { metadata: { bogus: 1 } }, '.metadata.bogus: field not declared in schema'],
    [
      'an item without its key',
      gadgetSchema,
      { spec: { lm: [{ v: 'a' }] } },
      '.spec.lm: element 0: associative list with keys has an element that omits key field "k" (and doesn\'t have default value)',
    ],
  ];
  test.each(cases)('with %s is refused in the words of the typed layer', (_name, schema, fields, text) => {
    expect(server(schema).apply('m', fields)).toEqual({
      kind: 'invalid',
      message: `failed to create typed patch object (/s1; probe.test/v1, Kind=Gadget): ${text}`,
    });
  });

  test('names namespace and group of a core object', () => {
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'ns' }, nope: 1 };
    const schema = mergeSchemaOf(configMap);
    const outcome = serverSideApply({ applied, manager: 'm', force: false, schema, apiVersion: 'v1', time: '' });
    expect(outcome).toMatchObject({
      message: 'failed to create typed patch object (ns/c; /v1, Kind=ConfigMap): .nope: field not declared in schema',
    });
  });

  test('nests too deep is refused, not a crash', () => {
    let deep: Json = 1;
    for (let i = 0; i < 20_000; i++) deep = { a: deep };
    expect(server().apply('m', { spec: { pu: deep } })).toMatchObject({ kind: 'invalid' });
  });
});

describe('keyed lists', () => {
  const item = (k: string, rest: JsonObject = {}) => ({ k, ...rest });
  const keys = (spec: Json | undefined) => (getPath(spec, 'lm') as readonly JsonObject[]).map((entry) => entry['k']);

  test('have the applied order, with items of others after the live neighbours before them', () => {
    const s = server();
    s.apply('m1', { spec: { lm: [item('a'), item('b'), item('c')] } });
    s.apply('m2', { spec: { lm: [item('x')] } });
    s.apply('m1', { spec: { lm: [item('c'), item('a'), item('n')] } });
    expect(keys(s.spec)).toEqual(['c', 'x', 'a', 'n']);
  });

  test('keys named like object internals are plain keys', () => {
    const s = server();
    const m = JSON.parse('{"__proto__":"1","constructor":"2"}') as JsonObject;
    s.apply('m1', { spec: { m } });
    expect(Object.keys(getPath(s.spec, 'm') as JsonObject)).toEqual(['__proto__', 'constructor']);
    s.apply('m1', { spec: { m: { constructor: '2' } } });
    expect(Object.keys(getPath(s.spec, 'm') as JsonObject)).toEqual(['constructor']);
  });
});
