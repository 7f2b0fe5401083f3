import {
  isObject,
  type Json,
  type JsonObject,
  type MutableJsonObject,
  parseJson,
  rfc3339,
  setKey,
} from '@cartographer/machinery';

import { type FieldRule, messageFields, protobufKinds } from './protobuf-messages.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/** The content type of Kubernetes' binary encoding. */
export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const MAX_DEPTH = 32;

/** A body that is not Kubernetes protobuf, or holds something this server cannot read without loss. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

/**
 * Decodes a request body in Kubernetes' protobuf envelope (magic, `runtime.Unknown`) into the JSON form.
 * A field that the tables do not know is an error unless it is empty: dropping it would be a silent loss.
 * @throws ProtobufError
 */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (MAGIC.some((byte, index) => bytes[index] !== byte))
    throw new ProtobufError('the body has no k8s protobuf prefix');
  try {
    return decodeEnvelope(bytes.subarray(MAGIC.length));
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) {
      throw new ProtobufError(`the protobuf body is malformed: ${error.message}`);
    }
    throw error;
  }
}

function decodeEnvelope(bytes: Uint8Array): JsonObject {
  const envelope = new ProtobufReader(bytes);
  let type: TypeMeta = { apiVersion: '', kind: '' };
  let raw = new Uint8Array(0);
  for (let field = envelope.next(); field !== undefined; field = envelope.next()) {
    if (field.number === 1) type = decodeType(envelope.bytes(field), type);
    else if (field.number === 2) raw = envelope.bytes(field);
    else envelope.skip(field);
  }
  const { kind } = type;
  if (!protobufKinds.has(kind)) {
    throw new ProtobufError(
      `this server does not read ${kind === '' ? 'untyped objects' : kind} as protobuf; send JSON`,
    );
  }
  return { ...type, ...decodeMessage(kind, raw, 0) };
}

type TypeMeta = { readonly apiVersion: string; readonly kind: string };

/** A message that stands twice is merged, as protobuf has it. */
function decodeType(bytes: Uint8Array, before: TypeMeta): TypeMeta {
  let { apiVersion, kind } = before;
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) apiVersion = reader.text(field);
    else if (field.number === 2) kind = reader.text(field);
    else reader.skip(field);
  }
  return { apiVersion, kind };
}

function decodeMessage(message: string, bytes: Uint8Array, depth: number): MutableJsonObject {
  if (depth > MAX_DEPTH) throw new ProtobufError('the protobuf body is nested too deeply');
  const rules = messageFields(message);
  if (rules === undefined) throw new ProtobufError(`unknown protobuf message ${message}`);
  const result: MutableJsonObject = {};
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    const rule = rules.get(field.number);
    if (rule === undefined) {
      if (!reader.isEmpty(field)) {
        throw new ProtobufError(
          `field ${field.number} of ${message} is not read as protobuf by this server; send JSON`,
        );
      }
    } else if (rule.type === 'Ignored') reader.skip(field);
    else store(result, rule, reader, field, depth);
  }
  return result;
}

function store(
  result: MutableJsonObject,
  rule: FieldRule,
  reader: ProtobufReader,
  field: { readonly number: number; readonly wire: number },
  depth: number,
): void {
  if (rule.map) {
    const map = result[rule.name];
    const entries: MutableJsonObject = isObject(map) ? map : {};
    const [key, value] = decodeEntry(rule, reader.bytes(field), depth);
    setKey(entries, key, value);
    result[rule.name] = entries;
    return;
  }
  const value = decodeValue(rule.type, reader, field, depth);
  if (rule.repeated) {
    const list = (result[rule.name] ?? []) as Json[];
    list.push(value ?? null);
    result[rule.name] = list;
  } else if (value !== undefined && (rule.keepZero || (value !== 0 && value !== '' && value !== false))) {
    result[rule.name] = value;
  }
}

function decodeEntry(rule: FieldRule, bytes: Uint8Array, depth: number): [string, Json] {
  const reader = new ProtobufReader(bytes);
  let key = '';
  let value: Json | undefined;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) key = reader.text(field);
    else if (field.number === 2) value = decodeValue(rule.type, reader, field, depth);
    else reader.skip(field);
  }
  if (rule.type === 'ExtraValue') return [key, (isObject(value) ? value['items'] : undefined) ?? []];
  return [key, value ?? ''];
}

function decodeValue(
  type: string,
  reader: ProtobufReader,
  field: { readonly number: number; readonly wire: number },
  depth: number,
): Json | undefined {
  switch (type) {
    case 'string':
      return reader.text(field);
    case 'int':
      return reader.integer(field);
    case 'bool':
      return reader.integer(field) !== 0;
    case 'bytes':
      return Buffer.from(reader.bytes(field)).toString('base64');
    case 'time':
    case 'microtime':
      return decodeTime(reader.bytes(field), type === 'microtime');
    case 'quantity':
      return firstText(reader.bytes(field));
    case 'json':
      return parseJson(firstText(reader.bytes(field)) || 'null');
    case 'intOrString':
      return decodeIntOrString(reader.bytes(field));
    default:
      return decodeMessage(type, reader.bytes(field), depth + 1);
  }
}

/** Go's zero time arrives as an empty message or as year 1: both mean "not set". */
function decodeTime(bytes: Uint8Array, micro: boolean): string | undefined {
  const reader = new ProtobufReader(bytes);
  let seconds: number | undefined;
  let nanos = 0;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    const value = Number(reader.integer(field));
    if (field.number === 1) seconds = value;
    else if (field.number === 2) nanos = value;
  }
  if (seconds === undefined || seconds <= -62_135_596_800) return undefined;
  const text = rfc3339(seconds * 1000);
  return micro
    ? `${text.slice(0, -1)}.${Math.floor(nanos / 1000)
        .toString()
        .padStart(6, '0')}Z`
    : text;
}

/** Quantity and FieldsV1 are messages with one field that holds the text. */
function firstText(bytes: Uint8Array): string {
  const reader = new ProtobufReader(bytes);
  let text = '';
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) text = reader.text(field);
    else reader.skip(field);
  }
  return text;
}

function decodeIntOrString(bytes: Uint8Array): Json {
  const reader = new ProtobufReader(bytes);
  let isText = false;
  let number: Json = 0;
  let text = '';
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 1) isText = reader.integer(field) === 1;
    else if (field.number === 2) number = reader.integer(field);
    else if (field.number === 3) text = reader.text(field);
    else reader.skip(field);
  }
  return isText ? text : number;
}
