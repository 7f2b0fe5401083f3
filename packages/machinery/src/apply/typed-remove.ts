import type { Json, MutableJsonObject } from '../values/json.ts';
import { isList, isObject, setKey } from '../values/json.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement } from './field-set.ts';
import { itemElement } from './list-items.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { fieldSchema, formOf, isEmptyMap } from './typed-form.ts';

/**
 * The value without the fields and items that a set names, and without what is below them. A map or a list of which
 * nothing is left is null, as in structured-merge-diff: so `null` applied over a map is stored where null is allowed.
 */
export function removeTyped(value: Json, toRemove: FieldSet, schema: MergeSchema): Json {
  if (toRemove.children.size === 0) return value;
  const form = formOf(value, schema);
  if (form === 'map' && schema.map !== undefined) return removeFields(value, toRemove, schema.map);
  if (form === 'list' && schema.list !== undefined) return removeItems(value, toRemove, schema.list);
  return value;
}

function removeFields(value: Json, toRemove: FieldSet, map: MergeMap): Json {
  if (!isObject(value) || map.atomic) return value;
  const result: MutableJsonObject = {};
  let isSame = true;
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    const set = toRemove.children.get(fieldElement(key));
    if (set?.member === true) {
      isSame = false;
      continue;
    }
    const schema = fieldSchema(map, key);
    const rest = set === undefined || schema === undefined ? item : removeTyped(item, set, schema);
    isSame &&= rest === item;
    setKey(result, key, rest);
  }
  if (isEmptyMap(result)) return null;
  return isSame ? value : result;
}

function removeItems(value: Json, toRemove: FieldSet, list: MergeList): Json {
  if (!isList(value) || list.relation === 'atomic') return value;
  const result: Json[] = [];
  let isSame = true;
  for (const item of value) {
    const identity = itemElement(list, item);
    const set = 'error' in identity ? undefined : toRemove.children.get(identity.element);
    if (set?.member === true) {
      isSame = false;
      continue;
    }
    const rest = set === undefined ? item : removeTyped(item, set, list.element);
    isSame &&= rest === item;
    result.push(rest);
  }
  if (result.length === 0) return null;
  return isSame ? value : result;
}
