import { isList, isObject, type Json, type JsonObject, type MutableJsonObject, setKey } from '@cartographer/machinery';

import { ProtobufWriter } from '../protobuf/writer.ts';

/** Media type of the document in protobuf (a request writes `@v1.0` where the answer has `.v1.0`). */
export const OPENAPI_V2_MEDIA_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const V3_REFERENCE = '#/components/schemas/';
const V2_REFERENCE = '#/definitions/';

/** What a schema of OpenAPI v2 may say; the rest of a v3 schema is left out, as a real server leaves it out. */
const KEPT = ['description', 'format', 'title', 'type', 'required', 'default'];

/**
 * The OpenAPI v2 document for the schemas of v3 documents. It has definitions and no paths: kubectl reads merge keys and
 * explanations from it, and up to 1.28 does nothing without one.
 */
export function openApiV2(schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const names = Object.keys(schemas).toSorted();
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: {},
    definitions: Object.fromEntries(names.map((name) => [name, v2Schema(schemas[name] ?? {})])),
  };
}

/** Where a schema allows more than one type, v2 has no word for it and says nothing of the type. */
function v2Schema(schema: JsonObject): JsonObject {
  const result: MutableJsonObject = {};
  const loose =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true;
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith('x-')) result[key] = value;
    else if (loose && key !== 'description') continue;
    else if (KEPT.includes(key)) result[key] = value;
    else if (key === '$ref' && typeof value === 'string') result[key] = value.replace(V3_REFERENCE, V2_REFERENCE);
    else if (key === 'allOf' && isList(value) && isObject(value[0])) Object.assign(result, v2Schema(value[0]));
    else if ((key === 'items' || key === 'additionalProperties') && isObject(value)) result[key] = v2Schema(value);
    else if (key === 'properties' && isObject(value)) result[key] = v2Properties(value);
  }
  return result;
}

function v2Properties(properties: JsonObject): JsonObject {
  const result: MutableJsonObject = {};
  for (const [name, schema] of Object.entries(properties)) {
    if (isObject(schema)) setKey(result, name, v2Schema(schema));
  }
  return result;
}

/** The document as protobuf; the numbers are those of gnostic's `openapi.v2.Document`. */
export function encodeOpenApiV2(document: JsonObject): Uint8Array<ArrayBuffer> {
  const { definitions } = document;
  return new ProtobufWriter()
    .text(1, '2.0')
    .bytes(2, new ProtobufWriter().text(1, 'Kubernetes').text(2, 'unversioned').finish())
    .bytes(8, new Uint8Array(0))
    .bytes(9, encodeNamed(isObject(definitions) ? definitions : {}))
    .finish();
}

/** `Definitions` and `Properties`: names with schemas. */
function encodeNamed(schemas: JsonObject): Uint8Array {
  const writer = new ProtobufWriter();
  for (const [name, schema] of Object.entries(schemas)) {
    if (isObject(schema)) writer.bytes(1, new ProtobufWriter().text(1, name).bytes(2, encodeSchema(schema)).finish());
  }
  return writer.finish();
}

const TEXTS = { $ref: 1, format: 2, title: 3, description: 4 } as const;

function encodeSchema(schema: JsonObject): Uint8Array {
  const writer = new ProtobufWriter();
  for (const [key, field] of Object.entries(TEXTS)) {
    const value = schema[key];
    if (typeof value === 'string') writer.text(field, value);
  }
  const { type, required, items, additionalProperties: additional, properties } = schema;
  if (schema['default'] !== undefined) writer.bytes(5, encodeAny(schema['default']));
  for (const name of isList(required) ? required : []) if (typeof name === 'string') writer.text(19, name);
  if (isObject(additional)) writer.bytes(21, new ProtobufWriter().bytes(1, encodeSchema(additional)).finish());
  if (typeof type === 'string') writer.bytes(22, new ProtobufWriter().text(1, type).finish());
  if (isObject(items)) writer.bytes(23, new ProtobufWriter().bytes(1, encodeSchema(items)).finish());
  if (isObject(properties)) writer.bytes(25, encodeNamed(properties));
  for (const [key, value] of Object.entries(schema)) {
    if (!key.startsWith('x-') || value === undefined) continue;
    writer.bytes(31, new ProtobufWriter().text(1, key).bytes(2, encodeAny(value)).finish());
  }
  return writer.finish();
}

/** Any value is text in YAML, of which JSON is a part. */
function encodeAny(value: Json): Uint8Array {
  return new ProtobufWriter().text(2, JSON.stringify(value)).finish();
}
