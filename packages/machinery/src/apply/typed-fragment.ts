import type { Json, MutableJsonObject } from '../values/json.ts';
import { deepEqual, getKey, isList, isObject, setKey } from '../values/json.ts';
import { indexItems, itemElement } from './list-items.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { fieldSchema, formOf, itemsOf, membersOf } from './typed-form.ts';

/** Whose value counts where both have one: that of the base, or that of the fragment. */
export type FragmentConflict = 'keep' | 'override';

/**
 * Lays a fragment over a value as server-side apply merges maps and keyed lists, and takes nothing away. Unlike an apply it
 * says nothing of order: items of the base stay in their places, new ones come behind them in the order of the fragment. So
 * the same fragment a second time changes nothing. What comes out equal to the base is the base itself.
 */
export function mergeFragment(
  base: Json | undefined,
  fragment: Json,
  schema: MergeSchema,
  conflict: FragmentConflict,
): Json {
  if (base === undefined || base === null) return fragment;
  const form = formOf(fragment, schema);
  if (form === 'map' && isObject(base) && schema.map?.atomic === false) {
    return mergeMembers(base, fragment, schema.map, conflict);
  }
  if (form === 'list' && isList(base) && schema.list !== undefined && schema.list.relation !== 'atomic') {
    return mergeItems(itemsOf(base), itemsOf(fragment), schema.list, conflict);
  }
  return conflict === 'keep' || deepEqual(base, fragment) ? base : fragment;
}

function mergeMembers(base: Json, fragment: Json, map: MergeMap, conflict: FragmentConflict): Json {
  const own = membersOf(base);
  let result: MutableJsonObject | undefined;
  for (const [key, item] of Object.entries(membersOf(fragment))) {
    const schema = fieldSchema(map, key);
    if (item === undefined || schema === undefined) continue;
    const before = getKey(own, key);
    const merged = mergeFragment(before, item, schema, conflict);
    if (merged !== before) setKey((result ??= { ...own }), key, merged);
  }
  return result ?? base;
}

/** Items of one name that the base has several times are each merged: they cannot be told apart. */
function mergeItems(
  base: readonly Json[],
  fragment: readonly Json[],
  list: MergeList,
  conflict: FragmentConflict,
): readonly Json[] {
  const wanted = indexItems(list, fragment);
  const known = indexItems(list, base);
  const merged = base.map((item) => {
    const identity = itemElement(list, item);
    const [same] = 'error' in identity ? [] : (wanted.get(identity.element) ?? []);
    return same === undefined ? item : mergeFragment(item, same, list.element, conflict);
  });
  const added = [...wanted].flatMap(([element, [item]]) => (known.has(element) || item === undefined ? [] : [item]));
  return added.length === 0 && merged.every((item, at) => item === base[at]) ? base : [...merged, ...added];
}
