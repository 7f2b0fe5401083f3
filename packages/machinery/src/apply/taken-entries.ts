import { getKey, isObject, type JsonObject, type MutableJsonObject, setKey } from '../values/json.ts';
import type { ManagedFieldsEntry } from '../values/kube-object.ts';

/** What becomes whose. */
export type TakenEntries = {
  /** The entry of operation Apply that takes, where there is one. */
  readonly own: ManagedFieldsEntry | undefined;
  /** Entries of the same list whose fields are taken. */
  readonly taken: readonly ManagedFieldsEntry[];
  /** The manager that takes; that of `own`, else of the last taken entry, where it is not given. */
  readonly manager?: string;
};

/**
 * The managed fields of an object after one manager has taken over what others wrote by update, as client-go's csaupgrade
 * does it for kubectl: their entries become part of its entry of operation Apply, so that its next apply can remove what it
 * no longer says. Undefined when nothing is taken.
 */
export function withTakenEntries(
  entries: readonly ManagedFieldsEntry[],
  { own, taken, manager }: TakenEntries,
): readonly ManagedFieldsEntry[] | undefined {
  const last = taken.at(-1);
  if (last === undefined) return undefined;
  const fieldsV1 = [own, ...taken].reduce<JsonObject>((all, entry) => union(all, entry?.fieldsV1 ?? {}), {});
  const others = entries.filter((entry) => entry !== own && !taken.includes(entry));
  const named = manager === undefined ? {} : { manager };
  return [...others, { ...(own ?? last), ...named, operation: 'Apply', fieldsV1 }];
}

/** The union of two field sets in their wire form: a tree whose keys are path elements. */
function union(left: JsonObject, right: JsonObject): JsonObject {
  const result: MutableJsonObject = { ...left };
  for (const key of Object.keys(right)) {
    const [mine, theirs] = [getKey(left, key), getKey(right, key)];
    setKey(result, key, isObject(mine) && isObject(theirs) ? union(mine, theirs) : (mine ?? theirs));
  }
  return result;
}
