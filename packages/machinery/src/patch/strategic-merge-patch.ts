import { goText } from '../text/go-text.ts';
import {
  clone,
  getKey,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type MutableJsonObject,
  setKey,
} from '../values/json.ts';
import { withoutNulls } from './merge-patch.ts';
import { PatchError } from './patch-error.ts';
import { inElementOrder, type MergeList, mergeValueOf, sameKind } from './strategic-merge-order.ts';

/** How one list is patched: by `mergeKey` if its items are objects, as a set of values if `strategy` is `merge`. */
export type ListPatchRule = { readonly mergeKey?: string; readonly strategy?: 'merge' | 'replace' };

/**
 * What a strategic merge patch must know about a kind. Paths are field names joined by dots, with nothing for the
 * items of a list: `spec.template.spec.containers.ports`. Lists that are not named are replaced as a whole.
 */
export type PatchSchema = { readonly lists: Readonly<Record<string, ListPatchRule>> };

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PREFIX = '$deleteFromPrimitiveList';
const ORDER_PREFIX = '$setElementOrder';

/**
 * Applies a strategic merge patch with all its directives, as apimachinery's `strategicpatch` does, and returns the
 * result; neither argument is changed.
 * @throws PatchError with Kubernetes' text.
 */
export function applyStrategicMergePatch(target: Json, patch: Json, schema: PatchSchema): Json {
  if (!isObject(target) || !isObject(patch)) throw new PatchError('invalid JSON document');
  return mergeMap(clone(target), clone(patch), schema, '');
}

/** Merges the patch into the original, both of which are private copies by now. */
function mergeMap(
  original: MutableJsonObject,
  patch: MutableJsonObject,
  schema: PatchSchema,
  path: string,
): JsonObject {
  const directive = getKey(patch, DIRECTIVE);
  if (directive !== undefined) return applyDirective(directive, patch);
  retainKeys(original, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(ORDER_PREFIX)) mergeOrderedList(original, patch, key, schema, path);
  }
  for (const key of Object.keys(patch)) {
    const value = getKey(patch, key);
    if (value === undefined) continue;
    if (key.startsWith(DELETE_PREFIX)) deleteFromList(original, bareKey(key, DELETE_PREFIX), value);
    else mergeMember(original, key, value, schema, childPath(path, key));
  }
  return original;
}

function mergeMember(original: MutableJsonObject, key: string, value: Json, schema: PatchSchema, path: string): void {
  if (value === null) {
    delete original[key];
    return;
  }
  const current = getKey(original, key);
  if (isObject(current) && isObject(value)) {
    setKey(original, key, mergeMap(current, value, schema, path));
    return;
  }
  if (isList(current) && isList(value)) {
    setKey(original, key, mergeList(current, value, schema, path).items);
    return;
  }
  // What was not there, or had another type, is taken from the patch as it is, without nulls and directives.
  const plain = withoutDirectives(withoutNulls(value));
  if (plain === undefined) delete original[key];
  else setKey(original, key, plain);
}

function applyDirective(directive: Json, patch: MutableJsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace') {
    throw new PatchError(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  }
  delete patch[DIRECTIVE];
  return patch;
}

/** `$retainKeys` lists the fields that stay: the rest of the original goes, and the patch may set no others. */
function retainKeys(original: MutableJsonObject, patch: MutableJsonObject): void {
  const retained = getKey(patch, RETAIN_KEYS);
  if (retained === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!isList(retained)) throw new PatchError('invalid patch format of retainKeys');
  const keep = new Set<Json>(retained);
  for (const key of Object.keys(patch)) {
    const directive = key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX);
    if (!directive && getKey(patch, key) !== null && !keep.has(key)) {
      throw new PatchError('invalid patch format of retainKeys');
    }
  }
  for (const key of Object.keys(original)) if (!keep.has(key)) delete original[key];
}

/** `$setElementOrder/x` gives the order of list x after the merge; it is merged here and leaves the patch. */
function mergeOrderedList(
  original: MutableJsonObject,
  patch: MutableJsonObject,
  directive: string,
  schema: PatchSchema,
  path: string,
): void {
  const order = listOrThrow(getKey(patch, directive));
  delete patch[directive];
  const key = bareKey(directive, ORDER_PREFIX);
  const listPath = childPath(path, key);
  const rule = ruleOf(schema, listPath);
  const [current, changes] = [getKey(original, key), getKey(patch, key)];
  const live = current === undefined ? undefined : listOrThrow(current);
  const change = changes === undefined ? undefined : listOrThrow(changes);
  checkOrder(change ?? [], order, rule.mergeKey);
  if (live === undefined && change === undefined) return;
  const { items, liveOrder } =
    live !== undefined && change !== undefined
      ? mergeList(live, change, schema, listPath)
      : { items: live ?? listOrThrow(withoutDirectives(change ?? [])), liveOrder: live ?? [] };
  const result = inElementOrder(items, order, liveOrder, rule.mergeKey);
  sameKind(live ?? [], change ?? []);
  setKey(original, key, result);
  delete patch[key];
}

/** The items of the patch must come in the order that the directive gives them; deletions have no place in it. */
function checkOrder(patch: MergeList, order: MergeList, mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const items = mergeKey === undefined ? patch : patch.filter((item) => directiveOf(item) !== 'delete');
  let at = 0;
  for (const wanted of order) {
    while (directiveOf(items[at]) !== undefined) at++;
    if (at === items.length) return;
    if (mergeValueOf(items[at] ?? null, mergeKey) === mergeValueOf(wanted, mergeKey)) at++;
  }
  if (at === items.length) return;
  throw new PatchError(
    `The order in patch list:\n${goText(patch)}\n doesn't match ${ORDER_PREFIX} list:\n${goText(order)}\n`,
  );
}

function directiveOf(item: Json | undefined): Json | undefined {
  return isObject(item) ? getKey(item, DIRECTIVE) : undefined;
}

/**
 * The merged items, and the order that counts as the live one when `$setElementOrder` sorts them afterwards. That
 * order is the live list's, except that items new in the patch take the places that deletions have freed at its end.
 */
type Merged = { readonly items: MergeList; readonly liveOrder: MergeList };

function mergeList(original: MergeList, patch: MergeList, schema: PatchSchema, path: string): Merged {
  const { mergeKey, strategy } = ruleOf(schema, path);
  if (strategy !== 'merge') return { items: patch, liveOrder: original };
  if (original.length === 0 && patch.length === 0) return { items: original, liveOrder: original };
  if (sameKind(original, patch) !== 'object') {
    const both = [...new Set([...original, ...patch])];
    return { items: inElementOrder(both, patch, original, mergeKey), liveOrder: original };
  }
  if (mergeKey === undefined) throw new PatchError(`cannot merge lists without merge key for ${path}`);
  const split = applyListDirectives(original as readonly JsonObject[], patch as readonly JsonObject[], mergeKey);
  const merged = mergeItems(split.original, split.patch, mergeKey, schema, path);
  return {
    items: inElementOrder(merged, split.patch, split.original, mergeKey),
    liveOrder: split.replaced ? original : merged.slice(0, original.length),
  };
}

type Items = {
  readonly original: readonly JsonObject[];
  readonly patch: readonly JsonObject[];
  readonly replaced: boolean;
};

/** Carries out `$patch: delete` and `$patch: replace` items of a list. */
function applyListDirectives(original: readonly JsonObject[], patch: readonly JsonObject[], mergeKey: string): Items {
  const plain: JsonObject[] = [];
  const deleted = new Set<unknown>();
  let replace = false;
  for (const item of patch) {
    const directive = getKey(item, DIRECTIVE);
    if (directive === undefined) plain.push(item);
    else if (directive === 'delete') deleted.add(mergeValueOf(item, mergeKey));
    else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch');
    else throw new PatchError(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`);
  }
  if (replace) return { original: plain, patch: [], replaced: true };
  return {
    original: original.filter(
      (item) => getKey(item, mergeKey) === undefined || !deleted.has(mergeValueOf(item, mergeKey)),
    ),
    patch: plain,
    replaced: false,
  };
}

function mergeItems(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
  schema: PatchSchema,
  path: string,
): MergeList {
  const merged = [...original];
  const places = new Map<unknown, number>();
  for (const [place, item] of merged.entries()) {
    if (getKey(item, mergeKey) === undefined) continue;
    const value = mergeValueOf(item, mergeKey);
    if (!places.has(value)) places.set(value, place);
  }
  for (const item of patch) {
    const value = mergeValueOf(item, mergeKey);
    const place = places.get(value);
    if (place === undefined) {
      places.set(value, merged.length);
      merged.push(item);
    } else {
      merged[place] = mergeMap(merged[place] as MutableJsonObject, item, schema, path);
    }
  }
  return merged;
}

function deleteFromList(original: MutableJsonObject, key: string, value: Json): void {
  if (value === null) {
    delete original[key];
    return;
  }
  const current = getKey(original, key);
  if (!isList(current) || !isList(value) || current.length + value.length === 0) return;
  sameKind(current, value);
  const gone = new Set<Json>(value);
  setKey(
    original,
    key,
    current.filter((item) => !gone.has(item)),
  );
}

function ruleOf(schema: PatchSchema, path: string): ListPatchRule {
  const rule = Object.hasOwn(schema.lists, path) ? schema.lists[path] : undefined;
  if (rule === undefined) return {};
  return rule.strategy === undefined && rule.mergeKey !== undefined ? { ...rule, strategy: 'merge' } : rule;
}

function bareKey(key: string, prefix: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  const list = prefix === ORDER_PREFIX ? 'setElementOrder' : 'primitive';
  throw new PatchError(`invalid patch format of ${list} list`);
}

function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function listOrThrow(value: Json | undefined): MergeList {
  if (isList(value)) return value;
  const type = isObject(value) ? 'map[string]interface {}' : value === null ? '%!s(<nil>)' : typeof value;
  throw new PatchError(`expected a []interface {}, but received a ${type}`);
}

/** Drops every object that is a directive; undefined when the value itself is one. */
function withoutDirectives(value: Json): Json | undefined {
  if (isList(value)) return value.map((item) => withoutDirectives(item)).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (getKey(value, DIRECTIVE) !== undefined) return undefined;
  const kept: MutableJsonObject = {};
  for (const key of Object.keys(value)) {
    const item = withoutDirectives(value[key] ?? null);
    if (item !== undefined) setKey(kept, key, item);
  }
  return kept;
}
