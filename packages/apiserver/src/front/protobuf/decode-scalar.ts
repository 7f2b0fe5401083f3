import { canonicalQuantity, type Json, parseJson, parseQuantity, rfc3339 } from '@cartographer/machinery';

import type { ScalarType } from './messages.ts';
import { type FieldTag, ProtobufReader } from './reader.ts';

/** Decodes a JSON schema that stands inside a value. */
type DecodeSchema = (bytes: Uint8Array) => Json;

/**
 * Reads a value that is no message in JSON.
 * @throws RangeError, TypeError, SyntaxError for what is malformed
 */
export function decodeScalar(type: ScalarType, reader: ProtobufReader, tag: FieldTag, schema: DecodeSchema): Json {
  switch (type) {
    case 'string':
      return reader.text(tag);
    case 'int32':
      return reader.int32(tag);
    case 'int64':
      return reader.int64(tag);
    case 'bool':
      return reader.int64(tag) !== 0;
    case 'double':
      return finite(reader.double(tag));
    case 'bytes':
      return Buffer.from(reader.bytes(tag)).toString('base64');
    case 'time':
    case 'microtime':
      return decodeTime(reader.bytes(tag), type === 'microtime');
    case 'quantity':
      return decodeQuantity(reader.bytes(tag));
    case 'json':
      return parseJson(textsOf(reader.bytes(tag)).at(-1) || 'null');
    case 'strings':
      return textsOf(reader.bytes(tag));
    case 'intstr':
      return decodeIntOrString(reader.bytes(tag));
    case 'schemaOrBool':
    case 'schemaOrList':
    case 'schemaOrStrings':
      return decodeSchemaOr(type, reader.bytes(tag), schema);
  }
}

/** What JSON shows for a value that is not set. */
export function zeroOfScalar(type: ScalarType): Json {
  switch (type) {
    case 'string':
    case 'bytes':
      return '';
    case 'int32':
    case 'int64':
    case 'double':
    case 'intstr':
      return 0;
    case 'bool':
    case 'schemaOrBool':
      return false;
    case 'quantity':
      return '0';
    case 'strings':
      return [];
    case 'time':
    case 'microtime':
    case 'json':
    case 'schemaOrList':
    case 'schemaOrStrings':
      return null;
  }
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no number in JSON`);
  return value;
}

/** Seconds of the first moment of year 1, Go's zero time, and of year 10000, which RFC 3339 cannot say. */
const YEAR_1 = -62_135_596_800;
const YEAR_10000 = 253_402_300_800;

/** Go's zero time arrives as an empty message or as year 1: both mean "not set". */
function decodeTime(bytes: Uint8Array, micro: boolean): string | null {
  if (bytes.length === 0) return null;
  const reader = new ProtobufReader(bytes);
  let seconds = 0;
  let nanos = 0;
  for (const tag of reader.fields()) {
    if (tag.number === 1) seconds = Number(reader.int64(tag));
    else if (tag.number === 2) nanos = reader.int32(tag);
    else reader.skip(tag);
  }
  if (seconds === YEAR_1) return null;
  if (seconds < YEAR_1 || seconds >= YEAR_10000) throw new RangeError('a time is outside the years 1 to 9999');
  const text = rfc3339(seconds * 1000);
  if (!micro) return text;
  if (nanos < 0 || nanos >= 1e9) throw new RangeError('a time has more than a second of nanoseconds');
  const micros = Math.floor(nanos / 1000).toString();
  return `${text.slice(0, -1)}.${micros.padStart(6, '0')}Z`;
}

function decodeQuantity(bytes: Uint8Array): string {
  const text = textsOf(bytes).at(-1) ?? '0';
  if (parseQuantity(text) === undefined) throw new RangeError(`${JSON.stringify(text.slice(0, 64))} is no quantity`);
  return canonicalQuantity(text);
}

/** The texts in field 1 of a message that holds nothing else. */
function textsOf(bytes: Uint8Array): readonly string[] {
  const reader = new ProtobufReader(bytes);
  const texts: string[] = [];
  for (const tag of reader.fields()) {
    if (tag.number === 1) texts.push(reader.text(tag));
    else reader.skip(tag);
  }
  return texts;
}

function decodeIntOrString(bytes: Uint8Array): Json {
  const reader = new ProtobufReader(bytes);
  let type: number | bigint = 0;
  let number = 0;
  let text = '';
  for (const tag of reader.fields()) {
    if (tag.number === 1) type = reader.int64(tag);
    else if (tag.number === 2) number = reader.int32(tag);
    else if (tag.number === 3) text = reader.text(tag);
    else reader.skip(tag);
  }
  if (type !== 0 && type !== 1) throw new RangeError(`${type} is neither a number nor a text`);
  return type === 1 ? text : number;
}

/** A schema, or what may stand in its place: true or false, a list of schemas, a list of texts. */
function decodeSchemaOr(type: ScalarType, bytes: Uint8Array, decode: DecodeSchema): Json {
  const reader = new ProtobufReader(bytes);
  const schemaField = type === 'schemaOrBool' ? 2 : 1;
  let schema: Json | undefined;
  let allows = false;
  const many: Json[] = [];
  for (const tag of reader.fields()) {
    if (tag.number === schemaField) schema = decode(reader.bytes(tag));
    else if (tag.number > 2) reader.skip(tag);
    else if (type === 'schemaOrBool') allows = reader.int64(tag) !== 0;
    else many.push(type === 'schemaOrList' ? decode(reader.bytes(tag)) : reader.text(tag));
  }
  if (type === 'schemaOrBool') return schema ?? allows;
  return many.length > 0 ? many : (schema ?? null);
}
