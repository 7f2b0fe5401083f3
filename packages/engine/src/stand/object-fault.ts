import type { Json, JsonObject } from '@cartographer/machinery';
import { getKey, goJson, isList, isObject } from '@cartographer/machinery';
import type { Path } from '../world/world.ts';
import { pathText } from './dropped-fields.ts';

/** What must be there, if anything is: `text?` may be null, which a server takes for an empty text. */
type Expected = 'text' | 'text?' | { readonly map: Expected | 'any' } | { readonly list: Expected | 'any' };

/**
 * The fields that stamping and identity read. Upstream reads them with getters that take any other type for "not set":
 * one label that is a number, and all labels of the template are gone without a word.
 */
const OBJECT: Readonly<Record<string, Expected>> = { apiVersion: 'text', kind: 'text', metadata: { map: 'any' } };
const METADATA: Readonly<Record<string, Expected>> = {
  name: 'text',
  generateName: 'text',
  namespace: 'text',
  labels: { map: 'text' },
  annotations: { map: 'text?' },
  finalizers: { list: 'text' },
  ownerReferences: { list: { map: 'any' } },
};

/** The first field of a rendered object that has another type than Kubernetes gives it, with its value; or undefined. */
export function objectFault(rendered: JsonObject): string | undefined {
  const fault = fieldsFault(rendered, OBJECT, []);
  const metadata = getKey(rendered, 'metadata');
  return fault ?? (isObject(metadata) ? fieldsFault(metadata, METADATA, ['metadata']) : undefined);
}

/** A field that is null counts as not set. */
function fieldsFault(object: JsonObject, fields: Readonly<Record<string, Expected>>, path: Path): string | undefined {
  for (const [name, expected] of Object.entries(fields)) {
    const value = getKey(object, name) ?? null;
    const fault = value === null ? undefined : valueFault(value, expected, [...path, name]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function valueFault(value: Json, expected: Expected | 'any', path: Path): string | undefined {
  if (expected === 'any' || (expected === 'text?' && value === null)) return undefined;
  if (expected === 'text' || expected === 'text?') {
    return typeof value === 'string' ? undefined : `${wrongType(path, 'text', value)}: ${advice(value)}`;
  }
  if ('map' in expected) {
    if (!isObject(value)) return wrongType(path, 'map', value);
    return firstFault(Object.keys(value), (key) =>
      valueFault(getKey(value, key) ?? null, expected.map, [...path, key]),
    );
  }
  if (!isList(value)) return wrongType(path, 'list', value);
  return firstFault([...value.keys()], (i) => valueFault(value[i] ?? null, expected.list, [...path, i]));
}

function firstFault<K>(keys: readonly K[], faultAt: (key: K) => string | undefined): string | undefined {
  for (const key of keys) {
    const fault = faultAt(key);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Texts, lists and maps are not told: they may have been read from a Secret. */
function wrongType(path: Path, expected: 'text' | 'map' | 'list', value: Json): string {
  return `${pathText(path)} must be a ${expected} and is ${valueText(value)}`;
}

function valueText(value: Json): string {
  if (value === null || typeof value === 'boolean') return goJson(value);
  if (typeof value === 'string') return 'a text';
  if (isList(value)) return 'a list';
  return isObject(value) ? 'a map' : `the number ${goJson(value)}`;
}

/** Quotes around a tag do not help: YAML drops them, and a tag that is the whole text keeps the type of its value. */
function advice(value: Json): string {
  if (value === null) return 'give it a value or take it out';
  if (isList(value) || isObject(value)) return 'read one value of it';
  return `quote it where it is set ("${goJson(value)}") or put text around the tag, for a tag alone keeps the type of its value; in ytt use str()`;
}
