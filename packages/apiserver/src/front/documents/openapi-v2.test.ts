import { getPath, type JsonObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';

import { createTestCore } from '../../core/testing/core.ts';
import { ProtobufReader } from '../protobuf/reader.ts';
import { createOpenApi } from './openapi.ts';
import { encodeOpenApiV2, openApiV2 } from './openapi-v2.ts';

/** The values of a field of a message. */
function valuesOf(message: Uint8Array, number: number): readonly Uint8Array[] {
  const reader = new ProtobufReader(message);
  const values: Uint8Array[] = [];
  for (const tag of reader.fields()) {
    if (tag.number === number) values.push(reader.bytes(tag));
    else reader.skip(tag);
  }
  return values;
}
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('OpenAPI v2', () => {
  test('says of a schema what v2 has words for', () => {
    const schema: JsonObject = {
      type: 'object',
      required: ['a'],
      nullable: true,
      properties: {
        a: { allOf: [{ $ref: '#/components/schemas/Meta' }], description: 'one' },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { b: { type: 'string' } } },
        port: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
        map: { type: 'object', additionalProperties: { type: 'array', items: { type: 'integer', minimum: 1 } } },
      },
    };
    expect(getPath(openApiV2({ Kind: schema }), 'definitions', 'Kind')).toEqual({
      type: 'object',
      required: ['a'],
      properties: {
        a: { $ref: '#/definitions/Meta', description: 'one' },
        any: { 'x-kubernetes-preserve-unknown-fields': true },
        port: { 'x-kubernetes-int-or-string': true },
        map: { type: 'object', additionalProperties: { type: 'array', items: { type: 'integer' } } },
      },
    });
  });

  test('stands in protobuf by the numbers of its fields', () => {
    const kind = {
      description: 'd',
      type: 'object',
      required: ['a'],
      'x-one': ['k'],
      properties: { a: { $ref: 'r' } },
    };
    const document = encodeOpenApiV2({ definitions: { Kind: kind } });
    expect(text(valuesOf(document, 1)[0])).toBe('2.0');
    const [named = new Uint8Array(0)] = valuesOf(valuesOf(document, 9)[0] ?? new Uint8Array(0), 1);
    const [schema = new Uint8Array(0)] = valuesOf(named, 2);
    expect(text(valuesOf(named, 1)[0])).toBe('Kind');
    expect(text(valuesOf(schema, 4)[0])).toBe('d');
    expect(text(valuesOf(schema, 19)[0])).toBe('a');
    const [extension = new Uint8Array(0)] = valuesOf(schema, 31);
    expect([text(valuesOf(extension, 1)[0]), text(valuesOf(extension, 2)[0])]).toEqual(['x-one', '\u0012\u0005["k"]']);
  });

  test('tells how lists of built-in kinds are merged, or kubectl would replace them', async () => {
    const { core } = await createTestCore();
    const { body } = createOpenApi(core.registry).v2();
    const template = ['io.k8s.api.apps.v1.Deployment', 'properties', 'spec', 'properties', 'template', 'properties'];
    const containers = ['spec', 'properties', 'containers'];
    expect(getPath(body, 'definitions', ...template, ...containers)).toMatchObject({
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
  });
});
