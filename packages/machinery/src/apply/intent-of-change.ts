import { isList, isObject, type Json, type JsonObject, type MutableJsonObject, setKey } from '../values/json.ts';
import { differenceSets, emptySet, type FieldSet, fieldElement, unionSets } from './field-set.ts';
import { itemElement } from './list-items.ts';
import { ownerId, ownersOf } from './managed-fields.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { compareTyped } from './typed-compare.ts';
import { fieldSchema, formOf, isEmptyMap } from './typed-form.ts';

/** A change that one manager makes. */
export type OwnedChange = {
  /** The object as the server has it, with its managed fields. */
  readonly live: JsonObject;
  /** The same object as it is to become. */
  readonly changed: JsonObject;
  readonly manager: string;
  readonly schema: MergeSchema;
};

/**
 * What a manager has to apply so that an object changes as wanted and what it applied before stays: the fields that it owns
 * now and those that change, with the values that they are to have. What others own and what does not change is left out.
 */
export function intentOfChange({ live, changed, manager, schema }: OwnedChange): JsonObject {
  const id = ownerId({ manager, operation: 'Apply', apiVersion: '', subresource: '' });
  const owned = ownersOf(live).get(id)?.fields ?? emptySet;
  const difference = compareTyped(live, changed, schema);
  const kept = differenceSets(unionSets(owned, difference.changed), difference.removed);
  return (partOf(changed, kept, schema) ?? {}) as JsonObject;
}

/** The part of a value that a set names; undefined when that is nothing. */
function partOf(value: Json, set: FieldSet, schema: MergeSchema): Json | undefined {
  const form = formOf(value, schema);
  if (form === 'map' && schema.map?.atomic === false && isObject(value)) return partOfMap(value, set, schema.map);
  if (form === 'list' && schema.list !== undefined && schema.list.relation !== 'atomic' && isList(value)) {
    return partOfList(value, set, schema.list);
  }
  return set.member ? value : undefined;
}

function partOfMap(value: JsonObject, set: FieldSet, map: MergeMap): JsonObject | undefined {
  const part: MutableJsonObject = {};
  for (const key of Object.keys(value)) {
    const [item, below, schema] = [value[key], set.children.get(fieldElement(key)), fieldSchema(map, key)];
    if (item === undefined || below === undefined) continue;
    // A field that only the server's schema knows: of a newer version than ours.
    const kept = schema === undefined ? item : partOf(item, below, schema);
    if (kept !== undefined) setKey(part, key, kept);
  }
  return isEmptyMap(part) && !set.member ? undefined : part;
}

function partOfList(value: readonly Json[], set: FieldSet, list: MergeList): readonly Json[] | undefined {
  const part = value.flatMap((item) => {
    const identity = itemElement(list, item);
    const below = 'error' in identity ? undefined : set.children.get(identity.element);
    if (below === undefined) return [];
    const kept = partOf(item, below, list.element);
    return isObject(item) && isObject(kept) ? [{ ...keysOf(item, list), ...kept }] : [item];
  });
  return part.length === 0 && !set.member ? undefined : part;
}

/** An item is told apart by its keys: they are always said. */
function keysOf(item: JsonObject, { keys }: MergeList): JsonObject {
  const said: MutableJsonObject = {};
  for (const key of keys) if (item[key] !== undefined) setKey(said, key, item[key]);
  return said;
}
