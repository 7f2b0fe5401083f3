import type { Json, JsonObject } from '../values/json.ts';
import { canonicalJson, deepEqual, getKey, isList, isObject, parseJson } from '../values/json.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement, pathTexts } from './field-set.ts';
import { ownersOf } from './managed-fields.ts';

/** What one manager holds of an object, as `metadata.managedFields` has it. */
export type ManagedBy = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** '' for the object itself. */
  readonly subresource: string;
  /** When it last wrote, RFC 3339. */
  readonly time: string | undefined;
  /** Its fields as conflicts name them: `.spec.containers[name="app"].image`. */
  readonly fields: readonly string[];
};

/** Who holds which fields; nobody where the object does not say it, or not as Kubernetes writes it. */
export function managersOf(object: JsonObject): readonly ManagedBy[] {
  return [...ownersOf(object).values()].map(({ manager, operation, subresource, time, fields }) => {
    return { manager, operation, subresource, time, fields: pathTexts(fields) };
  });
}

/** The managers that hold the field at a path of keys and indexes, or something around or below it. */
export function fieldManagers(object: JsonObject, path: readonly (string | number)[]): readonly string[] {
  const owners = [...ownersOf(object).values()].filter(({ fields }) => holdsPath(fields, object, path));
  return [...new Set(owners.map(({ manager }) => manager))];
}

function holdsPath(fields: FieldSet, object: Json, path: readonly (string | number)[]): boolean {
  let set = fields;
  let value: Json | undefined = object;
  for (const step of path) {
    // A set without paths below is a field that is held as a whole.
    if (set.children.size === 0) return set.member;
    const next = typeof step === 'string' ? set.children.get(fieldElement(step)) : itemSet(set, value, step);
    if (next === undefined) return false;
    set = next;
    value = typeof step === 'string' ? (isObject(value) ? getKey(value, step) : undefined) : itemAt(value, step);
  }
  return true;
}

function itemAt(list: Json | undefined, index: number): Json | undefined {
  return isList(list) ? list[index] : undefined;
}

/** The set of an item of a list: known by its index, its keys or its value. */
function itemSet({ children }: FieldSet, list: Json | undefined, index: number): FieldSet | undefined {
  const item = itemAt(list, index);
  for (const [element, set] of children) {
    const [kind, text] = [element.slice(0, 2), element.slice(2)];
    if (kind === 'i:' && text === String(index)) return set;
    if (kind === 'v:' && item !== undefined && text === canonicalJson(item)) return set;
    if (kind === 'k:' && isObject(item) && hasKeys(item, text)) return set;
  }
  return undefined;
}

function hasKeys(item: JsonObject, keys: string): boolean {
  const wanted = parseJson(keys);
  return isObject(wanted) && Object.keys(wanted).every((key) => deepEqual(getKey(wanted, key), getKey(item, key)));
}
