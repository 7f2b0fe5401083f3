import type { Json } from '../values/json.ts';
import { deepEqual, getKey } from '../values/json.ts';
import type { FieldSet } from './field-set.ts';
import { emptySet, fieldElement, fieldSet, isEmptySet, leafSet, unionSets } from './field-set.ts';
import { indexItems } from './list-items.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { fieldSchema, formOf, isEmptyMap, itemsOf, membersOf } from './typed-form.ts';

/** How one value differs from another, as paths. */
export type Difference = {
  /** Paths that are new or hold another value. */
  readonly changed: FieldSet;
  /** Paths that are gone. */
  readonly removed: FieldSet;
};

const same: Difference = { changed: emptySet, removed: emptySet };
const leafChanged: Difference = { changed: leafSet, removed: emptySet };
const leafRemoved: Difference = { changed: emptySet, removed: leafSet };

/** Compares two versions of a value. Shared references are equal and cost nothing. */
export function compareTyped(before: Json | undefined, after: Json | undefined, schema: MergeSchema): Difference {
  if (before === after) return same;
  const form = formOf(after ?? before, schema);
  const formBefore = before === undefined || after === undefined ? form : formOf(before, schema);
  const difference = compareAs(form, before, after, schema);
  // A map that became a scalar, say: the paths of both forms count.
  return formBefore === form ? difference : join(compareAs(formBefore, before, after, schema), difference);
}

function compareAs(
  form: 'map' | 'list' | 'scalar',
  before: Json | undefined,
  after: Json | undefined,
  schema: MergeSchema,
): Difference {
  if (form === 'map' && schema.map !== undefined) return compareMaps(before, after, schema.map);
  if (form === 'list' && schema.list !== undefined) return compareLists(before, after, schema.list);
  return compareLeaves(before, after);
}

function compareLeaves(before: Json | undefined, after: Json | undefined): Difference {
  if (before === undefined) return leafChanged;
  if (after === undefined) return leafRemoved;
  return deepEqual(before, after) ? same : leafChanged;
}

/** Builds the difference of a container from those of its parts. A container that came or went is a path itself. */
function collector(before: Json | undefined, after: Json | undefined) {
  let changed: Map<string, FieldSet> | undefined;
  let removed: Map<string, FieldSet> | undefined;
  return {
    add(element: string, difference: Difference): void {
      if (!isEmptySet(difference.changed)) (changed ??= new Map()).set(element, difference.changed);
      if (!isEmptySet(difference.removed)) (removed ??= new Map()).set(element, difference.removed);
    },
    result(): Difference {
      const isNew = before === undefined;
      const isGone = !isNew && after === undefined;
      if (changed === undefined && removed === undefined && !isNew && !isGone) return same;
      return { changed: fieldSet(isNew, changed), removed: fieldSet(isGone, removed) };
    },
  };
}

function compareMaps(before: Json | undefined, after: Json | undefined, map: MergeMap): Difference {
  const left = membersOf(before);
  const right = membersOf(after);
  if (map.atomic || (isEmptyMap(left) && isEmptyMap(right))) return compareLeaves(before, after);
  const parts = collector(before, after);
  for (const key of Object.keys(right)) {
    const own = getKey(left, key);
    const item = right[key];
    const schema = fieldSchema(map, key);
    if (own === item || schema === undefined) continue;
    parts.add(fieldElement(key), compareTyped(own, item, schema));
  }
  for (const key of Object.keys(left)) {
    const schema = fieldSchema(map, key);
    if (schema === undefined || left[key] === undefined || getKey(right, key) !== undefined) continue;
    parts.add(fieldElement(key), compareTyped(left[key], undefined, schema));
  }
  return parts.result();
}

function compareLists(before: Json | undefined, after: Json | undefined, list: MergeList): Difference {
  const left = itemsOf(before);
  const right = itemsOf(after);
  if (list.relation === 'atomic' || (left.length === 0 && right.length === 0)) return compareLeaves(before, after);
  const parts = collector(before, after);
  const leftIndex = indexItems(list, left);
  const rightIndex = indexItems(list, right);
  for (const [element, items] of rightIndex) parts.add(element, compareItems(leftIndex.get(element), items, list));
  for (const [element, items] of leftIndex) {
    if (!rightIndex.has(element)) parts.add(element, compareItems(items, undefined, list));
  }
  return parts.result();
}

/** Items that are there more than once cannot be told apart and are compared as one. */
function compareItems(
  before: readonly Json[] | undefined,
  after: readonly Json[] | undefined,
  list: MergeList,
): Difference {
  const isSingle = (before?.length ?? 1) === 1 && (after?.length ?? 1) === 1;
  if (isSingle) return compareTyped(before?.[0], after?.[0], list.element);
  return compareLeaves(before, after);
}

function join(left: Difference, right: Difference): Difference {
  return { changed: unionSets(left.changed, right.changed), removed: unionSets(left.removed, right.removed) };
}
