import type { Json, JsonObject } from '../values/json.ts';
import { isList, isObject } from '../values/json.ts';
import type { MergeMap, MergeSchema } from './merge-schema.ts';

/** The form in which a value is looked at. */
export type Form = 'map' | 'list' | 'scalar';

/**
 * Which of the forms that a schema allows applies to a value. Where the value has none of them (or is null) the first
 * one that the schema allows is taken, and the walk copes with the mismatch.
 */
export function formOf(value: Json | undefined, schema: MergeSchema): Form {
  if (isList(value)) {
    if (schema.list !== undefined) return 'list';
  } else if (isObject(value)) {
    if (schema.map !== undefined) return 'map';
  } else if (value !== undefined && value !== null && schema.scalar !== undefined) {
    return 'scalar';
  }
  return schema.map !== undefined ? 'map' : schema.scalar !== undefined ? 'scalar' : 'list';
}

/** The schema of a key of a map, or undefined for a key that it does not allow. */
export function fieldSchema(map: MergeMap, key: string): MergeSchema | undefined {
  return map.fields.get(key) ?? map.element;
}

/** The items of a value, none for what is not a list. */
export function itemsOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : NO_ITEMS;
}

/** The members of a value, none for what is not a map. */
export function membersOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : NO_MEMBERS;
}

/** Whether an object has no members; keys that hold undefined do not count. */
export function isEmptyMap(value: JsonObject): boolean {
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

const NO_ITEMS: readonly Json[] = [];
const NO_MEMBERS: JsonObject = {};
