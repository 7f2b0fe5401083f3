import type { Json, MutableJsonObject } from '../values/json.ts';
import { isList, isObject, setKey } from '../values/json.ts';

/** Keywords whose value is a map of schemas, a list of schemas, or a schema. */
const MAPS = new Set(['properties', 'patternProperties', 'definitions']);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf']);
const SCHEMAS = new Set(['items', 'not', 'additionalProperties', 'additionalItems']);

/**
 * A schema as a real server keeps it, which decodes it into Go's JSONSchemaProps: a keyword with null is as good as none,
 * and null in the place of a schema is one without keywords. Values that the schema quotes (`default`, `enum`, `example`)
 * stay as they are.
 */
export function withoutNullKeywords(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const kept: MutableJsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (value !== null && value !== undefined) setKey(kept, keyword, keywordValue(keyword, value));
  }
  return kept;
}

function keywordValue(keyword: string, value: Json): Json {
  if (SCHEMAS.has(keyword)) return withoutNullKeywords(value);
  if (LISTS.has(keyword) && isList(value)) return value.map(schemaOrEmpty);
  if (!MAPS.has(keyword) || !isObject(value)) return value;
  const schemas: MutableJsonObject = {};
  for (const [name, schema] of Object.entries(value)) setKey(schemas, name, schemaOrEmpty(schema ?? null));
  return schemas;
}

function schemaOrEmpty(schema: Json): Json {
  return schema === null ? {} : withoutNullKeywords(schema);
}
