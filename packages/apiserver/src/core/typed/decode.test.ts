import type { JsonObject } from '@cartographer/machinery';
import { expect, test } from 'vitest';

import { decodeTyped } from './decode.ts';
import { patchSchemaOf } from './patch-schema.ts';
import { createTypeResolver } from './type-node.ts';
import { typedSchema } from './typed-schema.ts';

const resolve = createTypeResolver({
  Thing:
    'kind string; count int32; big int64; on bool; at time; micro microtime; cpu map quantity; port intstr; raw map bytes; any any; parts [Part]name; tags [string]set; words [string]; self Ref~; nested Thing; limits map quantity~',
  Part: 'name string; value string; containerPort int32; ports [Port]containerPort,protocol',
  Port: 'containerPort int32; protocol string',
  Ref: 'name string',
});
const type = resolve('Thing');
const decode = (value: JsonObject) => decodeTyped(value, type);

test('what fits is given back unchanged, the same object', () => {
  const value: JsonObject = {
    kind: 'k',
    count: 1,
    on: false,
    any: { x: [null] },
    parts: [{ name: 'a' }],
    nested: { count: 2 },
    self: {},
  };
  expect(decode(value).object).toBe(value);
});

test.each([
  [{ count: null, words: [], cpu: {} }, {}],
  [{ cpu: { a: '1000m', b: 2 } }, { cpu: { a: '1', b: '2' } }],
  [{ at: '2026-01-02T03:04:05.678+01:00' }, { at: '2026-01-02T02:04:05Z' }],
  [
    { words: ['a', null], parts: [null] },
    { words: ['a', ''], parts: [{}] },
  ],
  [{ raw: { a: 'YQ\n==' } }, { raw: { a: 'YQ==' } }],
])('%j is stored as %j', (value, stored) => {
  expect(decode(value as JsonObject).object).toEqual(stored);
});

test('unknown fields are dropped and named by their path', () => {
  const { object, unknown } = decode({ x: 1, parts: [{ name: 'a', y: { z: 1 } }], nested: { w: 1 } });
  expect(object).toEqual({ parts: [{ name: 'a' }], nested: {} });
  expect(unknown).toEqual(['x', 'parts[0].y', 'nested.w']);
});

test.each([
  [{ count: 1.5 }, 'json: cannot unmarshal number 1.5 into Go struct field Thing.count of type int32'],
  [{ count: 2 ** 31 }, 'json: cannot unmarshal number 2147483648 into Go struct field Thing.count of type int32'],
  [{ on: 'yes' }, 'json: cannot unmarshal string into Go struct field Thing.on of type bool'],
  [{ parts: {} }, 'json: cannot unmarshal object into Go struct field Thing.parts of type []v1.Part'],
  [{ parts: [{ value: 1 }] }, 'json: cannot unmarshal number into Go struct field Part.parts.value of type string'],
  [{ nested: [] }, 'json: cannot unmarshal array into Go struct field Thing.nested of type v1.Thing'],
  [{ raw: { a: '!' } }, 'illegal base64 data at input byte 0'],
  [{ at: 'soon' }, 'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"'],
  [
    { micro: '2026-01-01T00:00:00Z' },
    'parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
  ],
])('%j is refused', (value, message) => {
  expect(() => decode(value as JsonObject)).toThrow(message);
});

test('a type is its own schema for apply and for strategic merge', () => {
  const flat = createTypeResolver({
    Part: 'name string; ports [Port]containerPort,protocol; tags [string]set; ref Ref~',
    Port: 'containerPort int32; protocol string',
    Ref: 'name string',
  })('Part');
  expect(typedSchema(flat).properties).toMatchObject({
    ports: {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      items: { properties: { protocol: { default: 'TCP' } } },
    },
    ref: { 'x-kubernetes-map-type': 'atomic' },
  });
  expect(patchSchemaOf(flat).lists).toEqual({
    ports: { mergeKey: 'containerPort', strategy: 'merge' },
    tags: { strategy: 'merge' },
  });
});
