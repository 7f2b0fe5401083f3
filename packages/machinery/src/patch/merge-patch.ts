import { deepEqual, getKey, isList, isObject, type Json, type MutableJsonObject, setKey } from '../values/json.ts';

/**
 * Applies a JSON merge patch (RFC 7386) as the API server does, and returns the result; `target` is not changed, and
 * unchanged parts of it are shared. Like the server's library, it also drops nulls from objects inside a list of the
 * patch, except where the list replaces an object.
 */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  if (!isObject(target)) return withoutNulls(patch);
  const merged: MutableJsonObject = {};
  for (const key of Object.keys(target)) {
    if (!Object.hasOwn(patch, key)) setKey(merged, key, getKey(target, key));
  }
  for (const key of Object.keys(patch)) {
    const value = getKey(patch, key);
    if (value === undefined) setKey(merged, key, getKey(target, key));
    else if (value !== null) setKey(merged, key, mergeValue(getKey(target, key), value));
  }
  return merged;
}

/**
 * The merge patch that turns `from` into `to`: `applyMergePatch(from, createMergePatch(from, to))` equals `to`,
 * provided that no object in `to` holds null, which a merge patch cannot express.
 */
export function createMergePatch(from: Json, to: Json): Json {
  if (!isObject(from) || !isObject(to)) return to;
  const patch: MutableJsonObject = {};
  for (const key of Object.keys(from)) {
    if (getKey(from, key) !== undefined && getKey(to, key) === undefined) setKey(patch, key, null);
  }
  for (const key of Object.keys(to)) {
    const [before, after] = [getKey(from, key), getKey(to, key)];
    if (after === undefined || deepEqual(before, after)) continue;
    setKey(patch, key, createMergePatch(before ?? null, after));
  }
  return patch;
}

function mergeValue(current: Json | undefined, value: Json): Json {
  if (isObject(current)) return applyMergePatch(current, value);
  return withoutNulls(value);
}

/** The value without the keys that hold null, at any depth: what a patch makes of what was not there. */
export function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map((item) => withoutNulls(item));
  if (!isObject(value)) return value;
  const kept: MutableJsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== null && item !== undefined) setKey(kept, key, withoutNulls(item));
  }
  return kept;
}
