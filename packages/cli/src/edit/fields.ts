import {
  getKey,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type MutableJsonObject,
  setKey,
} from '@cartographer/machinery';

/** A member that is a map; an empty one where there is none. */
export function member(object: JsonObject, key: string): JsonObject {
  const value = getKey(object, key);
  return isObject(value) ? value : {};
}

/** The object with another value of a member, which goes when it is undefined, an empty map or an empty list. */
export function withMember(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  const next: MutableJsonObject = { ...object };
  if (value === undefined || isEmpty(value)) delete next[key];
  else setKey(next, key, value);
  return next;
}

/** The object without a member that is empty. */
export function withoutEmpty(object: JsonObject, key: string): JsonObject {
  return withMember(object, key, getKey(object, key));
}

/** The entry of a list that has this name. */
export function named(list: readonly Json[], name: string): JsonObject | undefined {
  return list.filter(isObject).findLast((item) => item['name'] === name);
}

function isEmpty(value: Json): boolean {
  return isList(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}
