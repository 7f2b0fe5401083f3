import { goQuote, goText } from '../text/go-text.ts';
import type { Json, JsonObject, MutableJsonObject } from '../values/json.ts';
import { canonicalJson, isObject, parseJson, setKey } from '../values/json.ts';
import { jsonTextNestsTooDeep } from '../values/nesting.ts';

/**
 * A set of field paths: the currency of server-side apply. It is an immutable trie whose edges are path elements in
 * Kubernetes' wire form (`f:name`, `k:{"name":"c"}`, `v:"x"`, `i:0`), so that sets share what they have in common.
 */
export type FieldSet = {
  /** Whether the path that leads here is in the set itself, not only paths below it. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
};

const NO_CHILDREN: ReadonlyMap<string, FieldSet> = new Map();

/** The set without paths. */
export const emptySet: FieldSet = { member: false, children: NO_CHILDREN };

/** The set of the path that leads to it. */
export const leafSet: FieldSet = { member: true, children: NO_CHILDREN };

/** A set of these children and, with `member`, of the path itself. Children that are empty must be left out. */
export function fieldSet(member: boolean, children: ReadonlyMap<string, FieldSet> | undefined): FieldSet {
  if (children === undefined || children.size === 0) return member ? leafSet : emptySet;
  return { member, children };
}

/** Whether the set has no path. */
export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** The path element of a field of a map. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** The set of single paths, each a list of field names; for constants. */
export function fieldSetOfPaths(...paths: readonly (readonly string[])[]): FieldSet {
  let result = emptySet;
  for (const path of paths) {
    let set = leafSet;
    for (const name of path.toReversed()) set = { member: false, children: new Map([[fieldElement(name), set]]) };
    result = unionSets(result, set);
  }
  return result;
}

/** All paths that are in either set. */
export function unionSets(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmptySet(right)) return left;
  if (isEmptySet(left)) return right;
  let children: Map<string, FieldSet> | undefined;
  for (const [element, child] of right.children) {
    const own = left.children.get(element);
    const joined = own === undefined ? child : unionSets(own, child);
    if (joined !== own) (children ??= new Map(left.children)).set(element, joined);
  }
  const member = left.member || right.member;
  return children === undefined && member === left.member ? left : { member, children: children ?? left.children };
}

/** All paths that are in any of the sets. In pairs: many small sets must not each be added to an ever larger one. */
export function unionOfSets(sets: readonly FieldSet[]): FieldSet {
  let rest = sets;
  while (rest.length > 1) {
    const all = rest;
    rest = Array.from({ length: Math.ceil(all.length / 2) }, (_, index) =>
      unionSets(all[2 * index] ?? emptySet, all[2 * index + 1] ?? emptySet),
    );
  }
  return rest[0] ?? emptySet;
}

/** The paths of `left` that are not in `right`. A path does not stand for those below it. */
export function differenceSets(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(left) || isEmptySet(right)) return left;
  if (left === right) return emptySet;
  let children: Map<string, FieldSet> | undefined;
  const [outer, inner] = left.children.size <= right.children.size ? [left, right] : [right, left];
  for (const element of outer.children.keys()) {
    if (!inner.children.has(element)) continue;
    const own = left.children.get(element) ?? emptySet;
    const rest = differenceSets(own, right.children.get(element) ?? emptySet);
    if (rest === own) continue;
    children ??= new Map(left.children);
    if (isEmptySet(rest)) children.delete(element);
    else children.set(element, rest);
  }
  const member = left.member && !right.member;
  return children === undefined && member === left.member ? left : fieldSet(member, children ?? left.children);
}

/** The paths that are in both sets. */
export function intersectSets(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left;
  let children: Map<string, FieldSet> | undefined;
  const [outer, inner] = left.children.size <= right.children.size ? [left, right] : [right, left];
  for (const [element, child] of outer.children) {
    const other = inner.children.get(element);
    if (other === undefined) continue;
    const both = intersectSets(child, other);
    if (!isEmptySet(both)) (children ??= new Map()).set(element, both);
  }
  return fieldSet(left.member && right.member, children);
}

/** Whether both sets have the same paths. */
export function equalSets(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true;
  if (left.member !== right.member || left.children.size !== right.children.size) return false;
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (other === undefined || !equalSets(child, other)) return false;
  }
  return true;
}

/** Whether every path of `left` is in `right`. */
export function isSubset(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true;
  if (left.member && !right.member) return false;
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (other === undefined || !isSubset(child, other)) return false;
  }
  return true;
}

/**
 * The paths of a set as Kubernetes prints them (`.spec.lm[k="a"].v`), in its order: at each level first the paths that
 * end there, then those that go on.
 */
export function pathTexts(set: FieldSet): readonly string[] {
  const texts: string[] = [];
  collectPaths(set, '', texts);
  return texts;
}

function collectPaths(set: FieldSet, prefix: string, texts: string[]): void {
  const elements = [...set.children.keys()].toSorted(compareElements);
  for (const element of elements) {
    if (set.children.get(element)?.member === true) texts.push(prefix + elementText(element));
  }
  for (const element of elements) {
    const child = set.children.get(element);
    if (child !== undefined && child.children.size > 0) collectPaths(child, prefix + elementText(element), texts);
  }
}

/** Fields come first, then list keys, then set values, then indexes: the order of Kubernetes' path elements. */
function compareElements(left: string, right: string): number {
  const rank = 'fkvi'.indexOf(left.charAt(0)) - 'fkvi'.indexOf(right.charAt(0));
  return rank !== 0 ? rank : left < right ? -1 : left > right ? 1 : 0;
}

/** A path element as it stands in messages: `.name`, `[name="c"]`, `[="x"]`, `[0]`. */
export function elementText(element: string): string {
  const body = element.slice(2);
  if (element.startsWith('f:')) return `.${body}`;
  if (element.startsWith('i:')) return `[${body}]`;
  const value = parseJson(body);
  if (element.startsWith('v:')) return `[=${valueText(value)}]`;
  const keys = isObject(value) ? Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)) : [];
  return `[${keys.map(([key, item]) => `${key}=${valueText(item ?? null)}`).join(',')}]`;
}

function valueText(value: Json): string {
  if (typeof value === 'string') return goQuote(value);
  return value === null ? 'null' : typeof value === 'object' ? canonicalJson(value) : goText(value);
}

const decoded = new WeakMap<JsonObject, FieldSet>();
const encoded = new WeakMap<FieldSet, JsonObject>();
const MAX_DEPTH = 1000;

/** Reads the wire form, or gives undefined when it is not one. Wire objects must not be changed afterwards. */
export function decodeFieldSet(fieldsV1: JsonObject): FieldSet | undefined {
  const known = decoded.get(fieldsV1);
  if (known !== undefined) return known;
  const set = decodeLevel(fieldsV1, true, 0);
  if (set !== undefined) decoded.set(fieldsV1, set);
  return set;
}

/** A path with nothing below it is written `{}`; `.` marks one that is in the set besides paths below it. */
function decodeLevel(level: Json | undefined, isRoot: boolean, depth: number): FieldSet | undefined {
  if (!isObject(level) || depth > MAX_DEPTH) return undefined;
  const elements = Object.keys(level);
  if (elements.length === 0) return isRoot ? emptySet : leafSet;
  const children = new Map<string, FieldSet>();
  let member = false;
  for (const element of elements) {
    if (element === '.') {
      member = true;
      continue;
    }
    const canonical = canonicalElement(element);
    const child = decodeLevel(level[element], false, depth + 1);
    if (canonical === undefined || child === undefined) return undefined;
    if (!isEmptySet(child)) children.set(canonical, child);
  }
  return fieldSet(member, children);
}

function canonicalElement(element: string): string | undefined {
  if (element.charAt(1) !== ':') return undefined;
  const kind = element.charAt(0);
  if (kind === 'f') return element;
  if (kind === 'i') return /^i:\d+$/.test(element) ? element : undefined;
  if ((kind !== 'k' && kind !== 'v') || jsonTextNestsTooDeep(element)) return undefined;
  try {
    return `${kind}:${canonicalJson(parseJson(element.slice(2)))}`;
  } catch {
    return undefined;
  }
}

/** The wire form of a set; the same set gives the same object. */
export function encodeFieldSet(set: FieldSet): JsonObject {
  const known = encoded.get(set);
  if (known !== undefined) return known;
  const fieldsV1 = encodeLevel(set, true);
  if (set !== emptySet && set !== leafSet) {
    encoded.set(set, fieldsV1);
    decoded.set(fieldsV1, set);
  }
  return fieldsV1;
}

function encodeLevel(set: FieldSet, isRoot: boolean): JsonObject {
  const level: MutableJsonObject = {};
  if (set.children.size === 0) return level;
  if (set.member && !isRoot) level['.'] = {};
  for (const element of [...set.children.keys()].toSorted()) {
    setKey(level, element, encodeLevel(set.children.get(element) ?? leafSet, false));
  }
  return level;
}
