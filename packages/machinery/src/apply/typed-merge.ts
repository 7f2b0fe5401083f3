import type { Json, MutableJsonObject } from '../values/json.ts';
import { deepEqual, getKey, setKey } from '../values/json.ts';
import { indexItems, itemElement } from './list-items.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { fieldSchema, formOf, isEmptyMap, itemsOf, membersOf } from './typed-form.ts';

/** Lays an applied value over a live one. What comes out equal to the live value is the live value itself. */
export function mergeTyped(live: Json | undefined, applied: Json, schema: MergeSchema): Json {
  if (live === undefined || live === applied) return applied;
  const form = formOf(applied, schema);
  if (form === 'map' && schema.map !== undefined) return mergeMap(live, applied, schema.map);
  if (form === 'list' && schema.list !== undefined) return mergeList(live, applied, schema.list);
  return keepEqual(live, applied);
}

function keepEqual(live: Json, applied: Json): Json {
  return deepEqual(live, applied) ? live : applied;
}

function mergeMap(live: Json, applied: Json, map: MergeMap): Json {
  const base = membersOf(live);
  const members = membersOf(applied);
  if (map.atomic || (isEmptyMap(base) && isEmptyMap(members))) return keepEqual(live, applied);
  let result: MutableJsonObject | undefined;
  for (const key of Object.keys(members)) {
    const item = members[key];
    if (item === undefined) continue;
    const own = getKey(base, key);
    const schema = fieldSchema(map, key);
    const merged = schema === undefined ? item : mergeTyped(own, item, schema);
    if (merged !== own) setKey((result ??= { ...base }), key, merged);
  }
  return result ?? base;
}

function mergeList(live: Json, applied: Json, list: MergeList): Json {
  const base = itemsOf(live);
  const items = itemsOf(applied);
  if (list.relation === 'atomic' || (base.length === 0 && items.length === 0)) return keepEqual(live, applied);
  const merged = mergeItems(base, items, list);
  return merged.length === base.length && merged.every((item, i) => item === base[i]) ? base : merged;
}

/**
 * Items in the order of the applied list; live items that are not applied keep their place relative to the live
 * neighbours before them.
 */
function mergeItems(base: readonly Json[], items: readonly Json[], list: MergeList): readonly Json[] {
  const liveIndex = indexItems(list, base);
  const appliedElements = items.map((item) => elementOf(list, item));
  const applied = new Set(appliedElements);
  const liveElements = base.map((item) => elementOf(list, item));
  const shared = appliedElements.filter((element) => liveIndex.has(element));
  const done = new Set<string>();
  const out: Json[] = [];
  const takeApplied = (at: number): void => {
    const element = appliedElements[at] ?? '';
    const same = liveIndex.get(element);
    done.add(element);
    // Live duplicates cannot be told apart: the applied item replaces them all.
    out.push(mergeTyped(same?.length === 1 ? same[0] : undefined, items[at] ?? null, list.element));
    if (shared[0] === element) shared.shift();
  };
  let left = 0;
  let right = 0;
  while (left < base.length || right < items.length) {
    const element = liveElements[left];
    const isApplied = element !== undefined && applied.has(element);
    if (element !== undefined && element === appliedElements[right]) {
      left += 1;
      takeApplied(right++);
    } else if (element !== undefined && !isApplied) {
      out.push(base[left++] ?? null);
    } else if (isApplied && shared.length > 0 && shared[0] !== element) {
      left += 1; // the applied list has this item elsewhere
    } else {
      if (isApplied && done.has(element)) left += 1;
      if (right < items.length) takeApplied(right++);
    }
  }
  return out;
}

/** Live items that cannot be identified stay as they are, under a name that no other item has. */
function elementOf(list: MergeList, item: Json): string {
  const identity = itemElement(list, item);
  return 'error' in identity ? `?:${identity.error}` : identity.element;
}
