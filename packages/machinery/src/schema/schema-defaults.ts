import type { Json, JsonObject, MutableJsonObject } from '../values/json.ts';
import { clone, isList, isObject, setKey, stringifyJson } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';

/** Defaults that would make more of a value than may be stored. */
export class DefaultsTooLargeError extends Error {
  override readonly name = 'DefaultsTooLargeError';
}

/** What defaults may still add. Lists of defaults within lists of defaults grow with the power of their depth. */
export type Room = {
  /**
   * @param size characters, roughly
   * @throws DefaultsTooLargeError
   */
  take(size: number): void;
};

/** Room for so many characters. */
export function roomFor(characters: number): Room {
  let left = characters;
  return {
    take(size) {
      left -= size;
      if (left < 0) throw new DefaultsTooLargeError(`defaults add more than ${characters} characters`);
    },
  };
}

/**
 * Fills in defaults; gives the same reference when nothing changes. `keepNulls` is the way of server-side apply.
 * @throws DefaultsTooLargeError when there is no room for them.
 */
export type Defaulter = (value: Json, keepNulls: boolean, room: Room) => Json;

const nothing: Defaulter = (value) => value;

type Field = {
  readonly name: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly default: Json;
  /** The size of the default, in characters of JSON. */
  readonly size: number;
  readonly inner: Defaulter;
};

/** What all defaults of a schema may come to, each with its own defaults filled in. */
const MAX_DEFAULTS = 16 * 1024 * 1024;

/**
 * Defaults of a schema. A null where the schema does not allow it counts as absent: it is replaced by the default, or
 * dropped if there is none. Nulls that no schema describes stay.
 * @throws DefaultsTooLargeError when the defaults grow too large by their own.
 */
export function compileDefaults(schema: StructuralSchema): Defaulter {
  return compilePlace(schema, roomFor(MAX_DEFAULTS));
}

function compilePlace(schema: StructuralSchema, room: Room): Defaulter {
  const object = compileFields(schema, room);
  const items = compileItems(schema, room);
  if (object === undefined) return items ?? nothing;
  if (items === undefined) return object;
  return (value, keepNulls, left) => (isList(value) ? items(value, keepNulls, left) : object(value, keepNulls, left));
}

function fieldOf(name: string, schema: StructuralSchema, room: Room): Field {
  const inner = compilePlace(schema, room);
  const { default: fallback } = schema;
  // Defaults are defaulted themselves, once: what they lack is filled in as if it had been sent.
  const hasDefault = fallback !== undefined && fallback !== null;
  const whole = hasDefault ? inner(fallback, false, room) : null;
  return {
    name,
    nullable: schema.nullable === true,
    hasDefault,
    default: whole,
    size: name.length + (hasDefault ? stringifyJson(whole).length : 0),
    inner,
  };
}

function compileFields(schema: StructuralSchema, room: Room): Defaulter | undefined {
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => fieldOf(name, property, room));
  const byName = new Map(fields.map((field) => [field.name, field]));
  const withDefault = fields.filter(({ hasDefault }) => hasDefault);
  const additional = schema.additionalProperties;
  const other = typeof additional === 'object' ? fieldOf('', additional, room) : undefined;
  if (fields.length === 0 && other === undefined) return undefined;
  return (value, keepNulls, left) => {
    if (!isObject(value)) return value;
    let result: MutableJsonObject | undefined;
    for (const key of Object.keys(value)) {
      const field = byName.get(key) ?? other;
      const before = value[key];
      if (field === undefined || before === undefined) continue;
      const after = defaulted(before, field, keepNulls, left);
      if (after === before) continue;
      result ??= { ...value };
      if (after === undefined) delete result[key];
      else setKey(result, key, after);
    }
    return addMissing(value, result, withDefault, left);
  };
}

/** Undefined where the value is dropped. */
function defaulted(value: Json, field: Field, keepNulls: boolean, room: Room): Json | undefined {
  if (value !== null || field.nullable) return field.inner === nothing ? value : field.inner(value, keepNulls, room);
  if (field.hasDefault) return defaultOf(field, room);
  return keepNulls ? value : undefined;
}

function defaultOf(field: Field, room: Room): Json {
  room.take(field.size);
  return clone(field.default);
}

function addMissing(
  value: JsonObject,
  changed: MutableJsonObject | undefined,
  fields: readonly Field[],
  room: Room,
): JsonObject {
  let result = changed;
  for (const field of fields) {
    const current = result ?? value;
    if (Object.hasOwn(current, field.name) && current[field.name] !== undefined) continue;
    result ??= { ...value };
    setKey(result, field.name, defaultOf(field, room));
  }
  return result ?? value;
}

function compileItems(schema: StructuralSchema, room: Room): Defaulter | undefined {
  if (schema.items === undefined) return undefined;
  const item = fieldOf('', schema.items, room);
  if (item.inner === nothing && !item.hasDefault) return undefined;
  return (value, keepNulls, left) => {
    if (!isList(value)) return value;
    let result: Json[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const before = value[i] as Json;
      const after =
        before === null ? (defaulted(before, item, true, left) ?? null) : item.inner(before, keepNulls, left);
      if (after !== before) (result ??= value.slice())[i] = after;
    }
    return result ?? value;
  };
}
