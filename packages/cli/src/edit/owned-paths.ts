import {
  deepEqual,
  getKey,
  isObject,
  type Json,
  type JsonObject,
  type ManagedFieldsEntry,
} from '@cartographer/machinery';

const NOTHING: JsonObject = {};

/** Where two values differ, as paths of maps. */
export function differingPaths(left: Json | undefined, right: Json | undefined): readonly (readonly string[])[] {
  if (deepEqual(left, right)) return [];
  const [one, other] = [left ?? NOTHING, right ?? NOTHING];
  if (!isObject(one) || !isObject(other)) return [[]];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted();
  return keys.flatMap((key) => differingPaths(getKey(one, key), getKey(other, key)).map((path) => [key, ...path]));
}

/** Where a value holds null, as paths of maps. */
export function nullPaths(value: Json | undefined): readonly (readonly string[])[] {
  if (value === null) return [[]];
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap((key) => nullPaths(value[key]).map((path) => [key, ...path]));
}

/** The managers that own a field, or something below it. */
export function ownersOfPath(entries: readonly ManagedFieldsEntry[], path: readonly string[]): readonly string[] {
  const owners = entries.filter(({ fieldsV1, subresource }) => {
    if (subresource !== undefined) return false;
    let level: Json | undefined = fieldsV1;
    for (const name of path) level = isObject(level) ? getKey(level, `f:${name}`) : undefined;
    return level !== undefined;
  });
  return [...new Set(owners.map(({ manager = '' }) => manager))];
}
