import type { Json } from '../values/json.ts';
import { getKey, isList, isObject } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import type { CelCompiler } from './cel.ts';

/** Makes a CEL value of a JSON value: integers are `bigint`, objects are maps of what the schema names. */
export type ToCel = (value: Json) => unknown;

/** Compiles the conversion that a schema implies. Fields that it does not name are invisible to rules. */
export function compileToCel(schema: StructuralSchema, cel: CelCompiler, isRoot = false): ToCel {
  switch (schema.type) {
    case 'integer':
      return (value) => (typeof value === 'number' ? BigInt(Math.trunc(value)) : value);
    case 'number':
      return (value) => (typeof value === 'bigint' ? Number(value) : value);
    case 'string':
      return stringToCel(schema.format, cel);
    case 'boolean':
      return (value) => value;
    case 'array':
      return listToCel(schema, cel);
    case 'object':
      return objectToCel(schema, cel, isRoot);
    case undefined:
      break;
  }
  return dynamicToCel;
}

const STRING_FORMATS: ReadonlyMap<string | undefined, (text: string, cel: CelCompiler) => unknown> = new Map([
  ['date-time', (text, cel) => cel.parse('timestamp', text) ?? text],
  ['date', (text, cel) => cel.parse('timestamp', `${text}T00:00:00Z`) ?? text],
  ['duration', (text, cel) => cel.parse('duration', text) ?? text],
  ['byte', (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))],
] satisfies [string, (text: string, cel: CelCompiler) => unknown][]);

function stringToCel(format: string | undefined, cel: CelCompiler): ToCel {
  const convert = STRING_FORMATS.get(format);
  return convert === undefined
    ? (value) => value
    : (value) => (typeof value === 'string' ? convert(value, cel) : value);
}

function listToCel(schema: StructuralSchema, cel: CelCompiler): ToCel {
  const item = schema.items === undefined ? dynamicToCel : compileToCel(schema.items, cel);
  return (value) => (isList(value) ? value.map(item) : value);
}

const IMPLIED: Readonly<Record<string, StructuralSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
};

/** The schema of a resource with what rules see of every resource, whatever it specifies. */
export function withResourceFields(schema: StructuralSchema): StructuralSchema {
  return { ...schema, properties: { ...schema.properties, ...IMPLIED } };
}

function objectToCel(schema: StructuralSchema, cel: CelCompiler, isRoot: boolean): ToCel {
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const { properties = {} } = isResource ? withResourceFields(schema) : schema;
  const additional = schema.additionalProperties;
  if (additional !== undefined && additional !== false) {
    return mapToCel(additional === true ? dynamicToCel : compileToCel(additional, cel));
  }
  const fields = Object.entries(properties).map(([name, property]) => ({
    name,
    key: escapeFieldName(name),
    toCel: compileToCel(property, cel),
  }));
  if (fields.length === 0 && schema['x-kubernetes-preserve-unknown-fields'] === true) return dynamicToCel;
  return (value) => {
    if (!isObject(value)) return value;
    const map = new Map<string, unknown>();
    for (const { name, key, toCel } of fields) {
      const item = getKey(value, name);
      if (item !== undefined) map.set(key, toCel(item));
    }
    return map;
  };
}

function mapToCel(toCel: ToCel): ToCel {
  return (value) => {
    if (!isObject(value)) return value;
    const map = new Map<string, unknown>();
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item !== undefined) map.set(key, toCel(item));
    }
    return map;
  };
}

/** A value without a schema, or one that may be an integer or a string. */
export const dynamicToCel: ToCel = (value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (isList(value)) return value.map(dynamicToCel);
  return isObject(value) ? mapToCel(dynamicToCel)(value) : value;
};

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Field names as rules must spell them: `a-b` is `a__dash__b`, `namespace` is `__namespace__`. */
export function escapeFieldName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
