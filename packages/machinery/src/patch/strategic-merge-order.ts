import { goText } from '../text/go-text.ts';
import { canonicalJson, getKey, isList, isObject, type Json } from '../values/json.ts';
import { PatchError } from './patch-error.ts';

/** A list that is merged item by item. */
export type MergeList = readonly Json[];

type Kind = 'object' | 'string' | 'number' | 'bigint' | 'boolean';

/**
 * The one kind that all items of the lists have.
 * @throws PatchError when there are no items, items of different kinds, or lists of lists.
 */
export function sameKind(...lists: readonly MergeList[]): Kind {
  let kind: Kind | undefined;
  for (const item of lists.flat()) {
    if (isList(item)) throw new PatchError('lists of lists are not supported');
    const own = item === null ? undefined : (typeof item as Kind);
    if (own === undefined || (kind !== undefined && kind !== own)) {
      throw new PatchError(`list element types are not identical: ${goText(lists)}`);
    }
    kind = own;
  }
  if (kind === undefined) throw new PatchError('no elements in any of the given slices');
  return kind;
}

/**
 * What tells an item from its neighbours, comparable with `===`: its merge key's value, or the scalar itself.
 * @throws PatchError when an object lacks its merge key.
 */
export function mergeValueOf(item: Json, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined) return isObject(item) || isList(item) ? canonicalJson(item) : item;
  if (!isObject(item)) {
    throw new PatchError(
      `expected a map[string]interface {}, but received a ${isList(item) ? '[]interface {}' : typeof item}`,
    );
  }
  const value = getKey(item, mergeKey);
  if (value === undefined)
    throw new PatchError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
  return isObject(value) || isList(value) ? canonicalJson(value) : value;
}

/**
 * Puts merged items into order: those named by the patch in the patch's order, the others in the live object's
 * order, and the two interleaved as the live object has them, the patch's order winning.
 */
export function inElementOrder(
  items: MergeList,
  patchOrder: MergeList,
  liveOrder: MergeList,
  mergeKey: string | undefined,
): MergeList {
  const inPatch = placesOf(patchOrder, mergeKey);
  const inLive = placesOf(liveOrder, mergeKey);
  const placed = items.map((item) => {
    const value = mergeValueOf(item, mergeKey);
    return { item, patch: inPatch.get(value), live: inLive.get(value) };
  });
  const patched = placed.filter(({ patch }) => patch !== undefined).toSorted((a, b) => (a.patch ?? 0) - (b.patch ?? 0));
  const others = placed.filter(({ patch }) => patch === undefined).toSorted((a, b) => (a.live ?? 0) - (b.live ?? 0));
  const ordered: Json[] = [];
  let next = 0;
  for (const right of patched) {
    for (let left = others[next]; isBefore(left?.live, right.live); left = others[next]) {
      ordered.push(left?.item ?? null);
      next++;
    }
    ordered.push(right.item);
  }
  return [...ordered, ...others.slice(next).map(({ item }) => item)];
}

function isBefore(left: number | undefined, right: number | undefined): boolean {
  return left !== undefined && right !== undefined && left < right;
}

function placesOf(order: MergeList, mergeKey: string | undefined): ReadonlyMap<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [place, item] of order.entries()) {
    const value = mergeValueOf(item, mergeKey);
    if (!places.has(value)) places.set(value, place);
  }
  return places;
}
