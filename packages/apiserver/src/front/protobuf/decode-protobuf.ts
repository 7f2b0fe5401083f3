import { isList, isObject, type Json, type JsonObject, type MutableJsonObject, setKey } from '@cartographer/machinery';

import { decodeScalar, zeroOfScalar } from './decode-scalar.ts';
import { type Field, type Message, messageOfKind, requireMessage } from './messages.ts';
import { type FieldTag, ProtobufReader } from './reader.ts';

/** The content type of Kubernetes' binary encoding. */
export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

/** What stands before every body. */
const MAGIC: readonly number[] = [0x6b, 0x38, 0x73, 0x00];

/** How deep messages may stand in one another: a schema within schemas is the only case without an end of its own. */
const MAX_DEPTH = 200;

/** How many values a body may hold. JSON of three megabytes has no more; protobuf of three would have many times that. */
const MAX_VALUES = 1_000_000;

/** A body that is not Kubernetes protobuf, or is malformed. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

/** A body of a kind that is not read as protobuf. */
export class UnknownKindError extends ProtobufError {}

/** The kind of an object, as its envelope names it. */
export type TypeMeta = { readonly apiVersion: string; readonly kind: string };

/**
 * Decodes a request body in Kubernetes' protobuf envelope (magic, `runtime.Unknown`) into the JSON that Go prints for the
 * same object: what JSON shows though it is not set (`status: {}`) is there, fields of a newer Kubernetes are skipped.
 * `expected` is the kind of a body that does not name its own.
 * @throws UnknownKindError, ProtobufError
 */
export function decodeProtobuf(bytes: Uint8Array, expected: TypeMeta = { apiVersion: '', kind: '' }): JsonObject {
  if (MAGIC.some((byte, index) => bytes[index] !== byte))
    throw new ProtobufError('the body has no k8s protobuf prefix');
  try {
    return decodeEnvelope(bytes.subarray(MAGIC.length), expected);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) {
      throw new ProtobufError(`the protobuf body is malformed: ${error.message}`);
    }
    throw error;
  }
}

function decodeEnvelope(bytes: Uint8Array, expected: TypeMeta): JsonObject {
  const envelope = new ProtobufReader(bytes);
  let named: TypeMeta = { apiVersion: '', kind: '' };
  let raw = new Uint8Array(0);
  for (const field of envelope.fields()) {
    if (field.number === 1) named = decodeType(envelope.bytes(field), named);
    else if (field.number === 2) raw = envelope.bytes(field);
    else envelope.skip(field);
  }
  const type = { apiVersion: named.apiVersion || expected.apiVersion, kind: named.kind || expected.kind };
  const message = messageOfKind(type.apiVersion, type.kind);
  if (message === undefined) {
    const what = type.kind === '' ? 'untyped objects' : `${type.apiVersion} ${type.kind}`;
    throw new UnknownKindError(`this server does not read ${what} as protobuf: send application/json`);
  }
  return { ...type, ...new Decoder().message(message, raw, 0) };
}

/** A message that stands twice is merged, as protobuf has it. */
function decodeType(bytes: Uint8Array, before: TypeMeta): TypeMeta {
  let { apiVersion, kind } = before;
  const reader = new ProtobufReader(bytes);
  for (const field of reader.fields()) {
    if (field.number === 1) apiVersion = reader.text(field);
    else if (field.number === 2) kind = reader.text(field);
    else reader.skip(field);
  }
  return { apiVersion, kind };
}

/** Decodes the messages of one body and counts their values. */
class Decoder {
  #values = 0;

  /** `into` is what an earlier part of the same message gave: a message that stands twice is merged. */
  message(message: Message, bytes: Uint8Array, depth: number, into: MutableJsonObject = {}): MutableJsonObject {
    if (depth > MAX_DEPTH) throw new ProtobufError('the protobuf body is nested too deeply');
    this.#count();
    const reader = new ProtobufReader(bytes);
    for (const tag of reader.fields()) {
      const field = message.fields.get(tag.number);
      if (field === undefined) reader.skip(tag);
      else this.#store(into, field, reader, tag, depth);
    }
    this.#fill(message, into, depth);
    return into;
  }

  #store(into: MutableJsonObject, field: Field, reader: ProtobufReader, tag: FieldTag, depth: number): void {
    if (field.type !== 'message') this.#count();
    if (field.name === '') {
      this.message(requireMessage(field.message), reader.bytes(tag), depth + 1, into);
    } else if (field.many === 'map') {
      this.#storeEntry(into, field, reader.bytes(tag), depth);
    } else if (field.many === 'list') {
      const list = isList(into[field.name]) ? (into[field.name] as Json[]) : [];
      this.#append(list, field, reader, tag, depth);
      into[field.name] = list;
    } else {
      const earlier = into[field.name];
      const value = this.#value(field, reader, tag, depth, isObject(earlier) ? earlier : undefined);
      if (field.pointer || field.shown || !isZero(value)) into[field.name] = value;
      else delete into[field.name];
    }
  }

  /** Numbers may come one by one or packed together. */
  #append(list: Json[], field: Field, reader: ProtobufReader, tag: FieldTag, depth: number): void {
    const isNumber = field.type === 'int32' || field.type === 'int64';
    if (!isNumber || tag.wire !== 2) {
      list.push(this.#value(field, reader, tag, depth));
      return;
    }
    const packed = new ProtobufReader(reader.bytes(tag));
    while (!packed.atEnd) {
      this.#count();
      list.push(this.#value(field, packed, { number: tag.number, wire: 0 }, depth));
    }
  }

  #storeEntry(into: MutableJsonObject, field: Field, bytes: Uint8Array, depth: number): void {
    const reader = new ProtobufReader(bytes);
    let key = '';
    let value: Json | undefined;
    for (const tag of reader.fields()) {
      if (tag.number === 1) key = reader.text(tag);
      else if (tag.number === 2) value = this.#value(field, reader, tag, depth);
      else reader.skip(tag);
    }
    const earlier = into[field.name];
    const entries: MutableJsonObject = isObject(earlier) ? earlier : {};
    setKey(entries, key, value ?? this.#zero(field, depth, 'value'));
    into[field.name] = entries;
  }

  #value(field: Field, reader: ProtobufReader, tag: FieldTag, depth: number, earlier?: MutableJsonObject): Json {
    if (field.type === 'message') {
      return this.message(requireMessage(field.message), reader.bytes(tag), depth + 1, earlier);
    }
    return decodeScalar(field.type, reader, tag, (schema) =>
      this.message(requireMessage('apiextensions/v1.JSONSchemaProps'), schema, depth + 1),
    );
  }

  /** Adds what JSON shows though it is not set. */
  #fill(message: Message, into: MutableJsonObject, depth: number): void {
    for (const field of message.filled) {
      if (field.name === '') this.#fill(requireMessage(field.message), into, depth);
      else if (!Object.hasOwn(into, field.name)) into[field.name] = this.#zero(field, depth, 'field');
    }
  }

  #zero(field: Field, depth: number, of: 'field' | 'value'): Json {
    this.#count();
    if (of === 'field' && (field.pointer || field.many !== 'one' || field.type === 'bytes')) return null;
    if (field.type !== 'message') return zeroOfScalar(field.type);
    return this.message(requireMessage(field.message), new Uint8Array(0), depth + 1);
  }

  #count(): void {
    this.#values += 1;
    if (this.#values > MAX_VALUES) {
      throw new ProtobufError(`the protobuf body holds more than ${MAX_VALUES} values`);
    }
  }
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false || value === null;
}
