import type { Json } from '../values/json.ts';
import { isList, isObject } from '../values/json.ts';
import type { FieldSet } from './field-set.ts';
import { emptySet, fieldElement, fieldSet, leafSet, unionSets } from './field-set.ts';
import { itemElement } from './list-items.ts';
import type { MergeList, MergeMap, MergeSchema } from './merge-schema.ts';
import { fieldSchema, formOf, isEmptyMap } from './typed-form.ts';

/** The paths that whoever applies this value claims: scalars, atomic values, list items, empty and null maps. */
export function fieldSetOf(value: Json, schema: MergeSchema): FieldSet {
  const form = formOf(value, schema);
  if (form === 'map' && schema.map !== undefined) return mapFields(value, schema.map);
  if (form === 'list' && schema.list !== undefined) return listFields(value, schema.list);
  return leafSet;
}

function mapFields(value: Json, map: MergeMap): FieldSet {
  if (map.atomic) return leafSet;
  if (!isObject(value)) return emptySet;
  let children: Map<string, FieldSet> | undefined;
  for (const key of Object.keys(value)) {
    const item = value[key];
    const schema = fieldSchema(map, key);
    if (item === undefined || schema === undefined) continue;
    let set = fieldSetOf(item, schema);
    if (item === null || (isObject(item) && isEmptyMap(item)) || !map.fields.has(key)) set = asMember(set);
    if (set !== emptySet) (children ??= new Map()).set(fieldElement(key), set);
  }
  return fieldSet(false, children);
}

function listFields(value: Json, list: MergeList): FieldSet {
  if (list.relation === 'atomic') return leafSet;
  if (!isList(value) || value.length === 0) return emptySet;
  const children = new Map<string, FieldSet>();
  for (const item of value) {
    const identity = itemElement(list, item);
    if ('error' in identity) continue;
    const set = asMember(fieldSetOf(item, list.element));
    const same = children.get(identity.element);
    children.set(identity.element, same === undefined ? set : unionSets(same, set));
  }
  return fieldSet(false, children);
}

function asMember(set: FieldSet): FieldSet {
  return set.member ? set : fieldSet(true, set.children);
}

/**
 * The set with every field that the schema names on the way to one of its paths: who owns `spec.replicas` owns `spec`
 * too when it comes to removing what is left of it. Keys of free-form maps are not named fields.
 */
export function withNamedFields(set: FieldSet, schema: MergeSchema | undefined): FieldSet {
  let children: Map<string, FieldSet> | undefined;
  for (const [element, child] of set.children) {
    const isField = element.startsWith('f:');
    const name = element.slice(2);
    const inner = isField ? schema?.map && fieldSchema(schema.map, name) : schema?.list?.element;
    const named = withNamedFields(child, inner);
    const result = isField && schema?.map?.fields.has(name) === true ? asMember(named) : named;
    if (result !== child) (children ??= new Map(set.children)).set(element, result);
  }
  return children === undefined ? set : { member: set.member, children };
}
