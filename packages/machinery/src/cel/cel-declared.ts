import type { StructuralSchema } from '../values/structural-schema.ts';
import { escapeFieldName, withResourceFields } from './cel-values.ts';

/** The type of an expression, as far as its cost depends on it. */
export type CelKind =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'int'
  | 'list'
  | 'map'
  | 'object'
  | 'string'
  | 'timestamp'
  | 'type';

/**
 * A type, and for places of a schema how large a value there may become: that is what a rule may cost at worst. The
 * sizes are those that Kubernetes derives from a schema.
 */
export type CelDeclared = {
  readonly kind: CelKind;
  /** Characters, bytes, items or keys at most; 0 where there is nothing to count. */
  readonly maxElements: number;
  /** Bytes of JSON at least: how often the type fits into a request. */
  readonly minBytes: number;
  /** The type of items and of map values. */
  readonly items?: CelDeclared;
  /** The fields of an object, as rules spell them. */
  readonly fields?: ReadonlyMap<string, CelDeclared>;
};

/** What a request may hold: a value without a limit of its own can be as large. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;

const simple = (kind: CelKind, maxElements: number, minBytes: number): CelDeclared => ({ kind, maxElements, minBytes });

const INTEGER = simple('int', 0, 1);
const NUMBER = simple('double', 0, 1);
const BOOLEAN = simple('bool', 0, 4);
const TIME_CHARACTERS = 32;
const DATE_CHARACTERS = 12;
/** Map keys are texts whose length no schema limits; Kubernetes counts them as nothing. */
export const MAP_KEY = simple('string', 0, 2);

/** The type that rules see at a place of a schema; undefined for what they do not see. */
export function declaredType(schema: StructuralSchema, isRoot: boolean): CelDeclared | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    const length = schema.maxLength === undefined ? MAX_REQUEST_BYTES - 2 : sizeLimit(schema.maxLength) * 4;
    return simple('dyn', length, 1);
  }
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  switch (isResource ? 'object' : schema.type) {
    case 'array':
      return listType(schema);
    case 'object':
      return objectType(isResource ? withResourceFields(schema) : schema);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return BOOLEAN;
    case 'number':
      return NUMBER;
    case 'integer':
      return INTEGER;
    case undefined:
      return undefined;
  }
}

/** A limit as a schema has it: JSON's large integers are `bigint`. */
export function sizeLimit(value: number | bigint): number {
  return Math.max(0, Number(value));
}

function listType({ items: itemSchema, maxItems }: StructuralSchema): CelDeclared | undefined {
  const items = itemSchema === undefined ? undefined : declaredType(itemSchema, false);
  if (items === undefined) return undefined;
  const fitting = Math.floor((MAX_REQUEST_BYTES - 2) / (items.minBytes + 1));
  return { kind: 'list', maxElements: maxItems === undefined ? fitting : sizeLimit(maxItems), minBytes: 2, items };
}

function objectType(schema: StructuralSchema): CelDeclared | undefined {
  const { additionalProperties: additional, maxProperties, required = [] } = schema;
  if (typeof additional === 'object') {
    const items = declaredType(additional, false);
    if (items === undefined) return undefined;
    // Two quotes, a colon, a comma and at least two bytes of key.
    const fitting = Math.floor((MAX_REQUEST_BYTES - 2) / (items.minBytes + 6));
    return {
      kind: 'map',
      maxElements: maxProperties === undefined ? fitting : sizeLimit(maxProperties),
      minBytes: 2,
      items,
    };
  }
  const fields = new Map<string, CelDeclared>();
  let minBytes = 2;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const type = declaredType(property, false);
    if (type === undefined) continue;
    fields.set(escapeFieldName(name), type);
    const isSent = required.includes(name) && property.default === undefined;
    if (isSent) minBytes += Buffer.byteLength(name) + type.minBytes + 4;
  }
  return { kind: 'object', maxElements: 0, minBytes, fields };
}

function stringType({ format, maxLength, enum: values = [] }: StructuralSchema): CelDeclared {
  switch (format) {
    case 'byte':
      return simple('bytes', maxLength === undefined ? MAX_REQUEST_BYTES - 2 : sizeLimit(maxLength), 2);
    case 'duration':
      return simple('duration', TIME_CHARACTERS, 3);
    case 'date':
      return simple('timestamp', DATE_CHARACTERS, DATE_CHARACTERS);
    case 'date-time':
      return simple('timestamp', TIME_CHARACTERS, 21);
    case undefined:
    default:
      break;
  }
  // A character may take four bytes.
  if (maxLength !== undefined) return simple('string', sizeLimit(maxLength) * 4, 2);
  const longest = Math.max(0, ...values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)));
  return simple('string', values.length > 0 ? longest : MAX_REQUEST_BYTES - 2, 2);
}

/** How often a value of this type can be in one request, when no list or map around it has a limit. */
export function maxCardinality({ minBytes }: CelDeclared): number {
  return Math.floor(MAX_REQUEST_BYTES / (minBytes + 1));
}
