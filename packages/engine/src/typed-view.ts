import { getKey, isList, isObject, OpaqueJson, setKey, unsetList } from '@cartographer/machinery';
import type { Json, JsonObject, MutableJsonObject } from '@cartographer/machinery';

/**
 * The Go type behind a field, as far as it shows: upstream evaluates paths on Go structs, where a declared but unset
 * field has its zero value, and a field that is not declared does not exist.
 */
export type Shape =
  /** A scalar with its zero value: `""`, 0, or null for a pointer. */
  | { readonly shape: 'scalar'; readonly zero: Json }
  /** Plain JSON: whatever is there. Unset is null. */
  | { readonly shape: 'plain' }
  /** Go's `apiextensions/v1.JSON`: nothing can be reached inside. */
  | { readonly shape: 'opaque' }
  | { readonly shape: 'list'; readonly of: Shape }
  | { readonly shape: 'map'; readonly of: Shape }
  | {
      readonly shape: 'struct';
      readonly fields: Readonly<Record<string, Shape>>;
      /** Unset is null instead of an empty struct. */
      readonly pointer: boolean;
      /** Fields that JSON shows even when they are empty, because Go leaves out no structs. */
      readonly shown: JsonObject;
      /** Fields of an embedded struct; an empty field name leads to it: `$(workload.)$`. */
      readonly embedded: readonly string[];
    };

/** Go's `string`. */
export const text: Shape = { shape: 'scalar', zero: '' };
/** Go's `int64`. */
export const integer: Shape = { shape: 'scalar', zero: 0 };
/** A pointer to a scalar. */
export const pointer: Shape = { shape: 'scalar', zero: null };
/** Plain JSON. */
export const plainJson: Shape = { shape: 'plain' };
/** Go's `apiextensions/v1.JSON`. */
export const opaque: Shape = { shape: 'opaque' };
/** A slice. */
export const listOf = (of: Shape): Shape => ({ shape: 'list', of });
/** A map with string keys. */
export const mapOf = (of: Shape): Shape => ({ shape: 'map', of });
/** A pointer to a struct. */
export const pointerTo = (fields: Readonly<Record<string, Shape>>, shown: JsonObject = {}): Shape => ({
  shape: 'struct',
  fields,
  pointer: true,
  shown,
  embedded: [],
});
/** A struct by value. */
export const struct = (
  fields: Readonly<Record<string, Shape>>,
  shown: JsonObject = {},
  embedded: readonly string[] = [],
): Shape => ({ shape: 'struct', fields, pointer: false, shown, embedded });

/** On an object of a view: what it was made from. A symbol, so that no path can reach it. */
const ORIGIN = Symbol('origin');

type Origin = { readonly shape: Shape; readonly value: Json };

/** The JSON of a value found in a view; a value that is no part of a view is returned as it is. */
export function plainValue(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return value as Json;
  const origin = (value as { readonly [ORIGIN]?: Origin })[ORIGIN];
  return origin === undefined ? (value as Json) : (plainOfShape(origin.shape, origin.value) ?? null);
}

/**
 * The value as paths see it: zero values filled in, structs without undeclared fields, opaque parts closed. The JSON
 * of each part is found by {@link plainValue}.
 */
export function typedView(shape: Shape, value: Json | undefined): unknown {
  const set = value === null ? undefined : value;
  switch (shape.shape) {
    case 'scalar':
      return set ?? shape.zero;
    case 'plain':
      return set ?? null;
    case 'opaque':
      return new OpaqueJson(value ?? null);
    case 'list':
      return isList(set)
        ? remember(
            set.map((item) => typedView(shape.of, item)),
            shape,
            set,
          )
        : unsetList;
    case 'map':
      return isObject(set) ? mapView(shape, set) : null;
    case 'struct':
      if (set === undefined && shape.pointer) return null;
      return isObject(set) || set === undefined ? structView(shape, set ?? {}) : set;
  }
}

function mapView(shape: Extract<Shape, { shape: 'map' }>, value: JsonObject): unknown {
  const { of } = shape;
  if (of.shape === 'plain' || of.shape === 'scalar') return value;
  const view: MutableView = {};
  for (const key of Object.keys(value))
    setKey(view as MutableJsonObject, key, typedView(of, getKey(value, key)) as Json);
  return remember(view, shape, value);
}

type MutableView = Record<string, unknown>;

function structView(shape: Extract<Shape, { shape: 'struct' }>, value: JsonObject): unknown {
  const view: MutableView = {};
  for (const key of Object.keys(shape.fields)) {
    const field = shape.fields[key] as Shape;
    if (field.shape === 'struct' && !field.pointer) defineLater(view, key, () => typedView(field, getKey(value, key)));
    else view[key] = typedView(field, getKey(value, key));
  }
  if (shape.embedded.length > 0) {
    const embedded = Object.fromEntries(shape.embedded.map((key) => [key, view[key]]));
    Object.defineProperty(view, '', { value: embedded, enumerable: false });
  }
  return remember(view, shape, value);
}

/** Parts that few templates look at, an owner's status above all, are made when they are first looked at. */
function defineLater(view: MutableView, key: string, make: () => unknown): void {
  let made: { readonly value: unknown } | undefined;
  const get = (): unknown => (made ??= { value: make() }).value;
  Object.defineProperty(view, key, { get, enumerable: true });
}

function plainStruct(shape: Extract<Shape, { shape: 'struct' }>, value: JsonObject): JsonObject {
  const plain: MutableJsonObject = {};
  let changed = false;
  for (const key of Object.keys(shape.shown)) {
    if (getKey(value, key) === undefined) {
      plain[key] = shape.shown[key];
      changed = true;
    }
  }
  for (const key of Object.keys(value)) {
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    const before = getKey(value, key);
    const after = field === undefined ? before : plainOfShape(field, before);
    if (after !== before) changed = true;
    setKey(plain, key, after);
  }
  return changed ? plain : value;
}

function plainOfShape(shape: Shape, value: Json | undefined): Json | undefined {
  if (shape.shape === 'struct' && isObject(value)) return plainStruct(shape, value);
  if (shape.shape === 'list' && isList(value)) return plainList(shape.of, value);
  return value;
}

function plainList(of: Shape, value: readonly Json[]): readonly Json[] {
  const plain = value.map((item) => plainOfShape(of, item) ?? null);
  return plain.some((item, i) => item !== value[i]) ? plain : value;
}

function remember<T extends object>(view: T, shape: Shape, value: Json): T {
  (view as { [ORIGIN]?: Origin })[ORIGIN] = { shape, value };
  return view;
}
