import { duplicateError, invalidError, requiredError } from '../text/field-error.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { canonicalJson, getKey, isList, isObject } from '../values/json.ts';
import type { StructuralSchema } from '../values/structural-schema.ts';
import type { WorkGuard } from '../values/work-guard.ts';
import type { Check, Failure } from './schema-check.ts';
import { prefixFrom } from './schema-check.ts';

/** What identifies an item of a list with `x-kubernetes-list-type: map`; undefined for other lists. */
export function mapKeyOf(schema: StructuralSchema): ((item: Json) => string | undefined) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined) return undefined;
  return (item) => (isObject(item) ? canonicalJson(keyValues(item, keys)) : undefined);
}

function keyValues(item: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, getKey(item, key)]));
}

/** Finds duplicates in lists that are sets or maps; undefined when a schema has no such list. */
export function compileUniqueness(schema: StructuralSchema): Check | undefined {
  return compileWalk(schema, (place) => {
    const type = place['x-kubernetes-list-type'];
    if (type === 'set') return checkSet;
    return type === 'map' ? checkMap(place['x-kubernetes-list-map-keys'] ?? []) : undefined;
  });
}

const checkSet: Check = (value, _old, failures) => {
  if (!isList(value)) return;
  checkUnique(value, failures, (item) => ({ text: canonicalJson(item), shown: item }));
};

function checkMap(keys: readonly string[]): Check {
  return (value, _old, failures) => {
    if (!isList(value)) return;
    checkUnique(value, failures, (item) => {
      if (!isObject(item)) return undefined;
      const values = keyValues(item, keys);
      return { text: canonicalJson(values), shown: values };
    });
  };
}

function checkUnique(
  items: readonly Json[],
  failures: Failure[],
  identify: (item: Json) => { readonly text: string; readonly shown: Json } | undefined,
): void {
  if (items.length < 2) return;
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    const identity = identify(item);
    if (identity === undefined) {
      const build = (path: string) => invalidError(path, item, 'must be an object for an array of list-type map');
      failures.push({ path: `[${i}]`, build });
    } else if (seen.has(identity.text)) {
      failures.push({ path: `[${i}]`, build: (path) => duplicateError(path, identity.shown) });
    } else {
      seen.add(identity.text);
    }
  }
}

/** Checks that embedded resources say what they are; undefined when a schema has none. */
export function compileEmbedded(schema: StructuralSchema): Check | undefined {
  return compileWalk(schema, (place) => (place['x-kubernetes-embedded-resource'] === true ? checkEmbedded : undefined));
}

const checkEmbedded: Check = (value, _old, failures) => {
  if (!isObject(value)) return;
  for (const name of ['apiVersion', 'kind']) {
    const text = getKey(value, name);
    if (typeof text === 'string' && text !== '') continue;
    failures.push({ path: `.${name}`, build: (path) => requiredError(path, 'must not be empty') });
  }
  const metadata = getKey(value, 'metadata');
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) {
    failures.push({ path: '.metadata', build: (path) => invalidError(path, metadata, 'must be an object') });
  }
};

/** A walk that goes only to the places for which `checkAt` gives a check. */
function compileWalk(
  schema: StructuralSchema,
  checkAt: (place: StructuralSchema) => Check | undefined,
): Check | undefined {
  const own = checkAt(schema);
  const fields = new Map<string, Check>();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const check = compileWalk(field, checkAt);
    if (check !== undefined) fields.set(name, check);
  }
  const additional = schema.additionalProperties;
  const other = typeof additional === 'object' ? compileWalk(additional, checkAt) : undefined;
  const item = schema.items === undefined ? undefined : compileWalk(schema.items, checkAt);
  if (own === undefined && fields.size === 0 && other === undefined && item === undefined) return undefined;
  return (value, old, failures, guard) => {
    own?.(value, old, failures, guard);
    if (isList(value) && item !== undefined) {
      for (const [i, each] of value.entries()) within(item, each, failures, `[${i}]`, guard);
    } else if (isObject(value)) {
      if (other === undefined) {
        for (const [name, check] of fields) within(check, getKey(value, name), failures, `.${name}`, guard);
      } else {
        for (const key of Object.keys(value)) within(fields.get(key) ?? other, value[key], failures, `.${key}`, guard);
      }
    }
  };
}

function within(check: Check, value: Json | undefined, failures: Failure[], step: string, guard: WorkGuard): void {
  if (value === undefined) return;
  const start = failures.length;
  check(value, undefined, failures, guard);
  if (failures.length > start) prefixFrom(failures, start, step);
}
