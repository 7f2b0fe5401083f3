import type { Json, JsonObject, MutableJsonObject } from './json.ts';
import { clone, isList, isObject, setKey } from './json.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** Fills in defaults; gives the same reference when nothing changes. `keepNulls` is the way of server-side apply. */
export type Defaulter = (value: Json, keepNulls: boolean) => Json;

const nothing: Defaulter = (value) => value;

type Field = {
  readonly name: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly default: Json;
  readonly inner: Defaulter;
};

/**
 * Defaults of a schema. A null where the schema does not allow it counts as absent: it is replaced by the default, or
 * dropped if there is none. Nulls that no schema describes stay.
 */
export function compileDefaults(schema: StructuralSchema): Defaulter {
  const object = compileFields(schema);
  const items = compileItems(schema);
  if (object === undefined) return items ?? nothing;
  if (items === undefined) return object;
  return (value, keepNulls) => (isList(value) ? items(value, keepNulls) : object(value, keepNulls));
}

function fieldOf(name: string, schema: StructuralSchema): Field {
  const inner = compileDefaults(schema);
  const { default: fallback } = schema;
  // Defaults are defaulted themselves, once: what they lack is filled in as if it had been sent.
  const hasDefault = fallback !== undefined && fallback !== null;
  return {
    name,
    nullable: schema.nullable === true,
    hasDefault,
    default: hasDefault ? inner(fallback, false) : null,
    inner,
  };
}

function compileFields(schema: StructuralSchema): Defaulter | undefined {
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => fieldOf(name, property));
  const byName = new Map(fields.map((field) => [field.name, field]));
  const withDefault = fields.filter(({ hasDefault }) => hasDefault);
  const additional = schema.additionalProperties;
  const other = typeof additional === 'object' ? fieldOf('', additional) : undefined;
  if (fields.length === 0 && other === undefined) return undefined;
  return (value, keepNulls) => {
    if (!isObject(value)) return value;
    let result: MutableJsonObject | undefined;
    for (const key of Object.keys(value)) {
      const field = byName.get(key) ?? other;
      const before = value[key];
      if (field === undefined || before === undefined) continue;
      const after = defaulted(before, field, keepNulls);
      if (after === before) continue;
      result ??= { ...value };
      if (after === undefined) delete result[key];
      else setKey(result, key, after);
    }
    return addMissing(value, result, withDefault);
  };
}

/** Undefined where the value is dropped. */
function defaulted(value: Json, field: Field, keepNulls: boolean): Json | undefined {
  if (value !== null || field.nullable) return field.inner === nothing ? value : field.inner(value, keepNulls);
  if (field.hasDefault) return clone(field.default);
  return keepNulls ? value : undefined;
}

function addMissing(value: JsonObject, changed: MutableJsonObject | undefined, fields: readonly Field[]): JsonObject {
  let result = changed;
  for (const field of fields) {
    const current = result ?? value;
    if (Object.hasOwn(current, field.name) && current[field.name] !== undefined) continue;
    result ??= { ...value };
    setKey(result, field.name, clone(field.default));
  }
  return result ?? value;
}

function compileItems(schema: StructuralSchema): Defaulter | undefined {
  if (schema.items === undefined) return undefined;
  const item = fieldOf('', schema.items);
  if (item.inner === nothing && !item.hasDefault) return undefined;
  return (value, keepNulls) => {
    if (!isList(value)) return value;
    let result: Json[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const before = value[i] as Json;
      const after = before === null ? (defaulted(before, item, true) ?? null) : item.inner(before, keepNulls);
      if (after !== before) (result ??= value.slice())[i] = after;
    }
    return result ?? value;
  };
}
