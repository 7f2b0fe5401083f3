import type { GoStruct, GoType } from '@cartographer/api';
import { isLeftOut } from '@cartographer/api';
import type { Json, JsonObject, MutableJsonObject } from '@cartographer/machinery';
import { getKey, isList, isObject, OpaqueJson, parseQuantity, setKey, unsetList } from '@cartographer/machinery';

/** On an object of a view: what it was made from. A symbol, so that no path can reach it. */
const ORIGIN = Symbol('origin');

type Origin = { readonly type: GoType; readonly value: Json };

/** The JSON of a value found in a view; a value that is no part of a view is returned as it is. */
export function plainValue(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return value as Json;
  const origin = (value as { readonly [ORIGIN]?: Origin })[ORIGIN];
  return origin === undefined ? (value as Json) : goJsonOf(origin.type, origin.value);
}

/**
 * The value as paths see it: zero values filled in, structs without undeclared fields, opaque parts closed, quantities
 * and times as Go writes them. The JSON of each part is found by {@link plainValue}.
 */
export function typedView(type: GoType, value: Json | undefined): unknown {
  const set = value === null ? undefined : value;
  switch (type.go) {
    case 'scalar':
    case 'pointer':
    case 'plain':
    case 'time':
    case 'quantity':
      return goJsonOf(type, value);
    case 'json':
      return new OpaqueJson(value ?? null);
    case 'slice':
      return isList(set)
        ? remember(
            set.map((item) => typedView(type.of, item)),
            type,
            set,
          )
        : unsetList;
    case 'map':
      return isObject(set) ? mapView(type.of, set, type) : null;
    case 'struct':
      if (set === undefined && type.pointer) return null;
      return isObject(set) || set === undefined ? structView(type, set ?? {}) : set;
  }
}

type MutableView = Record<string, unknown>;

function mapView(of: GoType, value: JsonObject, type: GoType): unknown {
  const view: MutableView = {};
  for (const key of Object.keys(value))
    setKey(view as MutableJsonObject, key, typedView(of, getKey(value, key)) as Json);
  return remember(view, type, value);
}

function structView(type: GoStruct & GoType, value: JsonObject): unknown {
  const view: MutableView = {};
  for (const key of Object.keys(type.fields)) {
    const field = type.fields[key] as GoType;
    if (field.go === 'struct' && !field.pointer) defineLater(view, key, () => typedView(field, getKey(value, key)));
    else view[key] = typedView(field, getKey(value, key));
  }
  if (type.embedded.length > 0) {
    const embedded = Object.fromEntries(type.embedded.map((key) => [key, view[key]]));
    Object.defineProperty(view, '', { value: embedded, enumerable: false });
  }
  return remember(view, type, value);
}

/** Parts that few templates look at, an owner's status above all, are made when they are first looked at. */
function defineLater(view: MutableView, key: string, make: () => unknown): void {
  let made: { readonly value: unknown } | undefined;
  const get = (): unknown => (made ??= { value: make() }).value;
  Object.defineProperty(view, key, { get, enumerable: true });
}

function remember<T extends object>(view: T, type: GoType, value: Json): T {
  (view as { [ORIGIN]?: Origin })[ORIGIN] = { type, value };
  return view;
}

/**
 * What Go's `encoding/json` writes for a value that was read into a type: of a struct the declared fields alone, without
 * those that `omitempty` leaves out. A value that Go could not read into the type stays as it is.
 */
export function goJsonOf(type: GoType, value: Json | undefined): Json {
  const set = value ?? undefined;
  switch (type.go) {
    case 'scalar':
      return set ?? type.zero;
    case 'pointer':
    case 'plain':
    case 'json':
      return set ?? null;
    case 'time':
      return typeof set === 'string' ? timeText(set) : (set ?? null);
    case 'quantity':
      return set === undefined ? '0' : quantityText(set);
    case 'slice':
      return isList(set) ? set.map((item) => goJsonOf(type.of, item)) : (set ?? null);
    case 'map':
      return isObject(set) ? mapJson(type.of, set) : (set ?? null);
    case 'struct':
      if (set === undefined && type.pointer) return null;
      return isObject(set) || set === undefined ? structJson(type, set ?? {}) : set;
  }
}

function mapJson(of: GoType, value: JsonObject): Json {
  const json: MutableJsonObject = {};
  for (const key of Object.keys(value)) setKey(json, key, goJsonOf(of, getKey(value, key)));
  return json;
}

function structJson({ fields }: GoStruct, value: JsonObject): Json {
  const json: MutableJsonObject = {};
  for (const key of Object.keys(fields)) {
    const field = fields[key] as GoType;
    const written = goJsonOf(field, getKey(value, key));
    if (field.omitempty !== true || !isLeftOut(field, written)) json[key] = written;
  }
  return json;
}

/** A quantity reads a number too, and spaces around a text. */
function quantityText(value: Json): Json {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return value;
  return parseQuantity(String(value).trim())?.text ?? value;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** `metav1.Time` is written in UTC and without fractions of seconds. */
function timeText(text: string): string {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? text : `${new Date(ms).toISOString().slice(0, -5)}Z`;
}
