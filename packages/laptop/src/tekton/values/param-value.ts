import {
  getPath,
  isList,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  parseJson,
  textAt,
} from '@cartographer/machinery';

/** What a parameter or a result holds. */
export type ParamValue = string | readonly string[] | Readonly<Record<string, string>>;

/** The types that Tekton knows. */
export type ParamType = 'string' | 'array' | 'object';

/** A parameter that is given. */
export type Param = { readonly name: string; readonly value: ParamValue };

/** A parameter or a result that is declared. */
export type Declared = {
  readonly name: string;
  readonly type: ParamType;
  readonly default?: ParamValue;
  /** Keys that an object has to have. */
  readonly keys: readonly string[];
};

/**
 * Reads a value as Tekton does: lists and maps of text are what they are, and everything else is text, numbers and lists
 * of numbers by their JSON.
 */
export function paramValue(json: Json | undefined): ParamValue {
  if (typeof json === 'string') return json;
  if (isList(json) && json.every((item) => typeof item === 'string')) return json;
  if (isObject(json)) {
    const entries = Object.entries(json);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      return Object.fromEntries(entries);
  }
  return json === undefined || json === null ? '' : JSON.stringify(json);
}

/** The value of a result that a step wrote: of a list or an object the JSON, of text the text. */
export function writtenValue(text: string, type: ParamType): ParamValue {
  if (type === 'string') return text;
  try {
    return paramValue(parseJson(text));
  } catch {
    return text;
  }
}

/** The type of a value. */
export function typeOf(value: ParamValue): ParamType {
  if (typeof value === 'string') return 'string';
  return isList(value) ? 'array' : 'object';
}

/** Reads a list of given parameters. */
export function paramsAt(value: unknown, ...path: readonly string[]): readonly Param[] {
  return listAt(value, ...path).map((item) => ({
    name: textAt(item, 'name'),
    value: paramValue(getPath(item, 'value')),
  }));
}

/** Reads a list of declared parameters or results. Without a type it is that of the default, and text for lack of one. */
export function declaredAt(value: unknown, ...path: readonly string[]): readonly Declared[] {
  return listAt(value, ...path).map((item) => {
    const given = getPath(item, 'default');
    const keys = Object.keys(propertiesOf(item));
    return {
      name: textAt(item, 'name'),
      type: declaredType(item),
      keys,
      ...(given === undefined ? {} : { default: paramValue(given) }),
    };
  });
}

/** The type that is declared, or follows from the rest of the declaration. */
export function declaredType(item: Json): ParamType {
  const type = textAt(item, 'type');
  if (type === 'string' || type === 'array' || type === 'object') return type;
  const given = getPath(item, 'default');
  if (given !== undefined) return typeOf(paramValue(given));
  return Object.keys(propertiesOf(item)).length > 0 ? 'object' : 'string';
}

function propertiesOf(item: Json): JsonObject {
  const properties = getPath(item, 'properties');
  return isObject(properties) ? properties : {};
}
