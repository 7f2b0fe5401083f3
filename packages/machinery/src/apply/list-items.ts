import type { Json } from '../values/json.ts';
import { canonicalJson, getKey, isList, isObject } from '../values/json.ts';
import type { MergeList } from './merge-schema.ts';

/** The path element that identifies an item of a set or keyed list, or why there is none. */
export type ItemElement = { readonly element: string } | { readonly error: string };

/** Identifies an item: by its keys (defaults stand in for absent ones), or in a set by its value. */
export function itemElement(list: MergeList, item: Json): ItemElement {
  return list.relation === 'map' ? keyedElement(list, item) : setElement(item);
}

function keyedElement(list: MergeList, item: Json): ItemElement {
  if (item === null) return { error: 'associative list with keys may not have a null element' };
  if (!isObject(item)) return { error: 'associative list with keys may not have non-map elements' };
  let text = '';
  for (const key of list.keys) {
    const value = getKey(item, key) ?? (Object.hasOwn(list.keyDefaults, key) ? list.keyDefaults[key] : undefined);
    if (value === undefined) {
      return {
        error: `associative list with keys has an element that omits key field "${key}" (and doesn't have default value)`,
      };
    }
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(value)}`;
  }
  return { element: `k:{${text}}` };
}

function setElement(item: Json): ItemElement {
  if (isObject(item)) return { error: "associative list without keys has an element that's a map type" };
  if (isList(item)) return { error: 'not supported: associative list with lists as elements' };
  return { element: `v:${canonicalJson(item)}` };
}

/** The items of a list by path element, in order. Items that cannot be identified are left out. */
export function indexItems(list: MergeList, items: readonly Json[]): ReadonlyMap<string, readonly Json[]> {
  const index = new Map<string, Json[]>();
  for (const item of items) {
    const identity = itemElement(list, item);
    if ('error' in identity) continue;
    const same = index.get(identity.element);
    if (same === undefined) index.set(identity.element, [item]);
    else same.push(item);
  }
  return index;
}
